"""Models behind one protocol: a provider is one file and an entry in the registry."""
