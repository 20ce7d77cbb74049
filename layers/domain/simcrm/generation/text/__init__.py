"""Text from a model: the prompt for a record, and how the response is used."""
