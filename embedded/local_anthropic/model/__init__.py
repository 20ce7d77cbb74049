"""What answers in the place of a language model."""
