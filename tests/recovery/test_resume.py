"""A run that was stopped early goes on when its cause is mended, and writes what it had planned, once."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from integration.driving import Api, PortalDriver, aws_client
from recovery.portal_scopes import ALL_BUT_ONE, MISSING

from simcrm.models.crm_objects import ObjectType
from simcrm_embedded.state import StackState

KINDS = tuple(ObjectType)
RECORDS = 60


@pytest.fixture
def portal(state: StackState) -> Iterator[PortalDriver]:
    portal = PortalDriver(state)
    yield portal
    portal.clear_faults()
    portal.set(recordsPerObject=None)
    portal.accept({state.hubspot_token: None})
    put_token(state, state.hubspot_token)


def put_token(state: StackState, token: str) -> None:
    """What an operator does with the secret."""
    secrets, arn = aws_client(state, "secretsmanager"), state.outputs["SecretArn"]
    document = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(document | {"hubspotToken": token}))


def goes_on(operator: Api, failed: dict[str, Any]) -> dict[str, Any]:
    """The simulation when it was resumed and has ended again."""
    simulation_id = failed["simulationId"]
    answer = operator.post(f"/api/simulations/{simulation_id}/resume", {})
    assert (answer.status_code, answer.json()["action"]) == (202, "continue")
    return operator.wait(simulation_id)


def check_complete(portal: PortalDriver, run: dict[str, Any]) -> None:
    """Each planned record is there once, by its key, and the ledger says the same."""
    assert (run["status"], run["error"], run["failed"]) == ("SUCCEEDED", None, 0)
    held = {kind: portal.simulation_records(kind, run["simulationId"]) for kind in KINDS}
    keys = Counter(row["properties"]["simcrm_record_key"] for rows in held.values() for row in rows)
    assert set(keys.values()) == {1}
    assert {kind: len(rows) for kind, rows in held.items()} == {kind: run["counts"][kind.json_name] for kind in KINDS}
    assert run["counts"]["contacts"] == RECORDS


def test_a_token_that_was_never_good(state: StackState, operator: Api, portal: PortalDriver) -> None:
    portal.accept({"another": None})
    failed = operator.run(totalRecords=RECORDS)
    put_token(state, "another")

    run = goes_on(operator, failed)

    assert failed["status"] == "FAILED"
    assert "hubspotToken" in failed["error"]["message"]
    check_complete(PortalDriver(state, "another"), run)


def test_a_token_that_is_rotated_stops_nothing(state: StackState, operator: Api, portal: PortalDriver) -> None:
    operator.run(totalRecords=1)  # the functions know the old token
    put_token(state, "rotated")
    portal.accept({"rotated": None})

    run = operator.run(totalRecords=RECORDS)

    check_complete(PortalDriver(state, "rotated"), run)


def test_a_spent_day(operator: Api, portal: PortalDriver) -> None:
    portal.script_fault({"kind": "rate_limit", "policy": "DAILY", "path": "/notes/batch/create", "times": None})
    failed = operator.run(totalRecords=RECORDS)
    portal.clear_faults()

    assert failed["status"] == "FAILED"
    assert failed["counts"]["contacts"] == RECORDS
    assert "after midnight" in failed["error"]["message"]
    check_complete(portal, goes_on(operator, failed))


def test_a_revoked_token_and_then_a_missing_scope(state: StackState, operator: Api, portal: PortalDriver) -> None:
    portal.script_fault({"path": "deals/batch/upsert", "status": 401, "times": None})
    failed = operator.run(totalRecords=RECORDS)
    portal.clear_faults()
    portal.set(recordsPerObject=None)
    portal.accept({state.hubspot_token: ALL_BUT_ONE})

    again = goes_on(operator, failed)
    portal.accept({state.hubspot_token: None})

    assert failed["error"]["code"] == "PORTAL_REFUSED"
    assert "hubspotToken" in failed["error"]["message"]
    assert MISSING in again["error"]["message"]
    check_complete(portal, goes_on(operator, again))


def test_a_portal_without_room_and_one_that_fills_up(operator: Api, portal: PortalDriver) -> None:
    held: dict[str, int] = {kind: len(portal.all_records(kind)) for kind in KINDS}
    portal.set(recordsPerObject=max(held["contacts"], held["companies"]) + RECORDS - 1)
    refused = operator.run(totalRecords=RECORDS)
    fewest = max(held["contacts"], held["companies"]) + RECORDS
    portal.set(recordsPerObject=fewest)
    own = {"dealname": "Somebody's own", "dealstage": "appointmentscheduled", "pipeline": "default"}
    portal.create("deals", own, count=fewest - held["deals"])

    failed = goes_on(operator, refused)
    portal.set(recordsPerObject=None)

    assert "room for" in refused["error"]["message"]
    assert (failed["status"], failed["counts"]["contacts"]) == ("FAILED", RECORDS)
    assert f"reached its limit of {fewest:,} deals" in failed["error"]["message"]
    check_complete(portal, goes_on(operator, failed))
