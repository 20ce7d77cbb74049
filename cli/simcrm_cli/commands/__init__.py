"""One module per command; the parameters of its ``run`` function are the options."""
