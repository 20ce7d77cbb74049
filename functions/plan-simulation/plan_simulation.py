"""Validate the input, prepare the portal, write plan and batches; or skip the run if its schedule is still running."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import (
    LlmConfig,
    MapConcurrencyConfig,
    RateLimitedPortalConfig,
    StateMachineConfig,
    StorageConfig,
)
from simcrm.core.errors import InvalidSimulationError
from simcrm.hubspot.errors import PortalAccessError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.settings import apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.models.accepted_input import input_to_plan, read_accepted
from simcrm.models.schedule import read_schedule
from simcrm.models.simulation_ids import parse_execution_name
from simcrm.operations.executions import Executions
from simcrm.operations.schedule_lock import ScheduleLock, record_skipped_run
from simcrm.operations.simulations import Simulations
from simcrm.planning.batches import map_concurrency
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.planning.resolved_input import DeploymentSettings
from simcrm.storage import file_names
from simcrm.storage.run_status import RunFailure, write_stop_reason
from simcrm.storage.scenario_store import ScenarioStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import portal_client

NOT_STARTED = "NONE"
"""The value of ``words`` for a run that was not started."""


class Config(StorageConfig, RateLimitedPortalConfig, LlmConfig, MapConcurrencyConfig, StateMachineConfig):
    """The bucket, portal and cache, the model's name, the map's concurrency, and the state machine of other runs."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, startedAt, input}``, the first being the execution's name; return what the run needs."""
    config = Config.load()
    simulation_id, attempt = parse_execution_name(event["simulationId"])
    request = PlanRequest(
        simulation_id, datetime.fromisoformat(event["startedAt"]), input_to_plan(event["input"]), attempt
    )
    files = SimulationFiles(aws_clients.s3(), config.bucket_name, request.simulation_id)
    key = files.key(file_names.BATCHES)
    answer: dict[str, Any] = {"simulationId": request.simulation_id, "attempt": attempt, "batchesKey": key}
    if attempt == 1 and _is_refused(config, request, files, event["input"]):
        return answer | {"words": NOT_STARTED}
    calls: Counter[str] = Counter()
    client = portal_client(config, on_call=lambda: calls.update([counters.HUBSPOT_CALLS]))
    settings = LlmSettingsStore(aws_clients.s3(), config.bucket_name).latest().settings
    prompts = PromptStore(aws_clients.s3(), config.bucket_name).current_prompts(settings.prompts)
    accepted = read_accepted(event["input"])
    deployment = DeploymentSettings(
        apply_settings(config, settings),
        prompts,
        settings.limits,
        ScenarioStore(aws_clients.s3(), config.bucket_name),
        None if accepted is None else accepted.scenario_version,
    )
    with _stop_reason_recorded(files):
        plan = plan_simulation(request, client, files, deployment)
    metrics = RunCounters(configured_cache(config), request.simulation_id)
    if attempt == 1:
        metrics.mark_started()
    metrics.add(calls)
    text_mode = plan.input.ai.mode if plan.ai is not None and plan.ai.enabled else "SYNC"
    return answer | {"sideBySide": map_concurrency(plan.pace, config.map_concurrency), "words": text_mode}


@contextmanager
def _stop_reason_recorded(files: SimulationFiles) -> Iterator[None]:
    """Record an error's own code as the reason a run is refused, as not every caller of a function passes it on."""
    try:
        yield
    except (InvalidSimulationError, PortalAccessError) as error:
        write_stop_reason(files, RunFailure(code=error.code, message=str(error)))
        raise


def _is_refused(config: Config, request: PlanRequest, files: SimulationFiles, document: dict[str, Any]) -> bool:
    """Whether the schedule that fired does not allow overlap and has a run that has not ended."""
    schedule = read_schedule(document)
    if schedule is None:
        return False
    others = Simulations(
        Executions(aws_clients.step_functions(), config.state_machine_arn),
        lambda other: SimulationFiles(aws_clients.s3(), config.bucket_name, other),
        lambda other: RunCounters(configured_cache(config), other),
    )
    holder = ScheduleLock(aws_clients.s3(), config.bucket_name, others.has_ended).acquire(
        schedule, request.simulation_id
    )
    if holder is not None:
        record_skipped_run(request, files, schedule, holder, datetime.now(UTC))
    return holder is not None
