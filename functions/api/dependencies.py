"""The services that the routes use, built from this function's configuration.

Each is imported when a route asks for it, so that the first request pays for no other.
"""
# ruff: noqa: PLC0415

from functools import cache
from typing import TYPE_CHECKING

from api_config import config

from simcrm.core import aws_clients

if TYPE_CHECKING:
    from simcrm.cache.response_cache import ResponseCache
    from simcrm.operations.llm_settings import LlmSettingsService
    from simcrm.operations.log_search import LogSearch
    from simcrm.operations.run_actions import RunActions
    from simcrm.operations.scenarios import ScenarioService
    from simcrm.operations.schedules import Schedules
    from simcrm.operations.simulations import Simulations
    from simcrm.storage.scenario_store import ScenarioStore
    from simcrm.storage.simulation_files import SimulationFiles


def response_cache() -> "ResponseCache":
    """Return the cache of responses, which are kept for a few seconds."""
    from simcrm.cache.response_cache import ResponseCache
    from simcrm_lambda.cache_clients import configured_cache

    return ResponseCache(configured_cache(config()))


def open_files(simulation_id: str) -> "SimulationFiles":
    """Return the files of a simulation."""
    from simcrm_lambda import storage_clients

    return storage_clients.open_files(config(), simulation_id)


@cache
def simulations() -> "Simulations":
    """Return the simulations of this deployment."""
    from simcrm_lambda.operation_factory import create_executions, create_simulations

    return create_simulations(config(), create_executions(config(), response_cache))


def run_actions() -> "RunActions":
    """Return what can be done with a simulation that was started."""
    from simcrm.operations.run_actions import RunActions

    return RunActions(aws_clients.step_functions(), config().maintenance_machine_arn, simulations())


def clear_daily_limit() -> None:
    """Let the portal be called again after it said that its daily calls are spent."""
    from simcrm.hubspot.rate_limit import status
    from simcrm_lambda.cache_clients import configured_cache

    status.clear_daily_limit(configured_cache(config()))


def scenario_store() -> "ScenarioStore":
    """Return the store of named scenarios."""
    from simcrm.storage.scenario_store import ScenarioStore

    return ScenarioStore(aws_clients.s3(), config().bucket_name)


def scenario_service() -> "ScenarioService":
    """Return the scenarios that simulations may use."""
    from simcrm.operations.scenarios import ScenarioService

    return ScenarioService(scenario_store())


def llm_settings_service() -> "LlmSettingsService":
    """Return the boss's settings for the model."""
    from simcrm.llm.prompt_versions import PromptStore
    from simcrm.llm.settings_versions import LlmSettingsStore
    from simcrm.operations.llm_settings import LlmSettingsService

    s3, bucket = aws_clients.s3(), config().bucket_name
    return LlmSettingsService(LlmSettingsStore(s3, bucket), PromptStore(s3, bucket), config())


def log_search() -> "LogSearch":
    """Return the search of the functions' logs."""
    from simcrm.operations.log_search import LogSearch

    return LogSearch(aws_clients.logs(), config().log_group_prefix)


def schedules() -> "Schedules":
    """Return the schedules of this deployment."""
    from simcrm.operations.schedules import Schedules

    return Schedules(
        aws_clients.scheduler(),
        config().schedule_group,
        config().state_machine_arn,
        config().schedule_role_arn,
        config().schedule_dead_letter_arn,
    )
