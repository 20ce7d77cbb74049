"""Labels for the roles of contacts in deals, in portals that have them, may have them or must not have them."""

import json

import httpx2
import pytest
from builders import key, planned_object
from portal_in_process import LocalPortal
from recorders import LogLines
from scripted_portal import problem

from simcrm.hubspot.association_labels import PreparedLabels, prepare_role_labels
from simcrm.hubspot.associations import create_associations
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import Association, ObjectType
from simcrm.models.role_labels import RoleLabels

CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS
LABELS = "/crm/v4/associations/deals/contacts/labels"
DECIDER = CommitteeRole.DECISION_MAKER


def own_labels(portal: LocalPortal) -> list[str]:
    rows = portal.request("GET", LABELS)["results"]
    return [row["label"] for row in rows if row["category"] == "USER_DEFINED"]


def test_the_labels_are_named_as_hubspot_names_the_roles() -> None:
    assert [role.label for role in CommitteeRole] == [
        "Decision Maker",
        "Champion",
        "Budget Holder",
        "Influencer",
        "End User",
        "Executive Sponsor",
        "Legal and Compliance",
        "Blocker",
    ]


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_missing_labels_are_made_once_and_found_in_both_directions(empty_portal: LocalPortal, version: str) -> None:
    client = empty_portal.client(version=version)

    first = prepare_role_labels(client)
    made = len(empty_portal.calls)
    again = prepare_role_labels(client)

    assert own_labels(empty_portal) == [role.label for role in CommitteeRole]
    assert first.labels.from_deals.keys() == first.labels.from_contacts.keys() == set(CommitteeRole)
    assert not set(first.labels.from_deals.values()) & set(first.labels.from_contacts.values())
    assert first.missing_reason is None
    assert again == first
    assert (made, len(empty_portal.calls) - made) == (12, 2)


def test_a_label_that_the_portals_users_made_is_used(empty_portal: LocalPortal) -> None:
    made = empty_portal.request("POST", LABELS, {"label": "Decision maker", "name": "their_own"})["results"]

    labels = prepare_role_labels(empty_portal.client()).labels

    assert labels.type_id(DEALS, DECIDER) == made[0]["typeId"]
    assert labels.type_id(CONTACTS, DECIDER) == made[1]["typeId"]
    assert len(own_labels(empty_portal)) == len(CommitteeRole)


def test_a_lower_subscription_has_no_labels_and_says_so() -> None:
    portal = LocalPortal(plan="starter")

    prepared = prepare_role_labels(portal.client())

    assert prepared.labels == RoleLabels()
    assert "subscription" in (prepared.missing_reason or "")
    assert own_labels(portal) == []


def test_a_missing_scope_is_named() -> None:
    portal = LocalPortal()
    context = {"requiredGranularScopes": ["crm.schemas.deals.write"]}
    refusal = problem(403, category="MISSING_SCOPES", context=context)
    portal.intercept = lambda request: refusal if request.method == "POST" else None

    assert prepare_role_labels(portal.client()) == PreparedLabels(
        RoleLabels(),
        "The token lacks a scope: grant crm.schemas.deals.write and resume the simulation.",
        ("crm.schemas.deals.write",),
    )


def test_labels_that_must_not_be_read_are_left_out() -> None:
    portal = LocalPortal()
    portal.intercept = lambda _: problem(403, category="FORBIDDEN", message="no")

    prepared = prepare_role_labels(portal.client())

    assert (prepared.labels, prepared.scopes) == (RoleLabels(), ())
    assert prepared.missing_reason


def test_where_the_portal_has_too_few_places_the_labels_that_fit_are_used() -> None:
    portal = LocalPortal(association_labels_per_pair=3)

    prepared = prepare_role_labels(portal.client())

    assert list(prepared.labels.from_deals) == list(CommitteeRole)[:3]
    assert "limit of 3" in (prepared.missing_reason or "")


def link_to(contact: str, label: int | None) -> Association:
    return Association(CONTACTS, contact, is_required=False, label_type_id=label)


def test_a_role_is_written_with_the_unlabelled_type_and_repeats_change_nothing(portal: LocalPortal) -> None:
    labels = prepare_role_labels(portal.client()).labels
    deal, contact = _records(portal)
    item = planned_object(DEALS, 0, (link_to(key(CONTACTS), labels.type_id(DEALS, DECIDER)),))
    ids = {item.key: deal, key(CONTACTS): contact}

    for _ in range(2):
        assert create_associations(portal.client(), [item], ids) == {}

    assert portal.associated_ids("deals", deal, "contacts") == {contact: {3, labels.from_deals[DECIDER]}}
    assert portal.associated_ids("contacts", contact, "deals") == {deal: {4, labels.from_contacts[DECIDER]}}


def test_labels_that_the_portal_has_lost_cost_no_association(portal: LocalPortal, log_lines: LogLines) -> None:
    deal, contact = _records(portal)
    item = planned_object(DEALS, 0, (link_to(key(CONTACTS), 10_777),))

    refused = create_associations(portal.client(), [item], {item.key: deal, key(CONTACTS): contact})

    assert refused == {}
    assert portal.associated_ids("deals", deal, "contacts") == {contact: {3}}
    (line,) = log_lines.with_event_id("LABELS_REFUSED")
    assert line["count"] == 1


def test_labelled_and_unlabelled_pairs_share_a_call(portal: LocalPortal) -> None:
    sent: list[list[int]] = []

    def note(request: httpx2.Request) -> None:
        sent.append([len(pair["types"]) for pair in json.loads(request.content)["inputs"]])

    deal, contact = _records(portal)
    other = str(portal.request("POST", "/crm/v3/objects/contacts", {"properties": {"lastname": "Ito"}})["id"])
    label = prepare_role_labels(portal.client()).labels.type_id(DEALS, DECIDER)
    portal.intercept = note
    item = planned_object(DEALS, 0, (link_to(key(CONTACTS), label), link_to(key(CONTACTS, 1), None)))

    create_associations(portal.client(), [item], {item.key: deal, key(CONTACTS): contact, key(CONTACTS, 1): other})

    assert sent == [[2, 1]]


def _records(portal: LocalPortal) -> tuple[str, str]:
    deal = portal.request(
        "POST", "/crm/v3/objects/deals", {"properties": {"dealname": "T", "dealstage": "qualifiedtobuy"}}
    )
    contact = portal.request("POST", "/crm/v3/objects/contacts", {"properties": {"lastname": "Okafor"}})
    return str(deal["id"]), str(contact["id"])
