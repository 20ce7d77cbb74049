"""The words of the domain as types: simulations, records, keys and events."""
