"""What the routes work with, from this function's configuration."""

from functools import cache

from simcrm import aws
from simcrm.ai.prompt_store import PromptStore
from simcrm.ai.settings import AiSettings, applied
from simcrm.ai.settings_versions import SettingsVersions
from simcrm.cache.metrics import Metrics
from simcrm.cache.remembered import Remembered
from simcrm.config import (
    CacheConfig,
    ControlConfig,
    LogConfig,
    MaintenanceConfig,
    ModelCallConfig,
    PortalConfig,
    QueueConfig,
    ScheduleConfig,
    StorageConfig,
)
from simcrm.control.ai_settings import AiSettingsControl
from simcrm.control.events import EventLog
from simcrm.control.maintenance import Maintenance
from simcrm.control.schedules import Schedules
from simcrm.control.simulations import Simulations
from simcrm.preview.preview import PreviewConfig
from simcrm.scenarios import ScenarioStore
from simcrm.storage.artifacts import Artifacts
from simcrm_lambda.cache import cache_of


class Config(
    StorageConfig,
    CacheConfig,
    PortalConfig,
    ControlConfig,
    LogConfig,
    MaintenanceConfig,
    QueueConfig,
    ScheduleConfig,
    ModelCallConfig,
    PreviewConfig,
):
    """Data, counters, keys, the state machines, the writer's queue, the portal's limits and the model."""


@cache
def config() -> Config:
    """The configuration, read at the first request."""
    return Config.load()


def settings_in_force() -> AiSettings:
    """What the boss has said of the model."""
    return SettingsVersions(aws.s3(), config().bucket_name).latest().settings


def config_in_force() -> Config:
    """The configuration as the boss's settings want it now."""
    return applied(config(), settings_in_force())


def ai_settings() -> AiSettingsControl:
    """The model's settings."""
    bucket = config().bucket_name
    return AiSettingsControl(SettingsVersions(aws.s3(), bucket), PromptStore(aws.s3(), bucket), config())


def scenarios() -> ScenarioStore:
    """The named scenarios."""
    return ScenarioStore(aws.s3(), config().bucket_name)


def remembered() -> Remembered:
    """Answers that are kept for some seconds."""
    return Remembered(cache_of(config()))


def event_log() -> EventLog:
    """What the functions have logged."""
    return EventLog(aws.logs(), config().log_group_prefix)


def artifacts_of(simulation_id: str) -> Artifacts:
    """The data of a simulation."""
    return Artifacts(aws.s3(), config().bucket_name, simulation_id)


@cache
def maintenance() -> Maintenance:
    """The jobs that follow a simulation."""
    return Maintenance(aws.step_functions(), config().maintenance_machine_arn, simulations())


def schedules() -> Schedules:
    """The schedules of this deployment."""
    kept = config()
    return Schedules(
        aws.scheduler(),
        kept.schedule_group,
        kept.state_machine_arn,
        kept.schedule_role_arn,
        kept.schedule_dead_letter_arn,
    )


@cache
def simulations() -> Simulations:
    """The simulations of this deployment."""
    return Simulations(
        aws.step_functions(),
        config().state_machine_arn,
        artifacts_of,
        lambda simulation_id: Metrics(cache_of(config()), simulation_id),
    )
