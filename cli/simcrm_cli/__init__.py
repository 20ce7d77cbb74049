"""The command line: starts the embedded stack, and simulations on it or on a deployed one."""
