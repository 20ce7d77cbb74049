"""A schedule starts a simulation by itself, once, under an id of its own."""

from datetime import UTC, datetime, timedelta

from integration.driving import Api, wait_for

from simcrm_embedded.state import StackState

SOON = timedelta(seconds=5)


def test_a_moment_starts_one_run_and_the_schedule_is_gone(state: StackState) -> None:
    operator = Api(state, state.operator_token)
    before = {row["simulationId"] for row in operator.get("/api/simulations").json()["simulations"]}
    given = {"totalRecords": 1, "dryRun": True, "timeScale": 0, "theme": "scheduled"}
    moment = f"at({datetime.now(UTC) + SOON:%Y-%m-%dT%H:%M:%S})"

    added = operator.post("/api/schedules", {"name": "soon", "expression": moment, "input": given})

    def started() -> set[str]:
        return {row["simulationId"] for row in operator.get("/api/simulations").json()["simulations"]} - before

    assert added.status_code == 201, added.text
    wait_for(lambda: len(started()) > 0)
    (simulation_id,) = started()
    ended = operator.wait(simulation_id)
    assert (ended["status"], ended["input"]) == ("SUCCEEDED", given)
    wait_for(lambda: operator.get("/api/schedules").json()["schedules"] == [])
    assert started() == {simulation_id}
    assert ended["schedule"] == {"name": "soon", "overlap": "ALLOW"}
