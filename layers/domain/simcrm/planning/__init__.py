"""When what happens: arrival times, batches by due time, waves of activities."""
