"""Property definitions: the built-in ones from the package's data, and those created by clients."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_DATA = files("local_hubspot") / "data"


@dataclass(frozen=True, slots=True)
class Option:
    """One value of an enumeration."""

    value: str
    label: str
    description: str = ""
    display_order: int = -1
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the option as in the properties API."""
        return {
            "label": self.label,
            "value": self.value,
            "description": self.description,
            "displayOrder": self.display_order,
            "hidden": self.hidden,
        }


@dataclass(slots=True, kw_only=True)
class PropertyDefinition:
    """A property of an object type.

    ``allowed`` has the values that an enumeration accepts, None if any value is valid; ``open_options`` marks lists
    that are known to be longer in a real portal than in this one.
    """

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    calculated: bool = False
    external_options: bool = False
    has_unique_value: bool = False
    hidden: bool = False
    form_field: bool = False
    read_only: bool = False
    open_options: bool = False
    hubspot_defined: bool = False
    created_at: str | None = None
    archived: bool = False
    allowed: frozenset[str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.set_options(self.options)

    def set_options(self, options: tuple[Option, ...]) -> None:
        """Replace the options and the allowed values."""
        self.options = options
        is_closed = self.type == "enumeration" and not self.external_options and not self.open_options
        self.allowed = frozenset(option.value for option in options) if is_closed or options else None
        if self.type == "bool":
            self.allowed = frozenset(("true", "false"))

    @property
    def is_multiple(self) -> bool:
        """Whether a value may hold several options, separated by ``;``."""
        return self.type == "enumeration" and self.field_type == "checkbox"

    def to_json(self) -> dict[str, Any]:
        """Return the definition as in the properties API."""
        body = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group_name,
            "options": [option.to_json() for option in self.options],
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "hasUniqueValue": self.has_unique_value,
            "hidden": self.hidden,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
        }
        if self.hubspot_defined:
            return body | {"hubspotDefined": True}
        return body | {"createdAt": self.created_at, "updatedAt": self.created_at, "archived": self.archived}


def default_definitions(plural: str) -> Iterator[PropertyDefinition]:
    """Yield the definitions that a new portal has for an object type."""
    for row in _property_rows(plural):
        options = row.get("options", ())
        yield PropertyDefinition(
            name=row["name"],
            label=row["label"],
            type=row["type"],
            field_type=row["fieldType"],
            group_name=row["groupName"],
            options=tuple(Option(value, label, "", place) for place, (value, label) in enumerate(options)),
            calculated=row.get("calculated", False),
            external_options=row.get("externalOptions", False),
            has_unique_value=row.get("hasUniqueValue", False),
            hidden=row.get("hidden", False),
            read_only=row.get("readOnly", False),
            open_options=row.get("openOptions", False),
            hubspot_defined=True,
        )


@cache
def _property_rows(plural: str) -> tuple[dict[str, Any], ...]:
    text = (_DATA / "properties" / f"{plural}.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


@cache
def data_table(name: str) -> Any:
    """Return one JSON file of the package's data, such as ``pipelines``; callers must not modify it."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
