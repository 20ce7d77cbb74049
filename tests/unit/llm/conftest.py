"""A model that a script plays, as the tests of generation have it."""

from unit.generation.conftest import model, workshop

__all__ = ["model", "workshop"]
