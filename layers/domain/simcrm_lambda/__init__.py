"""Shared code of the handlers in ``functions/``: logging, configured clients and secrets, but no domain logic."""
