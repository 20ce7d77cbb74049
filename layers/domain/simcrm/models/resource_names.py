"""Names that users choose and that stand in the API's paths afterwards."""

RESERVED_NAMES = frozenset({"abort", "cleanup", "failures", "metrics", "preview", "records", "resume"})
"""What paths below those of the things that users name are called: under such a name nothing could be reached."""


def reject_reserved_name(name: str) -> str:
    """A name, for a model's field.

    Raises:
        ValueError: a path with this name would lead elsewhere.
    """
    if name.lower() in RESERVED_NAMES:
        raise ValueError(f"{name} is the name of a route of the API: choose another")
    if not name.strip("."):
        raise ValueError("stands for a folder in a path: choose a name with a letter or a digit")
    return name
