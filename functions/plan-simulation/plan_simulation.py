"""Check the input, prepare the portal, write plan and batches; or leave it, where its schedule still runs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.core.config import AiConfig, ControlConfig, LimitedPortalConfig, MapConfig, StorageConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.hubspot.errors import PortalRefusedError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.settings import applied
from simcrm.llm.settings_versions import SettingsVersions
from simcrm.models.accepted_input import accepted_of, as_planned
from simcrm.models.schedule import schedule_of
from simcrm.models.simulation_ids import simulation_of
from simcrm.operations.executions import Executions
from simcrm.operations.schedule_lock import Turns, refuse
from simcrm.operations.simulations import Simulations
from simcrm.planning.batches import side_by_side
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.run_status import Failure, note_stop
from simcrm.storage.scenario_store import ScenarioAsAccepted, Scenarios, ScenarioStore
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import portal_client

NOT_STARTED = "NONE"
"""The words of a run that is not."""


class Config(StorageConfig, LimitedPortalConfig, AiConfig, MapConfig, ControlConfig):
    """The bucket, the portal to prepare, the cache for the counters, the model to name, the map's size, other runs."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, startedAt, input}``, the first being the execution's name; return what the run needs."""
    config = Config.load()
    simulation_id, attempt = simulation_of(event["simulationId"])
    request = PlanRequest(
        simulation_id, datetime.fromisoformat(event["startedAt"]), as_planned(event["input"]), attempt
    )
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, request.simulation_id)
    key = artifacts.key(file_names.BATCHES)
    answer: dict[str, Any] = {"simulationId": request.simulation_id, "attempt": attempt, "batchesKey": key}
    if attempt == 1 and _is_refused(config, request, artifacts, event["input"]):
        return answer | {"words": NOT_STARTED}
    calls: Counter[str] = Counter()
    client = portal_client(config, on_call=lambda: calls.update([counters.HUBSPOT_CALLS]))
    settings = SettingsVersions(aws_clients.s3(), config.bucket_name).latest().settings
    prompts = PromptStore(aws_clients.s3(), config.bucket_name).all_of(settings.prompts)
    scenarios = _scenarios(config, event["input"])
    with _noted(artifacts):
        plan = plan_simulation(
            request, client, artifacts, applied(config, settings), prompts, limits=settings.limits, scenarios=scenarios
        )
    metrics = Metrics(cache_of(config), request.simulation_id)
    if attempt == 1:
        metrics.begin()
    metrics.add(calls)
    words = plan.input.ai.mode if plan.ai is not None and plan.ai.enabled else "SYNC"
    return answer | {"sideBySide": side_by_side(plan.pace, config.map_concurrency), "words": words}


@contextmanager
def _noted(artifacts: Artifacts) -> Iterator[None]:
    """Keep why a run is refused by the error's own code, which not everybody who calls a function passes on."""
    try:
        yield
    except (InvalidSimulationError, PortalRefusedError) as error:
        note_stop(artifacts, Failure(code=error.code, message=str(error)))
        raise


def _scenarios(config: Config, document: dict[str, Any]) -> Scenarios:
    """The named scenarios as they were when the API accepted the input; for a schedule's, as they are now."""
    store, accepted = ScenarioStore(aws_clients.s3(), config.bucket_name), accepted_of(document)
    return store if accepted is None else ScenarioAsAccepted(store, accepted.scenario_version)


def _is_refused(config: Config, request: PlanRequest, artifacts: Artifacts, document: dict[str, Any]) -> bool:
    """Whether the schedule that fired has a run that has not ended and wants no other beside it."""
    schedule = schedule_of(document)
    if schedule is None:
        return False
    others = Simulations(
        Executions(aws_clients.step_functions(), config.state_machine_arn),
        lambda other: Artifacts(aws_clients.s3(), config.bucket_name, other),
        lambda other: Metrics(cache_of(config), other),
    )
    holder = Turns(aws_clients.s3(), config.bucket_name, others.has_ended).take(schedule, request.simulation_id)
    if holder is not None:
        refuse(request, artifacts, schedule, holder, datetime.now(UTC))
    return holder is not None
