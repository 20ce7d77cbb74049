"""Which values a property takes, and what is kept of them."""

import json
from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot


def stored_value(hubspot: HubSpot, kind: str, given: dict[str, Any], name: str) -> str | None:
    value: str | None = hubspot.read(kind, hubspot.create(kind, **given), name)[name]
    return value


def value_error(hubspot: HubSpot, kind: str, given: dict[str, Any]) -> tuple[str, str]:
    body = hubspot.post(f"/crm/v3/objects/{kind}", {"properties": given}, 400)
    assert body["category"] == "VALIDATION_ERROR"
    (error,) = body["errors"]
    (listed,) = json.loads(body["message"].removeprefix("Property values were not valid: "))
    assert (listed["error"], listed["name"]) == (error["code"], error["context"]["propertyName"][0])
    return error["code"], error["message"]


COMPANY = {"name": "Acme"}
DEAL = {"dealname": "D", "dealstage": "closedwon"}
TASK = {"hs_timestamp": "2026-01-01T10:00:00Z"}


@pytest.mark.parametrize(
    "case",
    [
        ("companies", COMPANY, "no_such", "1", "PROPERTY_DOESNT_EXIST"),
        ("companies", COMPANY, "industry", "Banking", "INVALID_OPTION"),
        ("companies", COMPANY, "industry", "banking", "INVALID_OPTION"),
        ("companies", COMPANY, "numberofemployees", "1,200", "INVALID_INTEGER"),
        ("companies", COMPANY, "hubspot_owner_id", "1", "INVALID_OWNER_ID"),
        ("companies", COMPANY, "createdate", "2026-01-01T00:00:00Z", "READ_ONLY_VALUE"),
        ("contacts", {"firstname": "A"}, "createdate", "2026-01-01T00:00:00Z", "READ_ONLY_VALUE"),
        ("contacts", {"firstname": "A"}, "email", "nobody@@example", "INVALID_EMAIL"),
        ("contacts", {"firstname": "A"}, "email", "no body@one.example", "INVALID_EMAIL"),
        ("contacts", {"firstname": "A"}, "numemployees", "12", "INVALID_OPTION"),
        ("deals", DEAL, "amount", "$100", "INVALID_INTEGER"),
        ("deals", DEAL, "closedate", "2019-05-13T12:05:53.602759Z", "INVALID_LONG"),
        ("deals", DEAL, "closedate", "next week", "INVALID_LONG"),
        ("deals", {"dealname": "D"}, "dealstage", "Closed Won", "INVALID_OPTION"),
        ("deals", DEAL, "pipeline", "none", "INVALID_OPTION"),
        ("tickets", {"subject": "S"}, "hs_pipeline_stage", "9", "INVALID_OPTION"),
        ("tasks", TASK, "hs_task_status", "DONE", "INVALID_OPTION"),
        ("calls", TASK, "hs_call_disposition", "Connected", "INVALID_OPTION"),
        ("notes", TASK, "hs_note_body", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_hubspots_code(
    hubspot: HubSpot, case: tuple[str, dict[str, str], str, str, str]
) -> None:
    kind, base, name, value, code = case
    assert value_error(hubspot, kind, base | {name: value})[0] == code
    assert hubspot.count(kind) == 0


@pytest.mark.parametrize(
    "case",
    [
        ("contacts", {}, "email", " Ada.L@One.EXAMPLE", "ada.l@one.example"),
        ("contacts", {"firstname": "A"}, "lifecyclestage", "customer", "customer"),
        ("companies", COMPANY, "numberofemployees", 1200, "1200"),
        ("companies", COMPANY, "is_public", True, "true"),
        ("companies", COMPANY, "industry", "BANKING", "BANKING"),
        ("companies", COMPANY, "city", "", None),
        ("companies", COMPANY, "city", None, None),
        ("deals", DEAL, "amount", "1234.50", "1234.50"),
        ("deals", DEAL, "createdate", "2020-02-02T00:00:00.000Z", "2020-02-02T00:00:00Z"),
        ("deals", DEAL, "closedate", "1767225600123", "2026-01-01T00:00:00.123Z"),
        ("deals", DEAL, "closedate", "2026-01-01", "2026-01-01T00:00:00Z"),
        ("notes", TASK, "hs_note_body", "x" * 65_536, "x" * 65_536),
        (
            "calls",
            TASK,
            "hs_call_disposition",
            "f240bbac-87c9-4f6e-bf70-924b57d47db7",
            "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        ),
    ],
)
def test_a_good_value_is_kept_as_text(hubspot: HubSpot, case: tuple[str, dict[str, str], str, Any, str | None]) -> None:
    kind, base, name, value, expected = case
    assert stored_value(hubspot, kind, base | {name: value}, name) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026-01-31", "2026-01-31"), ("1767225600000", "2026-01-01"), ("2026-01-31T00:00:00Z", "2026-01-31")],
)
def test_a_date_is_a_day_or_midnight_utc(hubspot: HubSpot, value: str, expected: str) -> None:
    hubspot.define("contacts", "trial_end", type="date", fieldType="date")

    assert stored_value(hubspot, "contacts", {"firstname": "A", "trial_end": value}, "trial_end") == expected


def test_a_date_with_a_time_of_day_names_that_time(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "trial_end", type="date", fieldType="date")

    assert value_error(hubspot, "contacts", {"firstname": "A", "trial_end": "1606768561954"}) == (
        "INVALID_DATE",
        "1606768561954 is at 20:36:1.954 UTC, not midnight!",
    )
    assert value_error(hubspot, "contacts", {"firstname": "A", "trial_end": "soon"})[0] == "INVALID_DATE"


def test_a_refused_option_lists_the_allowed_ones(hubspot: HubSpot) -> None:
    _, message = value_error(hubspot, "tasks", TASK | {"hs_task_priority": "urgent"})

    assert message.startswith("urgent was not one of the allowed options: [")
    assert "HIGH" in message


def test_all_bad_properties_of_a_record_are_named(hubspot: HubSpot) -> None:
    given = {"name": "Acme", "first": "1", "industry": "x", "numberofemployees": "many"}

    body = hubspot.post("/crm/v3/objects/companies", {"properties": given}, 400)

    assert [error["code"] for error in body["errors"]] == ["PROPERTY_DOESNT_EXIST", "INVALID_OPTION", "INVALID_INTEGER"]


def colours(hubspot: HubSpot) -> None:
    options = [{"label": name.title(), "value": name} for name in ("red", "green", "blue")]
    hubspot.define("contacts", "colours", type="enumeration", fieldType="checkbox", options=options)


def test_several_options_are_parted_by_semicolons(hubspot: HubSpot) -> None:
    colours(hubspot)

    assert stored_value(hubspot, "contacts", {"firstname": "A", "colours": "red;blue"}, "colours") == "red;blue"
    assert value_error(hubspot, "contacts", {"firstname": "A", "colours": "red;pink"})[0] == "INVALID_OPTION"


def test_a_leading_semicolon_adds_to_the_present_options(hubspot: HubSpot) -> None:
    colours(hubspot)
    contact = hubspot.create("contacts", firstname="A", colours="red")

    hubspot.call("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": {"colours": ";blue;red"}})

    assert hubspot.read("contacts", contact, "colours")["colours"] == "red;blue"


def test_a_single_choice_takes_one_option_only(hubspot: HubSpot) -> None:
    assert value_error(hubspot, "tasks", TASK | {"hs_task_priority": "LOW;HIGH"})[0] == "INVALID_OPTION"


def change_stage(hubspot: HubSpot, contact: str, stage: str) -> str | None:
    status, _ = hubspot.call("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": {"lifecyclestage": stage}})
    assert status == 200
    value: str | None = hubspot.read("contacts", contact, "lifecyclestage")["lifecyclestage"]
    return value


def test_the_lifecycle_stage_moves_forward_only_and_says_nothing(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", firstname="A", lifecyclestage="opportunity")

    assert change_stage(hubspot, contact, "lead") == "opportunity"
    assert change_stage(hubspot, contact, "customer") == "customer"


def test_a_cleared_lifecycle_stage_may_be_set_to_any(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", firstname="A", lifecyclestage="opportunity")

    change_stage(hubspot, contact, "")

    assert change_stage(hubspot, contact, "subscriber") == "subscriber"


def test_a_stage_must_belong_to_the_records_pipeline(hubspot: HubSpot) -> None:
    deal = hubspot.create("deals", **DEAL)

    status, body = hubspot.call("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"dealstage": "1"}})

    assert status == 400
    assert body["errors"][0]["code"] == "INVALID_OPTION"
