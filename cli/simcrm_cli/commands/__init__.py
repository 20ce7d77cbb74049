"""One module a command; its function ``run`` has the options as parameters."""
