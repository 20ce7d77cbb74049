"""Preview what a simulation would do, for the routes that report it."""

from datetime import datetime

from api_config import config, current_settings
from dependencies import scenario_store

from simcrm.cache.known_portal import recall_portal
from simcrm.core.json_types import JsonObject
from simcrm.llm.providers.registry import find_provider
from simcrm.llm.settings import apply_settings
from simcrm.planning.llm_plan import LlmPlan
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input
from simcrm.preview.limits import AwsQuotas
from simcrm.preview.preview import PreviewContext, preview_simulation
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.secrets import load_secrets


def preview_document(document: JsonObject | str, now: datetime) -> JsonObject:
    """Return the preview of an input as if it were started at ``now``, with the deployment's settings and scenarios.

    Raises:
        InvalidSimulationError: the input is invalid, as it would be at the start.
    """
    settings = current_settings()
    here = apply_settings(config(), settings)
    deployment = DeploymentSettings(here, limits=settings.limits, scenarios=scenario_store(), endpoints=here)
    resolved = resolve_input(document, deployment)
    quotas = AwsQuotas(functions=here.lambda_concurrency)
    portal = recall_portal(configured_cache(here))
    return preview_simulation(
        resolved, PreviewContext(here, _has_key(here.secret_arn, resolved.llm), quotas, portal), now
    )


def _has_key(secret_arn: str, llm: LlmPlan) -> bool:
    """Whether the model can be called as far as its key goes."""
    if not llm.enabled or not find_provider(llm.provider).needs_key:
        return True
    return bool(load_secrets(secret_arn).model_key(llm.provider))
