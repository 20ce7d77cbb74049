"""Limits that all functions share: requests, tokens, cooldowns, the breaker and the money of a run."""
