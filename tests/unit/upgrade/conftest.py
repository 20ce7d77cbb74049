"""Functions as the tests of functions call them."""

from unit.functions.conftest import connected, invoke

__all__ = ["connected", "invoke"]
