"""A simulation's input from a file and from options. The API alone judges it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simcrm_cli.errors import InputFileError
from simcrm_cli.input_files import read_text

ABSENT: Any = object()
"""The value of a field that an option takes away."""


def read_input(path: Path | None) -> dict[str, Any]:
    """The JSON object in a file, ``-`` for standard input; empty without a file.

    Raises:
        InputFileError: the file cannot be read, or holds something else.
    """
    if path is None:
        return {}
    return json_object(read_text(path), str(path))


def json_object(text: str, source: str) -> dict[str, Any]:
    """Parse JSON that has to be an object; ``source`` names it in the error.

    Raises:
        InputFileError: it is none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputFileError(source, f"is no JSON ({error})") from error
    if not isinstance(document, dict):
        raise InputFileError(source, "is no JSON object")
    return document


def merge(base: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The file's fields, with the options that were given in their place, and without those that are ``ABSENT``.

    A field goes with what it replaces: its name in snake_case, which the API takes too, and what only one of may be.
    """
    overrides = {name: value for name, value in options.items() if value is not None}
    replaced = {
        name for field in overrides for name in (field, _snake_case(field), *_replaced_names(field, overrides[field]))
    }
    remaining = {name: value for name, value in base.items() if name not in replaced}
    return {**remaining, **{name: value for name, value in overrides.items() if value is not ABSENT}}


def _snake_case(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def _replaced_names(field: str, value: Any) -> tuple[str, ...]:
    if field == "distributionMethod" and value != "CUSTOM":
        return ("distributionWeights",)
    return {"locale": ("locales",)}.get(field, ())
