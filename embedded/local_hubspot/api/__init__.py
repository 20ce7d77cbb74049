"""API endpoints; each handler answers a call by asking the portal."""
