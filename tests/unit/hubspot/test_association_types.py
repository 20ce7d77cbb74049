import json
from importlib.resources import files

import pytest

from simcrm.hubspot.association_types import TYPE_IDS, association_type_inputs
from simcrm.models.crm_objects import ObjectType


def defined_types() -> dict[tuple[str, str], set[int]]:
    """HubSpot's own table, as the local HubSpot holds it."""
    document = json.loads((files("local_hubspot") / "data/association-types.json").read_text())
    found: dict[tuple[str, str], set[int]] = {}
    for row in document:
        found.setdefault((row["from"], row["to"]), set()).add(row["typeId"])
    return found


@pytest.mark.parametrize("pair", list(TYPE_IDS), ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_the_ids_are_those_hubspot_defines_for_this_direction(pair: tuple[ObjectType, ObjectType]) -> None:
    assert set(TYPE_IDS[pair]) <= defined_types()[pair]


def test_an_association_names_category_and_id_of_each_type() -> None:
    assert association_type_inputs(ObjectType.CONTACTS, ObjectType.COMPANIES) == [
        {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
        {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1},
    ]


@pytest.mark.parametrize("kind", [ObjectType.CONTACTS, ObjectType.DEALS, ObjectType.TICKETS])
def test_a_company_is_set_as_the_primary_one_together_with_the_unlabelled_type(kind: ObjectType) -> None:
    assert len(association_type_inputs(kind, ObjectType.COMPANIES)) == 2
