from builders import activity_row, pair_row

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.previous_values import rows_with_previous

DEALS, CONTACTS = ObjectType.DEALS, ObjectType.CONTACTS


def change(kind: ObjectType = DEALS, /, **properties: str) -> JsonObject:
    return {**activity_row(kind), "isChange": kind is not CONTACTS, "properties": properties}


def previous(*waves: list[JsonObject]) -> list[JsonObject | None]:
    """The previous values of the last wave's rows."""
    rows = {file_names.CONTACTS_STEP: [pair_row(0, lifecyclestage="lead")]}
    rows |= {file_names.wave_step(number): wave for number, wave in enumerate(waves)}
    return [row.get("previous") for row in rows_with_previous(rows, file_names.wave_step(len(waves) - 1))]


def test_a_change_holds_the_values_of_the_latest_earlier_rows() -> None:
    first = activity_row(DEALS, amount="100", dealstage="a")

    assert previous([first], [change(amount="200")], [change(amount="300", dealstage="b", hs_next_step="Call")]) == [
        {"amount": "200", "dealstage": "a", "hs_next_step": ""}
    ]


def test_rows_of_the_same_wave_follow_each_other() -> None:
    first = activity_row(DEALS, amount="100")

    assert previous([first, change(amount="200"), change(amount="300")]) == [None, {"amount": "100"}, {"amount": "200"}]


def test_a_later_wave_tells_nothing_of_an_earlier_one() -> None:
    rows = {
        file_names.CONTACTS_STEP: [],
        "wave-000": [activity_row(DEALS, amount="100")],
        "wave-001": [change(amount="200")],
        "wave-002": [change(amount="300")],
    }

    assert rows_with_previous(rows, "wave-001")[0]["previous"] == {"amount": "100"}
    assert "previous" not in rows["wave-001"][0], "the history stays as it is stored"


def test_a_contact_has_the_stage_with_which_it_arrived_or_joined() -> None:
    joined = {**activity_row(CONTACTS, 1, lifecyclestage="subscriber"), "isNew": True}
    later = {**change(CONTACTS, lifecyclestage="opportunity"), "index": 1}

    assert previous([change(CONTACTS, lifecyclestage="opportunity"), joined, later]) == [
        {"lifecyclestage": "lead"},
        None,
        {"lifecyclestage": "subscriber"},
    ]


def test_a_change_of_something_unknown_holds_nothing() -> None:
    assert previous([change(amount="200")]) == [None]
