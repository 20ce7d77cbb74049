"""What a plan is made with: the settings in force, and the lock of the schedule that started the run."""

from typing import Any

from simcrm.core import aws_clients
from simcrm.core.config import LlmConfig, SimulationsConfig, StorageConfig
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.settings import apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.models.accepted_input import read_accepted
from simcrm.operations.schedule_lock import ScheduleLock
from simcrm.planning.resolved_input import DeploymentSettings
from simcrm.storage.scenario_store import ScenarioStore
from simcrm_lambda.operation_factory import create_executions, create_simulations


class PlanSettingsConfig(StorageConfig, LlmConfig):
    """The bucket with the boss's settings, and the model to use where they name none."""


def read_plan_settings(config: PlanSettingsConfig, document: dict[str, Any]) -> DeploymentSettings:
    """Read the settings in force for an execution with this input; scenarios are as of when the API accepted it.

    Raises:
        InvalidSimulationError: the input's record of what the API accepted is malformed.
    """
    s3, bucket = aws_clients.s3(), config.bucket_name
    settings = LlmSettingsStore(s3, bucket).latest().settings
    prompts = PromptStore(s3, bucket).current_prompts(settings.prompts)
    accepted = read_accepted(document)
    version = None if accepted is None else accepted.scenario_version
    return DeploymentSettings(
        apply_settings(config, settings), prompts, settings.limits, ScenarioStore(s3, bucket), version
    )


def create_schedule_lock(config: SimulationsConfig) -> ScheduleLock:
    """Return the lock of schedules, which a run holds until it has ended."""
    simulations = create_simulations(config, create_executions(config))
    return ScheduleLock(aws_clients.s3(), config.bucket_name, simulations.has_ended)
