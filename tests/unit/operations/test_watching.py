"""Viewers share what Step Functions said two seconds ago; whoever decides asks it anew."""

import pytest
import redis
from builders import simulation_input, status
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import SimulationExistsError, SimulationNotFoundError
from simcrm.operations.executions import Execution, Executions
from simcrm.operations.simulations import Simulations
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles

ID = "sim-test"
DESCRIBE = "DescribeExecution"


@pytest.fixture
def watched(simulations: Simulations, api_calls: ApiCalls) -> Simulations:
    """A deployment in which a simulation runs; no call is counted yet."""
    simulations.start(simulation_input(), ID)
    assert api_calls.for_operation(DESCRIBE) == []
    return simulations


def stop(resources: Resources) -> None:
    """Stop the execution behind the API's back."""
    arn = Executions(aws_clients.step_functions(), resources.state_machine_arn).arn(ID, 1)
    aws_clients.step_functions().stop_execution(executionArn=arn)


def test_viewers_of_a_run_cost_one_question_together(watched: Simulations, api_calls: ApiCalls) -> None:
    for _ in range(3):
        assert watched.describe(ID, consistent=False)["status"] == "QUEUED"
        assert watched.metrics(ID, consistent=False)["status"] == "QUEUED"
        assert len(watched.list_page(None)["simulations"]) == 1

    assert len(api_calls.for_operation(DESCRIBE)) == 1


def test_an_answer_is_kept_for_two_seconds(watched: Simulations, cache: redis.Redis, api_calls: ApiCalls) -> None:
    watched.describe(ID, consistent=False)
    (key,) = cache.keys("answer:execution:*")

    assert 0 < cache.pttl(key) <= 2_000
    cache.delete(key)
    watched.describe(ID, consistent=False)
    assert len(api_calls.for_operation(DESCRIBE)) == 2


def test_without_a_cache_every_viewer_is_answered_anew(without_cache: Simulations, api_calls: ApiCalls) -> None:
    without_cache.start(simulation_input(), ID)

    found = [without_cache.describe(ID, consistent=False)["status"] for _ in range(2)]

    assert found == ["QUEUED", "QUEUED"]
    assert len(api_calls.for_operation(DESCRIBE)) == 2


def test_a_viewer_sees_all_that_whoever_decides_would_see(watched: Simulations, resources: Resources) -> None:
    stop(resources)
    anew = watched.describe(ID)

    assert watched.describe(ID, consistent=False) == anew
    assert anew["endedAt"] is not None


def test_a_recorded_end_shows_at_once(watched: Simulations, files: SimulationFiles) -> None:
    watched.describe(ID, consistent=False)
    write_status(files, status(RunState.SUCCEEDED))

    assert watched.describe(ID, consistent=False)["status"] == "SUCCEEDED"
    assert watched.metrics(ID, consistent=False)["percentComplete"] == 1


def test_the_execution_of_a_resume_is_another_one(watched: Simulations, files: SimulationFiles) -> None:
    write_status(files, status(RunState.FAILED))
    watched.describe(ID, consistent=False)
    arn = watched.resume(ID)
    aws_clients.step_functions().stop_execution(executionArn=arn)

    assert watched.describe(ID, consistent=False)["status"] == "ABORTED"


def test_who_decides_asks_anew_and_viewers_then_see_it_too(watched: Simulations, resources: Resources) -> None:
    watched.describe(ID, consistent=False)
    stop(resources)
    assert watched.describe(ID, consistent=False)["status"] == "QUEUED"

    assert watched.has_ended(ID)
    assert watched.describe(ID, consistent=False)["status"] == "ABORTED"


def test_a_second_start_is_compared_with_the_execution_itself(watched: Simulations, cache: redis.Redis) -> None:
    watched.describe(ID, consistent=False)
    (key,) = cache.keys("answer:execution:*")
    kept = Execution.model_validate_json(str(cache.get(key)))
    cache.set(key, kept.model_copy(update={"input": kept.input.replace("3", "4")}).model_dump_json())

    with pytest.raises(SimulationExistsError):
        watched.start(simulation_input(totalRecords=4), ID)


def test_what_is_not_there_is_asked_for_anew(simulations: Simulations) -> None:
    for _ in range(2):
        with pytest.raises(SimulationNotFoundError):
            simulations.describe(ID, consistent=False)
    simulations.start(simulation_input(), ID)

    assert simulations.describe(ID, consistent=False)["status"] == "QUEUED"
