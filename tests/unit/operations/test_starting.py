import json

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from builders import SIMULATION, simulation_input, status
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import SimulationExistsError
from simcrm.models.accepted_input import AcceptedInput
from simcrm.operations.simulations import Simulations
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles


def executions(resources: Resources) -> list[str]:
    found = aws_clients.step_functions().list_executions(stateMachineArn=resources.state_machine_arn)
    return [execution["name"] for execution in found["executions"]]


def execution_input(arn: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(aws_clients.step_functions().describe_execution(executionArn=arn)["input"])
    return document


def test_a_simulation_is_an_execution_of_its_name(simulations: Simulations, resources: Resources) -> None:
    started = simulations.start(simulation_input(), "sim-1")

    assert started["simulationId"] == "sim-1"
    assert started["status"] == "QUEUED"
    assert started["executionArn"].endswith(":execution:simcrm-simulation:sim-1")
    assert executions(resources) == ["sim-1"]


def test_an_execution_gets_what_was_asked_for_and_nothing_else(simulations: Simulations) -> None:
    request = simulation_input(startTime="2026-03-01T02:00:00+02:00", seed=7, hubspot={"ownerIds": ["1"]})

    document = execution_input(simulations.start(request, "sim-1")["executionArn"])

    assert document == {
        "simulationId": "sim-1",
        "totalRecords": 3,
        "startTime": "2026-03-01T00:00:00Z",
        "seed": 7,
        "hubspot": {"ownerIds": ["1"]},
    }


def test_starting_again_with_the_same_input_changes_nothing(simulations: Simulations, resources: Resources) -> None:
    first = simulations.start(simulation_input(), "sim-1")

    assert simulations.start(simulation_input(), "sim-1") == first
    assert executions(resources) == ["sim-1"]


def test_starting_again_after_the_end_starts_no_second_simulation(
    simulations: Simulations, resources: Resources
) -> None:
    first = simulations.start(simulation_input(), "sim-1")
    aws_clients.step_functions().stop_execution(executionArn=first["executionArn"])

    assert simulations.start(simulation_input(), "sim-1")["executionArn"] == first["executionArn"]
    assert executions(resources) == ["sim-1"]


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED])
def test_starting_again_says_how_the_simulation_stands(
    simulations: Simulations, files: SimulationFiles, state: RunState
) -> None:
    request = simulation_input(simulationId=SIMULATION)
    first = simulations.start(request, SIMULATION)
    write_status(files, status(state))

    again = simulations.start(request, SIMULATION)

    assert (first["status"], again["status"]) == ("QUEUED", state)
    assert again["executionArn"] == first["executionArn"]


def test_a_scenario_that_was_changed_since_makes_the_same_input_no_other(
    simulations: Simulations, resources: Resources
) -> None:
    first = simulations.start(simulation_input(), "sim-1", AcceptedInput.from_scenario_version(1))
    again = simulations.start(simulation_input(), "sim-1", AcceptedInput.from_scenario_version(2))

    assert again["executionArn"] == first["executionArn"]
    assert executions(resources) == ["sim-1"]
    assert simulations.describe("sim-1")["input"] == {"simulationId": "sim-1", "totalRecords": 3}


def test_an_id_belongs_to_one_input(simulations: Simulations, resources: Resources) -> None:
    simulations.start(simulation_input(), "sim-1")

    with pytest.raises(SimulationExistsError, match="sim-1 already exists with a different input") as caught:
        simulations.start(simulation_input(totalRecords=4), "sim-1")

    assert caught.value.code == "SIMULATION_EXISTS"
    assert executions(resources) == ["sim-1"]


def test_another_error_of_step_functions_is_no_existing_simulation(simulations: Simulations) -> None:
    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("start_execution", service_error_code="ExecutionLimitExceeded")
        with pytest.raises(ClientError, match="ExecutionLimitExceeded"):
            simulations.start(simulation_input(), "sim-1")
