"""What a portal holds and the rules it keeps, free of HTTP."""
