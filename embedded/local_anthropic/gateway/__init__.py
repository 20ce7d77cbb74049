"""What runs before the endpoints: keys, faults, limits, counters."""
