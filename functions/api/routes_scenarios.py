"""``/api/boss/scenarios``: the scenarios that simulations may use."""

from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import scenario_service
from request_parsing import number_parameter, parse_body

from simcrm.operations.scenarios import ScenarioChange

router = Router()  # type: ignore[no-untyped-call]
PATH = "/api/boss/scenarios/<scenario_id>"


@router.get("/api/boss/scenarios")
def list_scenarios() -> Response[str]:
    """List all scenarios, shipped ones first."""
    return ok_response(scenario_service().list_scenarios())


@router.get(PATH)
def get_scenario(scenario_id: str) -> Response[str]:
    """Show the current scenario, or its ``version``."""
    return ok_response(scenario_service().show(scenario_id, number_parameter(router.current_event, "version")))


@router.put(PATH)
def put_scenario(scenario_id: str) -> Response[str]:
    """Change a scenario or create one; running simulations keep theirs."""
    return ok_response(scenario_service().change(scenario_id, parse_body(router.current_event, ScenarioChange)))


@router.delete(PATH)
def delete_scenario(scenario_id: str) -> Response[str]:
    """Delete a custom scenario, or reset a shipped one to its shipped state."""
    return ok_response(scenario_service().delete(scenario_id, number_parameter(router.current_event, "version")))
