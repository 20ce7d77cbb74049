"""The step PlanSimulation: input checks, arrival times, batches, waves, timelines, the plan document."""
