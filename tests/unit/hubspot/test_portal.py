import json
from typing import Any

import httpx2
import pytest
from portal_in_process import LocalPortal
from scripted_portal import missing_scope, problem

from simcrm.hubspot.addresses import Portal
from simcrm.hubspot.errors import CallRefusedError, PortalBusyError, PortalRefusedError
from simcrm.hubspot.portal import prepare_portal
from simcrm.hubspot.properties import RECORD_KEY, definitions
from simcrm.models.objects import ObjectType

GROUPS = "/groups"


def prepare(portal: LocalPortal, *, allow_production: bool = False, version: str = "2026-09") -> None:
    prepare_portal(portal.client(version=version), allow_production=allow_production)


def own_properties(portal: LocalPortal, kind: ObjectType) -> dict[str, dict[str, Any]]:
    rows = portal.ask("GET", f"/crm/v3/properties/{kind}")["results"]
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

    assert found == Portal(id=4711)


def test_the_group_has_the_name_users_see(empty_portal: LocalPortal) -> None:
    prepare(empty_portal)

    group = empty_portal.ask("GET", "/crm/v3/properties/contacts/groups/simcrm")
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
    portal.ask("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")
    sent = sent_by(portal)

    prepare(portal)

    (request,) = sent
    assert request.url.path == "/crm/properties/2026-09/contacts/batch/create"
    assert request.content.count(b'"hasUniqueValue"') == 1
    assert "simcrm_lead_reasoning" in own_properties(portal, ObjectType.CONTACTS)


def test_a_property_that_a_user_has_changed_is_left_as_it_is(portal: LocalPortal) -> None:
    portal.ask("PATCH", "/crm/v3/properties/deals/simcrm_sales_notes", {"label": "Our notes"})

    prepare(portal)

    assert own_properties(portal, ObjectType.DEALS)["simcrm_sales_notes"]["label"] == "Our notes"


def test_a_group_that_is_there_already_is_used(empty_portal: LocalPortal) -> None:
    for kind in ObjectType:
        empty_portal.ask("POST", f"/crm/v3/properties/{kind}/groups", {"name": "simcrm", "label": "Mine"})

    prepare(empty_portal)

    assert [path for path in writes(empty_portal) if path.endswith(GROUPS)] == []
    assert empty_portal.ask("GET", "/crm/v3/properties/deals/groups/simcrm")["label"] == "Mine"


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

    with pytest.raises(PortalRefusedError, match="Portal 4711 is a production portal") as caught:
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

    with pytest.raises(PortalRefusedError, match="does not accept the token"):
        prepare(portal)


def test_all_scopes_that_a_token_lacks_are_named_at_once_before_anything_is_written() -> None:
    granted = {"oauth", "tickets", "crm.objects.owners.read"}
    granted |= {f"crm.{area}.{kind}.read" for area in ("objects", "schemas") for kind in ("contacts", "companies")}
    granted |= {f"crm.{area}.deals.{mode}" for area in ("objects", "schemas") for mode in ("read", "write")}
    portal = LocalPortal(tokens={"token-of-the-portal": frozenset(granted)})
    sent = sent_by(portal)

    with pytest.raises(PortalRefusedError) as caught:
        prepare(portal)

    assert caught.value.scopes == tuple(
        f"crm.{area}.{kind}.write" for area in ("objects", "schemas") for kind in ("companies", "contacts")
    )
    assert all(scope in str(caught.value) for scope in caught.value.scopes)
    assert sent == []


@pytest.mark.parametrize("kind", [ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS])
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

    with pytest.raises(PortalRefusedError, match="refuses SimCRM's properties: too many properties"):
        prepare(empty_portal)


def test_a_group_that_cannot_be_made_is_an_error(empty_portal: LocalPortal) -> None:
    answer_to(empty_portal, GROUPS, problem(400, category="VALIDATION_ERROR"))

    with pytest.raises(CallRefusedError, match="VALIDATION_ERROR"):
        prepare(empty_portal)


@pytest.mark.parametrize(("status", "category"), [(409, "CONFLICT"), (400, "OBJECT_ALREADY_EXISTS")])
def test_a_group_that_came_in_between_is_no_error(empty_portal: LocalPortal, status: int, category: str) -> None:
    empty_portal.ask("POST", "/crm/v3/properties/companies/groups", {"name": "simcrm", "label": "SimCRM"})
    original = empty_portal.ask("GET", "/crm/v3/properties/companies/groups")
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

    with pytest.raises(PortalRefusedError):
        prepare(empty_portal)


def test_a_busy_portal_can_be_prepared_later(empty_portal: LocalPortal) -> None:
    empty_portal.fault(kind="status", status=503, times=4)

    with pytest.raises(PortalBusyError):
        prepare(empty_portal)
    prepare(empty_portal)

    assert own_properties(empty_portal, ObjectType.TASKS)
