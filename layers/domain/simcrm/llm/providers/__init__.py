"""Models behind one protocol: a provider is one file and a row in the registry."""
