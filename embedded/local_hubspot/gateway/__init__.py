"""What runs before every endpoint: tokens, scopes, limits, scripted faults, counters."""
