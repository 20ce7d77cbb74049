"""What a plan is made with: the settings in force, and the lock of the schedule that started the run."""

from typing import Any

from simcrm.core import aws_clients
from simcrm.core.config import LlmConfig, SimulationsConfig, StorageConfig
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.settings import apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.models.accepted_input import read_accepted
from simcrm.operations.schedule_lock import ScheduleLock
from simcrm.planning.plan_simulation import PlanSettings
from simcrm.storage.scenario_store import AcceptedScenario, ScenarioLookup, ScenarioStore
from simcrm_lambda.operation_factory import create_executions, create_simulations


class PlanSettingsConfig(StorageConfig, LlmConfig):
    """The bucket with the boss's settings, and the model to use where they name none."""


def read_plan_settings(config: PlanSettingsConfig, document: dict[str, Any]) -> PlanSettings:
    """Read the settings in force for an execution with this input.

    Raises:
        InvalidSimulationError: the input's record of what the API accepted is malformed.
    """
    s3, bucket = aws_clients.s3(), config.bucket_name
    settings = LlmSettingsStore(s3, bucket).latest().settings
    prompts = PromptStore(s3, bucket).current_prompts(settings.prompts)
    scenarios = _scenarios(ScenarioStore(s3, bucket), document)
    return PlanSettings(apply_settings(config, settings), prompts, settings.limits, scenarios)


def _scenarios(store: ScenarioStore, document: dict[str, Any]) -> ScenarioLookup:
    """Return the scenarios as of when the API accepted the input; for a schedule's input, the current ones."""
    accepted = read_accepted(document)
    return store if accepted is None else AcceptedScenario(store, accepted.scenario_version)


def create_schedule_lock(config: SimulationsConfig) -> ScheduleLock:
    """Return the lock of schedules, which a run holds until it has ended."""
    simulations = create_simulations(config, create_executions(config))
    return ScheduleLock(aws_clients.s3(), config.bucket_name, simulations.has_ended)
