"""Bulk associations: one bad pair costs no other its association."""

import json
from collections.abc import Callable

import httpx2
import pytest
from builders import key, planned_object
from recorders import LogLines
from scripted_portal import ok, problem

from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.associations import create_associations
from simcrm.hubspot.client import HubSpotClient
from simcrm.models.crm_objects import Association, ObjectType

CONTACTS, COMPANIES = ObjectType.CONTACTS, ObjectType.COMPANIES
PAIRS = 2_000
IDS = {key(CONTACTS, index): str(index) for index in range(PAIRS)} | {key(COMPANIES): "7000"}
OBJECTS = [planned_object(CONTACTS, index, (Association(COMPANIES, key(COMPANIES)),)) for index in range(PAIRS)]

Refuse = Callable[[list[str]], httpx2.Response]


class Portal:
    """Refuses a call that holds a bad pair, in the way a test says; ``linked`` are the pairs it has taken."""

    def __init__(self, bad: set[str], refuse: Refuse) -> None:
        self._bad, self._refuse = bad, refuse
        self.linked: set[str] = set()
        self.calls = 0
        transport = httpx2.MockTransport(self._respond)
        self.client = HubSpotClient(httpx2.Client(base_url="http://portal.test", transport=transport), ApiPaths("v3"))

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        given = [pair["from"]["id"] for pair in json.loads(request.content)["inputs"]]
        bad = [name for name in given if name in self._bad]
        if bad:
            return self._refuse(bad)
        self.linked |= set(given)
        return ok({"status": "COMPLETE", "results": []})


def whole(_: list[str]) -> httpx2.Response:
    return problem(400, category="VALIDATION_ERROR", message="no such record")


def unnamed_error(bad: list[str]) -> httpx2.Response:
    return ok({"status": "COMPLETE", "errors": [{"message": "no such record", "context": {}} for _ in bad]}, 207)


@pytest.mark.parametrize("refuse", [whole, unnamed_error])
def test_a_call_that_names_no_pair_is_halved_until_the_bad_ones_are_alone(refuse: Refuse, log_lines: LogLines) -> None:
    portal = Portal({"3", "1999"}, refuse)

    refused = create_associations(portal.client, OBJECTS, IDS)

    assert set(refused) == {key(CONTACTS, 3), key(CONTACTS, 1999)}
    assert all("no such record" in reason for reason in refused.values())
    assert len(portal.linked) == PAIRS - 2
    assert portal.calls < 60
    assert log_lines.with_event_id("ASSOCIATION_REFUSED")[0]["count"] == 2


def test_a_cause_of_all_pairs_is_found_by_three_that_are_tried_alone() -> None:
    portal = Portal(set(IDS.values()), whole)

    refused = create_associations(portal.client, OBJECTS, IDS)

    assert len(refused) == PAIRS
    assert portal.calls == 4


def test_where_most_pairs_are_bad_the_search_for_them_ends() -> None:
    portal = Portal(set(IDS.values()) - {"1999"}, whole)

    refused = create_associations(portal.client, OBJECTS, IDS)

    assert len(refused) >= PAIRS - 1
    assert portal.calls < 150
