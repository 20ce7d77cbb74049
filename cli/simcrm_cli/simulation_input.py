"""Input of a simulation from a file and options, which only the API validates."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simcrm_cli.errors import InputFileError
from simcrm_cli.input_files import read_text

ABSENT: Any = object()
"""Value of a field that an option removes."""


_EXCLUDED = {
    "locale": ("locales",),
    "totalRecords": ("totalCompanies",),
    "totalCompanies": ("totalRecords", "total_records"),
}
"""Fields that an option excludes, in all their spellings."""


def read_input(path: Path | None) -> dict[str, Any]:
    """Read a JSON object from a file, ``-`` for standard input; empty without a file.

    Raises:
        InputFileError: the file cannot be read, or is not a JSON object.
    """
    if path is None:
        return {}
    return json_object(read_text(path), str(path))


def json_object(text: str, source: str) -> dict[str, Any]:
    """Parse a JSON object; ``source`` names it in the error.

    Raises:
        InputFileError: it is not a JSON object.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputFileError(source, f"is not JSON ({error})") from error
    if not isinstance(document, dict):
        raise InputFileError(source, "is not a JSON object")
    return document


def merge(base: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Override the file's fields with the given options, and drop those that are ``ABSENT``.

    An option also removes its field's snake_case name, which the API accepts too, and fields that exclude it.
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
    return _EXCLUDED.get(field, ())
