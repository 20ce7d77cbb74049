"""``POST /api/simulations/preview``: what a simulation would do."""

from datetime import UTC, datetime

from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from bodies import text_of
from services import scenarios
from settings import config, settings_in_force

from simcrm.ai.settings import applied, completed
from simcrm.checks import check_simulation
from simcrm.preview.preview import Setting, preview_simulation
from simcrm.scenarios import resolved
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]


@router.post("/api/simulations/preview")
def preview() -> Response[str]:
    """Say what a simulation would do; nothing is started."""
    settings, named = settings_in_force(), scenarios()
    here = applied(config(), settings)
    given = check_simulation(text_of(router.current_event), here, named)
    request = completed(resolved(given, named), settings.limits)
    provider = request.ai.provider or here.ai_provider
    key = getattr(load_secrets(here.secret_arn), f"{provider}_api_key", None)
    return answer(preview_simulation(request, Setting(here, has_key=key != ""), datetime.now(UTC)))
