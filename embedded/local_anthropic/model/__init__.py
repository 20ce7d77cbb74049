"""The stand-in for the language model itself."""
