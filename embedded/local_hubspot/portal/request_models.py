"""Models of what clients send about records and associations."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

_NUMBERS_AS_TEXT = with_config(ConfigDict(coerce_numbers_to_str=True))


@_NUMBERS_AS_TEXT
class RecordId(TypedDict):
    """A reference to a record."""

    id: str


class AssociationSpec(TypedDict):
    """The type of an association."""

    associationCategory: str
    associationTypeId: int


class LinkInput(TypedDict):
    """One of the ``associations`` of a new record."""

    to: RecordId
    types: list[AssociationSpec]


@_NUMBERS_AS_TEXT
class RecordInput(TypedDict):
    """One input of a batch of records; the required fields depend on the batch."""

    id: NotRequired[str]
    idProperty: NotRequired[str | None]
    properties: NotRequired[dict[str, Any]]
    associations: NotRequired[list[LinkInput] | None]
    objectWriteTraceId: NotRequired[str | None]


@_NUMBERS_AS_TEXT
class ReadInput(TypedDict, total=False):
    """A batch of records to read."""

    inputs: list[RecordId] | None
    properties: list[str] | None
    idProperty: str | None


@_NUMBERS_AS_TEXT
class DeleteInput(TypedDict):
    """A record to delete permanently."""

    objectId: str
    idProperty: NotRequired[str | None]


@_NUMBERS_AS_TEXT
class MergeInput(TypedDict):
    """Two records of one type to merge; the first one stays."""

    primaryObjectId: str
    objectIdToMerge: str


class GroupChange(TypedDict, total=False):
    """Changes of a property group."""

    label: str
    displayOrder: int


class LabelInput(TypedDict):
    """A custom label to create; with ``inverseLabel``, the opposite direction has a text of its own."""

    label: Annotated[str, Field(min_length=1, max_length=50)]
    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    inverseLabel: NotRequired[str | None]


class LabelChange(TypedDict):
    """New texts of a custom label."""

    associationTypeId: int
    label: str
    inverseLabel: NotRequired[str | None]


PairInput = TypedDict(
    "PairInput",
    {"from": RecordId, "to": RecordId, "types": NotRequired[list[AssociationSpec]]},
)
"""One pair of records to associate."""

PartInput = TypedDict("PartInput", {"from": RecordId, "to": list[RecordId]})
"""One record, and those to remove its associations with."""


@_NUMBERS_AS_TEXT
class PageInput(TypedDict):
    """One record whose associations are read."""

    id: str
    after: NotRequired[str | None]


class OptionInput(TypedDict):
    """One option of a property to create."""

    value: str
    label: str
    description: NotRequired[str | None]
    displayOrder: NotRequired[int]
    hidden: NotRequired[bool]


class PropertyInput(TypedDict):
    """A property to create."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
    label: str
    type: Literal["bool", "date", "datetime", "enumeration", "number", "phone_number", "string"]
    fieldType: Literal[
        "booleancheckbox",
        "calculation_equation",
        "checkbox",
        "date",
        "file",
        "html",
        "number",
        "phonenumber",
        "radio",
        "select",
        "text",
        "textarea",
    ]
    groupName: str
    description: NotRequired[str | None]
    options: NotRequired[list[OptionInput] | None]
    displayOrder: NotRequired[int]
    hasUniqueValue: NotRequired[bool]
    hidden: NotRequired[bool]
    formField: NotRequired[bool]


class PropertyChange(TypedDict, total=False):
    """Changes of a property."""

    label: str
    description: str
    groupName: str
    options: list[OptionInput]
    displayOrder: int
    hidden: bool
    formField: bool


class GroupInput(TypedDict):
    """A property group to create."""

    name: str
    label: str
    displayOrder: NotRequired[int]


class StageInput(TypedDict):
    """A stage of a pipeline to create."""

    label: str
    metadata: dict[str, str]
    stageId: NotRequired[str]
    displayOrder: NotRequired[int]


class PipelineInput(TypedDict):
    """A pipeline to create."""

    label: str
    stages: list[StageInput]
    pipelineId: NotRequired[str]
    displayOrder: NotRequired[int]


class NameInput(TypedDict):
    """A reference to a property."""

    name: str
