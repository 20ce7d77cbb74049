"""The shipped data: complete in itself, and what the rules rely on."""

from importlib.resources import files

import pytest

from local_hubspot.portal.association_links import ASSOCIATION_TYPES, TYPE_BY_ID, default_type
from local_hubspot.portal.definitions import PropertyDefinition, data_table, default_definitions
from local_hubspot.portal.object_types import OBJECT_TYPES, ObjectSchema
from local_hubspot.portal.page_columns import COLUMNS

FILES = files("local_hubspot") / "data"
TYPES = {"string", "number", "bool", "date", "datetime", "enumeration", "phone_number", "object_coordinates"}
SIMCRM = {"hubspot_owner_id"}


def definitions(kind: ObjectSchema) -> dict[str, PropertyDefinition]:
    return {row.name: row for row in default_definitions(kind.plural)}


@pytest.fixture(params=list(OBJECT_TYPES))
def kind(request: pytest.FixtureRequest) -> ObjectSchema:
    return OBJECT_TYPES[request.param]


def test_names_are_unique_and_every_property_has_a_label_a_type_and_a_known_group(kind: ObjectSchema) -> None:
    rows = list(default_definitions(kind.plural))
    groups = {group["name"] for group in data_table("property-groups")[kind.plural]}

    assert len({row.name for row in rows}) == len(rows)
    assert all(row.label and row.type in TYPES and row.group_name in groups for row in rows)


def test_the_properties_that_rules_name_are_defined(kind: ObjectSchema) -> None:
    named = {name for names in kind.required for name in names} | {*kind.read_properties, *kind.always_read}

    assert named | SIMCRM <= definitions(kind).keys()


def test_what_a_new_record_needs_can_be_written(kind: ObjectSchema) -> None:
    known = definitions(kind)

    assert not [name for names in kind.required for name in names if known[name].read_only]


def test_option_values_are_unique_and_have_labels(kind: ObjectSchema) -> None:
    for row in default_definitions(kind.plural):
        values = [option.value for option in row.options]
        assert len(set(values)) == len(values), row.name
        assert all(option.label for option in row.options), row.name


def test_the_page_shows_properties_that_exist_or_that_the_writer_makes(kind: ObjectSchema) -> None:
    made_up = {"title", "date"} | {column.name for column in COLUMNS[kind.plural] if column.linked_type}
    shown = {column.name for column in COLUMNS[kind.plural]} - made_up

    assert {name for name in shown if not name.startswith("simcrm_")} <= definitions(kind).keys()


def test_every_association_type_leads_back() -> None:
    for kind in ASSOCIATION_TYPES.values():
        back = TYPE_BY_ID[kind.reverse]
        assert (back.source, back.target, back.reverse) == (kind.target, kind.source, kind.type_id)


@pytest.mark.parametrize("target", ["contacts", "companies", "deals", "tickets"])
def test_every_object_has_a_default_type_to_the_objects_it_can_belong_to(kind: ObjectSchema, target: str) -> None:
    if kind.plural in {"products", "line_items"}:
        assert (default_type(kind, OBJECT_TYPES[target]) is not None) == (
            kind.plural == "line_items" and target == "deals"
        )
        return
    assert default_type(kind, OBJECT_TYPES[target]) is not None


def test_stages_are_unique_within_an_object_and_their_metadata_is_text() -> None:
    for pipelines in data_table("pipelines").values():
        stages = [stage for pipeline in pipelines for stage in pipeline["stages"]]
        assert len({stage["id"] for stage in stages}) == len(stages)
        assert all(isinstance(value, str) for stage in stages for value in stage["metadata"].values())


def test_owners_are_fictional() -> None:
    assert all(owner["email"].endswith(".example") for owner in data_table("owners"))


def test_the_sources_of_every_data_file_are_named() -> None:
    named = (FILES / "README.md").read_text(encoding="utf-8")

    for file in FILES.iterdir():
        if file.name.endswith(".json"):
            assert f"| {file.name} |" in named
