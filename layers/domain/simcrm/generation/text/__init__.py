"""A model's texts: what is asked of it for a record, and what becomes of the answer."""
