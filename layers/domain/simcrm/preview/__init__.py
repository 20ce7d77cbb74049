"""Preview a simulation before it is started: counts, calls, costs and duration."""
