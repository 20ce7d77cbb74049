"""A run that is aborted in its middle: nothing is written afterwards, and the ledger is the portal's."""

import json
from collections import Counter
from typing import Any

from integration.driving import Api, PortalDriver, aws_client, wait_for

from simcrm.models.crm_objects import ObjectType
from simcrm_embedded.state import StackState

RECORDS = 5_000
WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
KINDS = tuple(ObjectType)


def keys(portal: PortalDriver, simulation_id: str) -> set[str]:
    """The record keys of a simulation's objects in the portal."""
    rows = (row for kind in KINDS for row in portal.simulation_records(kind, simulation_id))
    return {row["properties"]["simcrm_record_key"] for row in rows}


def ledger(operator: Api, simulation_id: str) -> list[tuple[str, str]]:
    """Key and outcome of every entry, by the export."""
    found: list[tuple[str, str]] = []
    query = ""
    while True:
        answer = operator.get(f"/api/simulations/{simulation_id}/records{query}")
        found += [(row["key"], row["outcome"]) for row in map(json.loads, answer.text.splitlines())]
        if not (token := answer.headers.get("X-Next-Token")):
            return found
        query = f"?token={token}"


def nothing_moves(state: StackState) -> bool:
    """Whether no message waits for a writer and no execution runs that could send one."""
    sqs, states = aws_client(state, "sqs"), aws_client(state, "stepfunctions")
    found: dict[str, Any] = sqs.get_queue_attributes(
        QueueUrl=state.outputs["WriteQueueUrl"], AttributeNames=[*WAITING]
    )["Attributes"]
    machines = states.list_state_machines()["stateMachines"]
    running = (
        states.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING")["executions"]
        for machine in machines
    )
    return not any(int(found[name]) for name in WAITING) and not any(running)


def test_an_abort_in_the_middle_stops_all_writes_and_leaves_a_true_ledger(
    state: StackState, operator: Api, portal: PortalDriver
) -> None:
    simulation_id = operator.start(totalRecords=RECORDS)
    wait_for(lambda: operator.simulation(simulation_id)["counts"]["contacts"] >= RECORDS // 10)

    answer = operator.post(f"/api/simulations/{simulation_id}/abort", {})
    wait_for(lambda: operator.simulation(simulation_id)["aborted"] > 0)
    held = keys(portal, simulation_id)
    wait_for(lambda: nothing_moves(state))

    assert (answer.status_code, answer.json()["status"]) == (202, "ABORTED")
    assert keys(portal, simulation_id) == held
    entries = ledger(operator, simulation_id)
    contacts = Counter(key for key, _ in entries if ":contact:" in key)
    assert contacts == {f"{simulation_id}:contact:{index}": 1 for index in range(RECORDS)}
    assert {key for key, outcome in entries if outcome == "written"} == keys(portal, simulation_id) == held
    assert {outcome for _, outcome in entries} == {"written", "aborted"}
    ended = operator.simulation(simulation_id)
    assert (ended["status"], sum(ended["counts"].values())) == ("ABORTED", len(held))
    assert ended["counts"]["contacts"] < RECORDS
    assert operator.post(f"/api/simulations/{simulation_id}/resume", {}).status_code == 409

    assert operator.post(f"/api/simulations/{simulation_id}/cleanup", {"dryRun": False}).status_code == 202
    wait_for(lambda: bool(operator.simulation(simulation_id).get("cleanup", {}).get("done")))
    assert keys(portal, simulation_id) == set()


def test_an_abort_before_the_plan_is_made_writes_nothing(
    state: StackState, operator: Api, portal: PortalDriver
) -> None:
    simulation_id = operator.start(totalRecords=50)

    answer = operator.post(f"/api/simulations/{simulation_id}/abort", {})
    wait_for(lambda: nothing_moves(state))

    assert answer.status_code == 202
    assert operator.simulation(simulation_id)["status"] == "ABORTED"
    assert keys(portal, simulation_id) == set()
