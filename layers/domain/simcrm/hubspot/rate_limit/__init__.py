"""How fast the portal may be called: budgets, cooldown and breaker, shared by all writers."""
