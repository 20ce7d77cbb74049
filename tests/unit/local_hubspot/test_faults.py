"""Scripted faults."""

import time
from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

from local_server.serving import ConnectionDroppedError

CONTACTS = "/crm/v3/objects/contacts"
NEW = {"properties": {"email": "a@one.example"}}


def statuses(hubspot: HubSpot, count: int) -> list[int]:
    return [hubspot.http.get(CONTACTS).status_code for _ in range(count)]


def test_a_rule_acts_as_often_as_it_says_and_then_leaves(hubspot: HubSpot) -> None:
    hubspot.fault(status=503, times=2)

    assert statuses(hubspot, 3) == [503, 503, 200]
    assert hubspot.get("/_local/faults")["rules"] == []


def test_a_rule_without_times_acts_until_it_is_removed(hubspot: HubSpot) -> None:
    hubspot.fault(status=500, times=None)
    assert set(statuses(hubspot, 5)) == {500}

    assert hubspot.call("DELETE", "/_local/faults") == (204, None)

    assert statuses(hubspot, 1) == [200]


def test_a_rule_lets_the_first_calls_pass(hubspot: HubSpot) -> None:
    hubspot.fault(status=500, skip=2)

    assert statuses(hubspot, 4) == [200, 200, 500, 200]


def test_a_rule_acts_on_its_method_and_path_only(hubspot: HubSpot) -> None:
    hubspot.fault(status=500, method="POST", path="contacts$")

    assert statuses(hubspot, 1) == [200]
    assert hubspot.call("POST", f"{CONTACTS}/batch/create", {})[0] == 201
    assert hubspot.call("POST", CONTACTS, NEW)[0] == 500


def test_a_rule_with_a_probability_acts_the_same_way_each_time(hubspot: HubSpot) -> None:
    runs = []
    for _ in range(2):
        hubspot.call("DELETE", "/_local/faults")
        hubspot.fault(status=500, times=None, probability=0.3, seed=7)
        runs.append(statuses(hubspot, 60))

    assert runs[0] == runs[1]
    assert 8 <= runs[0].count(500) <= 30


@pytest.mark.parametrize(
    ("status", "category"),
    [(401, "INVALID_AUTHENTICATION"), (403, "MISSING_SCOPES"), (423, "LOCKED"), (502, None), (477, None)],
)
def test_an_error_status_comes_with_hubspots_category(hubspot: HubSpot, status: int, category: str | None) -> None:
    hubspot.fault(status=status)

    assert hubspot.post(CONTACTS, NEW, status).get("category") == category
    assert hubspot.count("contacts") == 0


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"])
def test_a_429_names_its_policy_and_may_say_how_long_to_wait(hubspot: HubSpot, policy: str) -> None:
    hubspot.fault(kind="rate_limit", policy=policy, retryAfter=3)

    answer = hubspot.http.get(CONTACTS)

    assert answer.status_code == 429
    assert answer.json()["policyName"] == policy
    assert answer.headers["retry-after"] == "3"


def test_a_fault_after_the_write_leaves_the_record_behind(hubspot: HubSpot) -> None:
    hubspot.fault(status=504, afterWrite=True)

    hubspot.post(CONTACTS, NEW, 504)

    assert hubspot.count("contacts") == 1


@pytest.mark.parametrize(("after_write", "left"), [(False, 0), (True, 1)])
def test_a_dropped_connection_gives_no_answer(hubspot: HubSpot, after_write: bool, left: int) -> None:  # noqa: FBT001
    hubspot.fault(kind="drop", afterWrite=after_write)

    with pytest.raises(ConnectionDroppedError):
        hubspot.call("POST", CONTACTS, NEW)

    assert hubspot.count("contacts") == left
    assert hubspot.get("/_local/stats")["requests"][f"POST {CONTACTS.replace('contacts', '{objectType}')}"] == {"0": 1}


def test_a_slow_answer_is_an_answer(hubspot: HubSpot) -> None:
    hubspot.fault(kind="slow", delaySeconds=0.2)
    start = time.monotonic()

    assert statuses(hubspot, 1) == [200]

    assert time.monotonic() - start >= 0.2


def test_one_input_of_a_batch_can_be_made_invalid(hubspot: HubSpot) -> None:
    hubspot.fault(kind="invalid_input", record=2, path="batch/create")
    inputs = [{"properties": {"email": f"{name}@one.example"}, "objectWriteTraceId": name} for name in "abc"]

    body = hubspot.post(f"{CONTACTS}/batch/create", {"inputs": inputs}, 207)

    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["b"]}
    assert hubspot.count("contacts") == 2


def test_several_rules_are_taken_in_one_body_and_the_first_that_acts_wins(hubspot: HubSpot) -> None:
    hubspot.post("/_local/faults", [{"status": 500}, {"status": 503}], 201)

    assert statuses(hubspot, 3) == [500, 503, 200]


@pytest.mark.parametrize(
    "rule", [{"status": 200}, {"kind": "melt"}, {"stauts": 500}, {"probability": 2}, {"path": "("}]
)
def test_a_rule_that_makes_no_sense_is_refused(hubspot: HubSpot, rule: dict[str, Any]) -> None:
    assert hubspot.post("/_local/faults", rule, 400)["status"] == "error"
