"""``/api/boss/scenarios``: the scenarios that simulations may name."""

from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import scenarios
from request_parsing import body_of, number_of

from simcrm.operations.scenarios import ScenarioChange, ScenarioControl

router = Router()  # type: ignore[no-untyped-call]
PATH = "/api/boss/scenarios/<scenario_id>"


def _control() -> ScenarioControl:
    return ScenarioControl(scenarios())


@router.get("/api/boss/scenarios")
def list_scenarios() -> Response[str]:
    """List all scenarios, the shipped ones first."""
    return answer(_control().all())


@router.get(PATH)
def get_scenario(scenario_id: str) -> Response[str]:
    """Show a scenario as it holds now, or as ``version`` had it."""
    return answer(_control().show(scenario_id, number_of(router.current_event, "version")))


@router.put(PATH)
def put_scenario(scenario_id: str) -> Response[str]:
    """Change a scenario, or name a new one; simulations that run keep theirs."""
    return answer(_control().change(scenario_id, body_of(router.current_event, ScenarioChange)))


@router.delete(PATH)
def delete_scenario(scenario_id: str) -> Response[str]:
    """End one's own scenario, or let a shipped one be as it is shipped."""
    return answer(_control().delete(scenario_id, number_of(router.current_event, "version")))
