"""Limits shared by all functions: requests, tokens, cooldowns, the breaker and a run's cost budget."""
