"""The version of the generator, which plans and the metadata of records name."""

GENERATOR_VERSION = 5
"""Raised whenever equal seeds give other data, so that support can tell which code has generated a record."""
