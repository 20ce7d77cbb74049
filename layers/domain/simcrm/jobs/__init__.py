"""After a run: take its records back, repair what was refused, export what is there."""
