"""What the handlers in ``functions/`` share: logging, configured clients, secrets. No decisions."""
