"""Command line that starts the embedded stack, and simulations on it or on a deployed stack."""
