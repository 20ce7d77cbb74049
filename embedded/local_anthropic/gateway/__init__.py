"""What stands before the endpoints: keys, faults, limits, counters."""
