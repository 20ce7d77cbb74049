"""What a simulation would do, before it is started: counts, calls, costs and time."""
