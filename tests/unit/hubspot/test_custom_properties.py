import pytest

from simcrm.hubspot.custom_properties import CRM_OBJECTS, RECORD_KEY, SIMULATION_ID, definitions
from simcrm.models.crm_objects import ObjectType

CONTACTS, COMPANIES, DEALS, TICKETS = (
    ObjectType.CONTACTS,
    ObjectType.COMPANIES,
    ObjectType.DEALS,
    ObjectType.TICKETS,
)
SHARED = {RECORD_KEY, SIMULATION_ID}


def names(kind: ObjectType) -> set[str]:
    return {definition["name"] for definition in definitions(kind)}


@pytest.mark.parametrize("kind", list(ObjectType))
def test_every_type_has_the_record_key_and_the_simulations_id(kind: ObjectType) -> None:
    assert names(kind) >= SHARED


@pytest.mark.parametrize("kind", [ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS])
def test_activities_have_nothing_else(kind: ObjectType) -> None:
    assert names(kind) == SHARED


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("simcrm_simulated_at", {CONTACTS, COMPANIES, TICKETS}),
        ("simcrm_generation_metadata", set(CRM_OBJECTS)),
        ("simcrm_original_source", {CONTACTS, COMPANIES}),
        ("simcrm_buyer_role", {CONTACTS}),
        ("simcrm_engagement_score", {CONTACTS}),
        ("simcrm_lead_temperature", {CONTACTS}),
        ("simcrm_lead_reasoning", {CONTACTS}),
        ("simcrm_marketing_consent_detail", {CONTACTS}),
        ("simcrm_product_interest", {COMPANIES, DEALS}),
        ("simcrm_sales_notes", {DEALS}),
    ],
)
def test_a_property_stands_on_the_types_that_users_rely_on(name: str, kinds: set[ObjectType]) -> None:
    assert {kind for kind in ObjectType if name in names(kind)} == kinds


@pytest.mark.parametrize("kind", list(ObjectType))
def test_only_the_record_key_is_unique_and_all_stand_in_the_group(kind: ObjectType) -> None:
    assert [one["name"] for one in definitions(kind) if one["hasUniqueValue"]] == [RECORD_KEY]
    assert {one["groupName"] for one in definitions(kind)} == {"simcrm"}


def test_values_and_labels_of_an_enumeration_are_told_apart() -> None:
    (temperature,) = (one for one in definitions(CONTACTS) if one["name"] == "simcrm_lead_temperature")

    assert (temperature["type"], temperature["fieldType"]) == ("enumeration", "select")
    assert [(option["value"], option["label"]) for option in temperature["options"]] == [
        ("hot", "Hot"),
        ("warm", "Warm"),
        ("cold", "Cold"),
    ]


def test_the_buyer_roles_keep_their_spelling() -> None:
    (role,) = (one for one in definitions(CONTACTS) if one["name"] == "simcrm_buyer_role")

    assert [option["value"] for option in role["options"]] == ["Decision Maker", "Influencer", "End User", "Champion"]
    assert [option["label"] for option in role["options"]] == ["Decision Maker", "Influencer", "End User", "Champion"]


def test_texts_have_no_options() -> None:
    assert all("options" not in one for one in definitions(DEALS))
