"""The shared cache (Redis or Valkey): counters and short answers. Nothing in it is the only copy."""
