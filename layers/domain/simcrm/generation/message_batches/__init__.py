"""Text by message batches: half the price, within a day, submitted once."""
