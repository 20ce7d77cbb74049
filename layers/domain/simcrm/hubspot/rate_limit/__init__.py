"""How fast the portal may be called: budgets, cooldown and circuit breaker, shared by all writers."""
