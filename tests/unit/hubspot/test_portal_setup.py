import json
from typing import Any

import httpx2
import pytest
from portal_in_process import LocalPortal
from scripted_portal import missing_scope, problem

from simcrm.hubspot.custom_properties import CRM_OBJECTS, RECORD_KEY, definitions
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.record_urls import PortalAccount
from simcrm.models.crm_objects import ObjectType

GROUPS = "/groups"


def prepare(portal: LocalPortal, *, allow_production: bool = False, version: str = "2026-09") -> None:
    prepare_portal(portal.client(version=version), allow_production=allow_production)


def own_properties(portal: LocalPortal, kind: ObjectType) -> dict[str, dict[str, Any]]:
    rows = portal.request("GET", f"/crm/v3/properties/{kind}")["results"]
    return {row["name"]: row for row in rows if row["groupName"] == "simcrm"}


def writes(portal: LocalPortal) -> list[str]:
    return [path for method, path in portal.calls if method != "GET"]


@pytest.mark.parametrize("version", ["2026-09", "v3"])
@pytest.mark.parametrize("kind", list(ObjectType))
def test_first_use_makes_all_properties(kind: ObjectType, version: str) -> None:
    portal = LocalPortal()

    prepare(portal, version=version)

    made = own_properties(portal, kind)
    assert set(made) == {definition["name"] for definition in definitions(kind)}
    assert made[RECORD_KEY]["hasUniqueValue"] is True


def test_preparing_says_which_portal_it_is() -> None:
    found = prepare_portal(LocalPortal(portal_id=4711).client(), allow_production=False)

    assert found.account == PortalAccount(id=4711)


def test_the_group_has_the_name_users_see(empty_portal: LocalPortal) -> None:
    prepare(empty_portal)

    group = empty_portal.request("GET", "/crm/v3/properties/contacts/groups/simcrm")
    assert group["label"] == "SimCRM"


def sent_by(portal: LocalPortal) -> list[httpx2.Request]:
    """From here on, the requests that ask for something: batches of nothing are how scopes are asked for."""
    sent: list[httpx2.Request] = []

    def intercept(request: httpx2.Request) -> None:
        if request.method == "POST" and json.loads(request.content).get("inputs") != []:
            sent.append(request)

    portal.intercept = intercept
    return sent


def test_second_use_writes_nothing(portal: LocalPortal) -> None:
    sent = sent_by(portal)

    prepare(portal)

    assert portal.calls
    assert sent == []


def test_only_what_is_missing_is_made(portal: LocalPortal) -> None:
    portal.request("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")
    sent = sent_by(portal)

    prepare(portal)

    (request,) = sent
    assert request.url.path == "/crm/properties/2026-09/contacts/batch/create"
    assert request.content.count(b'"hasUniqueValue"') == 1
    assert "simcrm_lead_reasoning" in own_properties(portal, ObjectType.CONTACTS)


def test_a_property_that_a_user_has_changed_is_left_as_it_is(portal: LocalPortal) -> None:
    portal.request("PATCH", "/crm/v3/properties/deals/simcrm_sales_notes", {"label": "Our notes"})

    prepare(portal)

    assert own_properties(portal, ObjectType.DEALS)["simcrm_sales_notes"]["label"] == "Our notes"


def test_a_group_that_is_there_already_is_used(empty_portal: LocalPortal) -> None:
    for kind in ObjectType:
        empty_portal.request("POST", f"/crm/v3/properties/{kind}/groups", {"name": "simcrm", "label": "Mine"})

    prepare(empty_portal)

    assert [path for path in writes(empty_portal) if path.endswith(GROUPS)] == []
    assert empty_portal.request("GET", "/crm/v3/properties/deals/groups/simcrm")["label"] == "Mine"


def overtaken_at(portal: LocalPortal, path_end: str) -> None:
    """Let another simulation prepare the portal just before this one's first write to a path."""

    def once(request: httpx2.Request) -> None:
        if request.method == "POST" and request.url.path.endswith(path_end):
            portal.intercept = lambda _: None
            prepare(portal)

    portal.intercept = once


@pytest.mark.parametrize("path_end", [GROUPS, "/batch/create"])
def test_two_simulations_may_prepare_at_once(empty_portal: LocalPortal, path_end: str) -> None:
    overtaken_at(empty_portal, path_end)

    prepare(empty_portal)

    for kind in ObjectType:
        assert set(own_properties(empty_portal, kind)) == {definition["name"] for definition in definitions(kind)}


def test_a_production_portal_is_refused_before_anything_is_written() -> None:
    portal = LocalPortal(account_type="STANDARD", portal_id=4711)

    with pytest.raises(PortalAccessError, match="Portal 4711 is a production portal") as caught:
        prepare(portal)

    assert "hubspot.allowProductionPortal" in str(caught.value)
    assert writes(portal) == []


def test_a_production_portal_is_used_where_that_is_allowed() -> None:
    portal = LocalPortal(account_type="STANDARD")

    prepare(portal, allow_production=True)

    assert own_properties(portal, ObjectType.CONTACTS)


@pytest.mark.parametrize("account_type", ["DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"])
def test_any_other_portal_is_used(account_type: str) -> None:
    portal = LocalPortal(account_type=account_type)

    prepare(portal)

    assert own_properties(portal, ObjectType.CONTACTS)


def test_a_token_that_the_portal_does_not_know_is_refused() -> None:
    portal = LocalPortal(tokens={"another": None})

    with pytest.raises(PortalAccessError, match="does not accept the token"):
        prepare(portal)


def test_all_scopes_that_a_token_lacks_are_named_at_once_before_anything_is_written() -> None:
    granted = {"oauth", "tickets", "crm.objects.owners.read"}
    granted |= {f"crm.{area}.{kind}.read" for area in ("objects", "schemas") for kind in ("contacts", "companies")}
    granted |= {f"crm.{area}.deals.{mode}" for area in ("objects", "schemas") for mode in ("read", "write")}
    portal = LocalPortal(tokens={"token-of-the-portal": frozenset(granted)})
    sent = sent_by(portal)

    with pytest.raises(PortalAccessError) as caught:
        prepare(portal)

    assert caught.value.scopes == tuple(
        f"crm.{area}.{kind}.write" for area in ("objects", "schemas") for kind in ("companies", "contacts")
    )
    assert all(scope in str(caught.value) for scope in caught.value.scopes)
    assert sent == []


@pytest.mark.parametrize(
    ("kind", "scopes"),
    [
        (ObjectType.PRODUCTS, ("crm.objects.products.read", "crm.objects.products.write")),
        (ObjectType.LINE_ITEMS, ("crm.objects.line_items.read", "crm.objects.line_items.write")),
        (ObjectType.EMAILS, ("sales-email-read",)),
    ],
)
def test_an_optional_type_whose_scope_is_missing_is_omitted_with_the_scopes_that_would_add_it(
    kind: ObjectType, scopes: tuple[str, ...]
) -> None:
    granted = {"oauth", "tickets", "crm.objects.owners.read", "sales-email-read"}
    granted |= {
        f"crm.{area}.{name}.{mode}"
        for area in ("objects", "schemas")
        for name in ("contacts", "companies", "deals", "products", "line_items")
        for mode in ("read", "write")
    }
    portal = LocalPortal(tokens={"token-of-the-portal": frozenset(granted - set(scopes)), "admin": None})

    prepared = prepare_portal(portal.client(), allow_production=False)

    assert prepared.omitted_types == {kind: scopes}
    assert (f"/crm/properties/2026-09/{kind}/groups") in {path for _, path in portal.calls}
    assert not any(path.endswith(f"/properties/2026-09/{kind}") for _, path in portal.calls)


def test_an_optional_type_that_the_portal_forbids_without_naming_a_scope_is_omitted(portal: LocalPortal) -> None:
    forbidden = httpx2.Response(403, json={"category": "FORBIDDEN", "message": "not on this plan"})
    portal.intercept = lambda request: forbidden if "/line_items" in request.url.path else None

    prepared = prepare_portal(portal.client(), allow_production=False)

    assert prepared.omitted_types == {ObjectType.LINE_ITEMS: ()}


@pytest.mark.parametrize("kind", [ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.MEETINGS])
def test_where_activities_take_no_unique_property_the_key_is_a_plain_one_and_second_use_keeps_it(
    kind: ObjectType,
) -> None:
    portal = LocalPortal(activities_take_unique_properties=False)

    prepare(portal)
    sent = sent_by(portal)
    prepare(portal)

    assert own_properties(portal, kind)[RECORD_KEY]["hasUniqueValue"] is False
    assert own_properties(portal, ObjectType.DEALS)[RECORD_KEY]["hasUniqueValue"] is True
    assert sent == []


def answer_to(portal: LocalPortal, path_end: str, answer: httpx2.Response) -> None:
    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        return answer if request.method == "POST" and request.url.path.endswith(path_end) else None

    portal.intercept = intercept


def test_properties_that_the_portal_refuses_stop_the_run_with_its_reason(empty_portal: LocalPortal) -> None:
    errors = [
        {"category": "OBJECT_ALREADY_EXISTS", "message": "simcrm_record_key exists"},
        {"category": "VALIDATION_ERROR", "message": "too many properties"},
    ]
    answer_to(empty_portal, "/batch/create", httpx2.Response(207, json={"results": [], "errors": errors}))

    with pytest.raises(PortalAccessError, match=r"creates SimCRM's properties for companies.*too many properties"):
        prepare(empty_portal)


@pytest.mark.parametrize(
    ("path_end", "what"),
    [
        (GROUPS, "creates the group SimCRM for companies"),
        ("companies/batch/create", "creates SimCRM's properties for companies"),
    ],
)
def test_a_4xx_while_the_portal_is_prepared_is_a_refusal_in_hubspots_words(
    empty_portal: LocalPortal, path_end: str, what: str
) -> None:
    with_inputs = httpx2.Response(400, json={"category": "VALIDATION_ERROR", "message": "not on this plan"})

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        is_asked = request.method == "POST" and request.url.path.endswith(path_end)
        return with_inputs if is_asked and json.loads(request.content) != {"inputs": []} else None

    empty_portal.intercept = intercept

    with pytest.raises(PortalAccessError) as caught:
        prepare(empty_portal)

    assert f"the call that {what} (HubSpot answered 400 VALIDATION_ERROR: not on this plan)" in str(caught.value)


def test_definitions_that_cannot_be_listed_are_a_refusal(portal: LocalPortal) -> None:
    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        return problem(404) if request.method == "GET" and request.url.path.endswith("/tickets") else None

    portal.intercept = intercept

    with pytest.raises(PortalAccessError, match="lists the properties of tickets"):
        prepare(portal)


def own_definition(kind: ObjectType, name: str, **changes: Any) -> dict[str, Any]:
    found = next(row for row in definitions(kind) if row["name"] == name)
    return found | changes


def define(portal: LocalPortal, kind: ObjectType, definition: dict[str, Any]) -> None:
    """What somebody has made in the portal before SimCRM came."""
    portal.request("POST", f"/crm/v3/properties/{kind}/groups", {"name": "simcrm", "label": "SimCRM"})
    portal.request("POST", f"/crm/v3/properties/{kind}", definition)


@pytest.mark.parametrize("kind", CRM_OBJECTS)
def test_a_record_key_that_is_not_unique_is_refused_with_property_object_and_remedy(
    empty_portal: LocalPortal, kind: ObjectType
) -> None:
    define(empty_portal, kind, own_definition(kind, RECORD_KEY, hasUniqueValue=False))
    before = own_properties(empty_portal, kind)

    with pytest.raises(PortalAccessError) as caught:
        prepare(empty_portal)

    said = str(caught.value)
    assert f"properties of {kind}: simcrm_record_key is not unique" in said
    assert f"delete simcrm_record_key of {kind}" in said
    assert own_properties(empty_portal, kind) == before  # nothing was made beside it


@pytest.mark.parametrize(
    ("name", "changes", "problem_told"),
    [
        (RECORD_KEY, {"type": "number", "fieldType": "number"}, "has the type number instead of string"),
        (RECORD_KEY, {"fieldType": "textarea"}, "has the field type textarea instead of text"),
        ("simcrm_simulation_id", {"hasUniqueValue": True}, "is unique but must not be"),
        ("simcrm_simulated_at", {"type": "date"}, "has the type date instead of datetime"),
        ("simcrm_engagement_score", {"type": "string", "fieldType": "text"}, "has the type string instead of number"),
        ("simcrm_lead_temperature", {"fieldType": "radio"}, "has the field type radio instead of select"),
    ],
)
def test_an_own_property_that_is_another_one_is_refused(
    empty_portal: LocalPortal, name: str, changes: dict[str, Any], problem_told: str
) -> None:
    define(empty_portal, ObjectType.CONTACTS, own_definition(ObjectType.CONTACTS, name, **changes))

    with pytest.raises(PortalAccessError, match=f"of contacts: {name} {problem_told}"):
        prepare(empty_portal)


@pytest.mark.parametrize(
    ("changes", "problem_told"),
    [
        ({"calculated": True}, "is calculated"),
        ({"modificationMetadata": {"readOnlyValue": True}}, "is read-only"),
    ],
)
def test_an_own_property_that_takes_no_values_is_refused(
    portal: LocalPortal, changes: dict[str, Any], problem_told: str
) -> None:
    path = "/crm/v3/properties/deals"
    rows = [row | (changes if row["name"] == RECORD_KEY else {}) for row in portal.request("GET", path)["results"]]

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        is_list = request.method == "GET" and request.url.path.endswith("2026-09/deals")
        return httpx2.Response(200, json={"results": rows}) if is_list else None

    portal.intercept = intercept

    with pytest.raises(PortalAccessError, match=f"of deals: simcrm_record_key {problem_told}"):
        prepare(portal)


def test_room_for_properties_is_looked_for_before_any_is_made(empty_portal: LocalPortal) -> None:
    row = {"objectTypeId": "0-2", "limit": 10, "usage": 8}

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        is_limits = request.url.path.endswith("/custom-properties")
        return httpx2.Response(200, json={"byObjectType": [row]}) if is_limits else None

    empty_portal.intercept = intercept

    with pytest.raises(PortalAccessError, match="10 custom properties of companies and has 8; SimCRM needs 6 more"):
        prepare(empty_portal)
    assert own_properties(empty_portal, ObjectType.COMPANIES) == {}


@pytest.mark.parametrize("status", [403, 404])
def test_a_portal_that_does_not_tell_its_limits_is_prepared(empty_portal: LocalPortal, status: int) -> None:
    empty_portal.fault(kind="status", status=status, path="limits/", times=None)

    prepare(empty_portal)

    assert own_properties(empty_portal, ObjectType.TASKS)


def test_definitions_that_were_lost_are_made_again(portal: LocalPortal) -> None:
    lost = [{"name": name} for name in own_properties(portal, ObjectType.DEALS)]
    portal.request("POST", "/crm/v3/properties/deals/batch/archive", {"inputs": lost})

    prepare(portal)

    assert {row["name"] for row in lost} == set(own_properties(portal, ObjectType.DEALS))


@pytest.mark.parametrize(("status", "category"), [(409, "CONFLICT"), (400, "OBJECT_ALREADY_EXISTS")])
def test_a_group_that_came_in_between_is_no_error(empty_portal: LocalPortal, status: int, category: str) -> None:
    empty_portal.request("POST", "/crm/v3/properties/companies/groups", {"name": "simcrm", "label": "SimCRM"})
    original = empty_portal.request("GET", "/crm/v3/properties/companies/groups")
    hidden = {"results": [group for group in original["results"] if group["name"] != "simcrm"]}

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/companies/groups"):
            return None
        return httpx2.Response(200, json=hidden) if request.method == "GET" else problem(status, category=category)

    empty_portal.intercept = intercept

    prepare(empty_portal)

    assert RECORD_KEY in own_properties(empty_portal, ObjectType.COMPANIES)


def test_a_scope_that_is_missing_for_the_group_stops_the_run(empty_portal: LocalPortal) -> None:
    answer_to(empty_portal, GROUPS, missing_scope("crm.schemas.companies.write"))

    with pytest.raises(PortalAccessError):
        prepare(empty_portal)


def test_a_busy_portal_can_be_prepared_later(empty_portal: LocalPortal) -> None:
    empty_portal.fault(kind="status", status=503, times=4)

    with pytest.raises(PortalUnavailableError):
        prepare(empty_portal)
    prepare(empty_portal)

    assert own_properties(empty_portal, ObjectType.TASKS)
