"""``GET /api/session``: the caller's role, and the options that the console offers."""

from api_config import config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import scenario_service

from simcrm.hubspot.record_urls import HUBSPOT_API_URL
from simcrm.llm.model_prices import load_prices
from simcrm.models.simulation_input import DistributionMethod
from simcrm.synthetic import locale_names

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/session")
def get_session() -> Response[str]:
    """Return the token's role and the options for a simulation."""
    own_portal = config().hubspot_base_url
    return ok_response(
        {
            "role": router.current_event.raw_event["requestContext"]["authorizer"]["role"],
            "scenarios": [row["id"] for row in scenario_service().list_scenarios()["scenarios"]],
            "locales": locale_names(),
            "distributionMethods": list(DistributionMethod),
            "models": sorted(load_prices(config().ai_models)),
            "portalUrl": None if own_portal == HUBSPOT_API_URL else own_portal,
        }
    )
