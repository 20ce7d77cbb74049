"""Validation and normalization of property values."""

import re
from typing import Any

from local_hubspot.portal.definitions import PropertyDefinition
from local_hubspot.portal.errors import InvalidProperty
from local_hubspot.portal.hubspot_timestamps import is_midnight, parse_moment, to_clock_text, to_date, to_iso

MAX_TEXT = 65_536
"""Maximum number of characters in a value."""

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z")
_EMAIL = re.compile(
    r"[^@\s\"(),:;<>\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z0-9-]{2,}\Z"
)


class InvalidValueError(Exception):
    """A value that is invalid for its property; ``code`` is HubSpot's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def problem(self, name: str) -> InvalidProperty:
        """Return the error with the property's name."""
        return InvalidProperty(name, self.code, str(self))


def as_text(value: Any) -> str:
    """Return a JSON value as the text that HubSpot stores; null clears it, like an empty string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value)


def stored_value(definition: PropertyDefinition, value: Any, present: str) -> str:
    """Return the text to store for a value; ``present`` is the property's current value.

    Raises :class:`InvalidValueError`. An empty text clears the property and is always valid.
    """
    text = as_text(value)
    if not text:
        return ""
    if len(text) > MAX_TEXT:
        raise InvalidValueError(
            "PROPERTY_VALUE_TOO_LONG", f"Property value is too long. The limit is {MAX_TEXT} characters."
        )
    if definition.name == "email":
        return _email(text)
    keep = _CONVERTERS.get(definition.type)
    if keep is not None:
        return keep(text.strip())
    return _options(definition, text, present) if definition.allowed is not None else text


def _email(text: str) -> str:
    address = text.strip().lower()
    if _EMAIL.match(address) is None or ".." in address:
        raise InvalidValueError("INVALID_EMAIL", f"Email address {text} is invalid")
    return address


def _number(text: str) -> str:
    if _NUMBER.match(text) is None:
        raise InvalidValueError("INVALID_INTEGER", f"{text} was not a valid number.")
    return text


def _date(text: str) -> str:
    moment = parse_moment(text)
    if moment is None:
        raise InvalidValueError("INVALID_DATE", f"{text} was not a valid date.")
    if not is_midnight(moment):
        raise InvalidValueError("INVALID_DATE", f"{text} is at {to_clock_text(moment)} UTC, not midnight!")
    return to_date(moment)


def _datetime(text: str) -> str:
    moment = parse_moment(text)
    if moment is None:
        raise InvalidValueError("INVALID_LONG", f"{text} was not a valid long.")
    return to_iso(moment)


_CONVERTERS = {"number": _number, "date": _date, "datetime": _datetime}


def _options(definition: PropertyDefinition, text: str, present: str) -> str:
    if not definition.is_multiple:
        _require_option(definition, text)
        return text
    chosen = [part for part in text.split(";") if part]
    for part in chosen:
        _require_option(definition, part)
    selected = [part for part in present.split(";") if part] if text.startswith(";") else []
    return ";".join(dict.fromkeys(selected + chosen))


def _require_option(definition: PropertyDefinition, value: str) -> None:
    allowed = definition.allowed or frozenset()
    if value in allowed:
        return
    if definition.name == "hubspot_owner_id":
        raise InvalidValueError("INVALID_OWNER_ID", f"Owner {value} does not exist")
    listed = [option.value for option in definition.options] or sorted(allowed)
    raise InvalidValueError("INVALID_OPTION", f"{value} was not one of the allowed options: [{', '.join(listed)}]")
