"""The shared cache (Redis or Valkey): counters, claims and short answers. Nothing in it is the only copy."""
