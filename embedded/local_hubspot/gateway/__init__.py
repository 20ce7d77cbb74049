"""What stands before every endpoint: tokens, scopes, limits, scripted faults, counters."""
