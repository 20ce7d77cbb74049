"""User-chosen names that become part of API paths."""

RESERVED_NAMES = frozenset({"abort", "cleanup", "failures", "metrics", "preview", "records", "resume"})
"""Path segments that the API uses itself, so that a resource with such a name would be unreachable."""


def reject_reserved_name(name: str) -> str:
    """Return the name unless it is reserved, for a model field.

    Raises:
        ValueError: a path with this name would lead elsewhere.
    """
    if name.lower() in RESERVED_NAMES:
        raise ValueError(f"{name} is the name of an API route: choose another")
    if not name.strip("."):
        raise ValueError("stands for a folder in a path: choose a name with a letter or a digit")
    return name
