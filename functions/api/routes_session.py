"""``GET /api/session``: what the console offers to whom."""

from api_config import config
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import scenarios

from simcrm.hubspot.record_urls import HUBSPOT_ITSELF
from simcrm.llm.model_prices import known_models
from simcrm.models.simulation_input import DistributionMethod
from simcrm.operations.scenarios import ScenarioControl
from simcrm.synthetic import locale_names

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/session")
def get_session() -> Response[str]:
    """Say what the token may do and what a simulation can be made of."""
    own_portal = config().hubspot_base_url
    return answer(
        {
            "role": router.current_event.raw_event["requestContext"]["authorizer"]["role"],
            "scenarios": [row["id"] for row in ScenarioControl(scenarios()).all()["scenarios"]],
            "locales": locale_names(),
            "distributionMethods": list(DistributionMethod),
            "models": sorted(known_models(config().ai_models)),
            "portalUrl": None if own_portal == HUBSPOT_ITSELF else own_portal,
        }
    )
