"""The shared cache (Redis or Valkey): counters, claims and short responses. None of it is the only copy."""
