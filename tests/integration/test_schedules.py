"""A schedule starts a simulation by itself, once, under an id of its own."""

from datetime import UTC, datetime, timedelta

from integration.driving import Api, JsonObject, wait_for

from simcrm_embedded.state import StackState

SOON = timedelta(seconds=5)


def add_soon(operator: Api, schedule: JsonObject) -> None:
    """Let a schedule fire in some seconds; on a machine so slow that they are over when it is asked, in some more."""
    while True:
        moment = f"at({datetime.now(UTC) + SOON:%Y-%m-%dT%H:%M:%S})"
        added = operator.post("/api/schedules", schedule | {"expression": moment})
        if added.status_code == 201:
            return
        assert "is in the past" in added.json()["error"]["message"], added.text


def simulations(operator: Api) -> dict[str, JsonObject]:
    return {row["simulationId"]: row for row in operator.get("/api/simulations").json()["simulations"]}


def test_a_moment_starts_one_run_and_the_schedule_is_gone(state: StackState) -> None:
    operator = Api(state, state.operator_token)
    before = set(simulations(operator))
    given = {"totalRecords": 1, "dryRun": True, "timeScale": 0, "theme": "scheduled"}

    add_soon(operator, {"name": "soon", "input": given})

    def started() -> set[str]:
        return set(simulations(operator)) - before

    wait_for(lambda: len(started()) > 0)
    (simulation_id,) = started()
    ended = operator.wait(simulation_id)
    assert (ended["status"], ended["input"]) == ("SUCCEEDED", given)
    wait_for(lambda: operator.get("/api/schedules").json()["schedules"] == [])
    assert started() == {simulation_id}
    assert ended["schedule"] == {"name": "soon", "overlap": "ALLOW"}


def test_a_firing_is_refused_while_the_run_that_its_schedule_started_before_lives(state: StackState) -> None:
    """A schedule's turn goes by its name, so one that is made again stands for one that fires again."""
    operator = Api(state, state.operator_token)
    ends = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    schedule = {"name": "alone", "overlap": "REFUSE", "input": {"totalRecords": 1, "dryRun": True, "endTime": ends}}

    def fired() -> str:
        before = set(simulations(operator))
        add_soon(operator, schedule)
        wait_for(lambda: len(set(simulations(operator)) - before) > 0)
        wait_for(lambda: operator.get("/api/schedules").json()["schedules"] == [])
        return (set(simulations(operator)) - before).pop()

    first = fired()
    wait_for(lambda: operator.simulation(first)["status"] == "RUNNING")
    second = fired()
    wait_for(lambda: operator.simulation(second)["status"] != "QUEUED")
    refused, holder = operator.simulation(second), operator.simulation(first)
    operator.post(f"/api/simulations/{first}/abort", {})

    assert holder["status"] == "RUNNING"
    assert (refused["status"], (refused["error"] or {}).get("code")) == ("ABORTED", "SCHEDULE_OVERLAP")
    assert first in refused["error"]["message"]
