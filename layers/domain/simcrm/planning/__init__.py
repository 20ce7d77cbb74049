"""The PlanSimulation step: input validation, arrival times, batches, waves, timelines, the plan document."""
