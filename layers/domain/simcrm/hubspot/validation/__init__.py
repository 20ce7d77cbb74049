"""Checks every property against the portal's own definitions before it is sent."""
