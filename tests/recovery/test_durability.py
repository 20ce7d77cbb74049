"""What is left of a simulation when parts of it die."""

from integration.driving import Api, PortalDriver, wait_for

from simcrm.models.crm_objects import ObjectType
from simcrm_embedded.function_processes import kill_functions
from simcrm_embedded.state import StackState


def test_writers_killed_in_the_middle_of_a_run_lose_and_double_nothing(state: StackState) -> None:
    api, portal = Api(state, state.operator_token), PortalDriver(state)
    simulation_id = api.start(totalRecords=600)
    wait_for(lambda: api.simulation(simulation_id)["counts"]["contacts"] >= 100)

    killed = kill_functions(state, "WriteHubSpotFunction")
    run = api.wait(simulation_id)

    assert killed > 0
    assert (run["status"], run["failed"]) == ("SUCCEEDED", 0)
    for kind in ObjectType:
        keys = [item["properties"]["simcrm_record_key"] for item in portal.simulation_records(kind, simulation_id)]
        assert len(keys) == len(set(keys)) == run["counts"][kind.json_name]
    assert run["counts"]["contacts"] == 600
