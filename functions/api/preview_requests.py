"""What a simulation would do, for the routes that say it."""

from datetime import datetime

from api_config import config, settings_in_force
from dependencies import scenarios

from simcrm.core.json_types import JsonObject
from simcrm.llm.settings import applied, completed
from simcrm.planning.validate_input import check_simulation
from simcrm.preview.limits import AwsQuotas
from simcrm.preview.preview import Setting, preview_simulation
from simcrm.storage.scenario_store import ScenariosAtOnce, resolved
from simcrm_lambda.secrets import load_secrets


def previewed(document: JsonObject | str, now: datetime) -> JsonObject:
    """The preview of an input that is started now, with this deployment's settings, scenarios and key.

    Raises:
        InvalidSimulationError: the input is refused, as it would be at the start.
    """
    settings, named = settings_in_force(), ScenariosAtOnce(scenarios())
    here = applied(config(), settings)
    given = check_simulation(document, here, named)
    request = completed(resolved(given, named), settings.limits)
    provider = request.ai.provider or here.ai_provider
    key = getattr(load_secrets(here.secret_arn), f"{provider}_api_key", None)
    quotas = AwsQuotas(functions=here.lambda_concurrency)
    return preview_simulation(request, Setting(here, has_key=key != "", quotas=quotas), now)
