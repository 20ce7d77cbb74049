"""Preview what a simulation would do, for the routes that report it."""

from datetime import datetime

from api_config import config, current_settings
from dependencies import scenario_store

from simcrm.core.json_types import JsonObject
from simcrm.llm.settings import apply_settings, fill_defaults
from simcrm.planning.validate_input import validate_simulation
from simcrm.preview.limits import AwsQuotas
from simcrm.preview.preview import PreviewContext, preview_simulation
from simcrm.storage.scenario_store import CachedScenarios, apply_stored_scenario
from simcrm_lambda.secrets import load_secrets


def preview_document(document: JsonObject | str, now: datetime) -> JsonObject:
    """Return the preview of an input as if it were started at ``now``, with the deployment's settings and scenarios.

    Raises:
        InvalidSimulationError: the input is invalid, as it would be at the start.
    """
    settings, named = current_settings(), CachedScenarios(scenario_store())
    here = apply_settings(config(), settings)
    checked_input = validate_simulation(document, here, named)
    request = fill_defaults(apply_stored_scenario(checked_input, named), settings.limits)
    provider = request.ai.provider or here.ai_provider
    key = getattr(load_secrets(here.secret_arn), f"{provider}_api_key", None)
    quotas = AwsQuotas(functions=here.lambda_concurrency)
    return preview_simulation(request, PreviewContext(here, has_key=key != "", quotas=quotas), now)
