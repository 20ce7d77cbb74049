"""Plan a simulation: check input and portal, resolve what the input leaves open, write the batches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simcrm.core import cloudwatch_metrics, log
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.config import AiConfig
from simcrm.core.errors import SimulationAbortedError
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.pipelines_and_owners import deal_pipeline, owner_ids
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.record_limits import require_places
from simcrm.llm.prompts import Prompt
from simcrm.llm.settings import NO_LIMITS, ModelLimits, completed
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.batches import plan_batches
from simcrm.planning.llm_plan import AiPlan, plan_ai
from simcrm.planning.plan_document import SimulationPlan, read_plan, resolve, write_plan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.validate_input import DEFAULT_AI, check_simulation
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort
from simcrm.storage.run_status import REOPENED, State, Status, forget_stop, read_status, write_status
from simcrm.storage.scenario_store import Scenarios, resolved
from simcrm.storage.simulation_files import Artifacts

Prompts = dict[str, Prompt]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the state machine hands over: simulation and start, the input as it was given, the attempt from 1."""

    simulation_id: str
    started_at: datetime
    document: dict[str, Any]
    attempt: int = 1


def plan_simulation(
    request: PlanRequest,
    client: HubSpotClient,
    artifacts: Artifacts,
    ai: AiConfig = DEFAULT_AI,
    prompts: Prompts | None = None,
    *,
    limits: ModelLimits = NO_LIMITS,
    scenarios: Scenarios | None = None,
) -> SimulationPlan:
    """Write plan, batches and status; ``ai`` and what follows are what is in force now.

    A resumed simulation keeps the plan that it has.

    Raises:
        InvalidSimulationError: the input is refused; nothing was written.
        PortalRefusedError: the portal cannot be used.
        SimulationAbortedError: it was aborted while it was planned; nothing was written.
    """
    if request.attempt > 1:
        forget_stop(artifacts)
        before = _planned_before(request, client, artifacts)
        if before is not None:
            return before
    checked = completed(resolved(check_simulation(request.document, ai, scenarios), scenarios), limits)
    planned_ai = plan_ai(checked, ai, prompts).model_copy(update={"limits": limits})
    plan = _resolve(request, checked, client, planned_ai)
    if read_abort(artifacts) is not None:
        raise SimulationAbortedError(plan.simulation_id)
    write_plan(artifacts, plan)
    batches = artifacts.write_lines(
        file_names.BATCHES, (batch.to_row() for batch in plan_batches(plan.arrivals, plan.pace))
    )
    write_status(
        artifacts,
        Status(
            simulation_id=plan.simulation_id,
            status=State.RUNNING,
            planned=checked.total_records,
            attempt=request.attempt,
            started_at=request.started_at,
        ),
    )
    cloudwatch_metrics.add(Measure.SIMULATIONS_STARTED)
    cloudwatch_metrics.add(Measure.BATCHES_PLANNED, batches)
    log.event("PLAN_READY", "planned", simulationId=plan.simulation_id, records=checked.total_records, batches=batches)
    return plan


def _at_least(checked: SimulationInput) -> dict[ObjectType, int]:
    """The records that are certain to be written; activities depend on chance and budgets."""
    companies = -(-checked.total_records // checked.contacts_per_company)
    return {ObjectType.CONTACTS: checked.total_records, ObjectType.COMPANIES: companies}


def _planned_before(request: PlanRequest, client: HubSpotClient, artifacts: Artifacts) -> SimulationPlan | None:
    """The plan of an earlier attempt, if one came so far, with a portal that is ready for it."""
    status = read_status(artifacts)
    try:
        plan = read_plan(artifacts)
    except LookupError:
        return None
    if status is None or artifacts.read_lines(file_names.BATCHES) is None:
        return None
    if not plan.input.dry_run:
        prepare_portal(client, allow_production=plan.input.hubspot.allow_production_portal)
    again = {"status": State.RUNNING, "planned": plan.input.total_records, "attempt": request.attempt}
    write_status(artifacts, status.model_copy(update={**again, **REOPENED}))
    log.event("SIMULATION_RESUMED", "goes on", simulationId=plan.simulation_id, attempt=request.attempt)
    return plan


def _resolve(request: PlanRequest, checked: SimulationInput, client: HubSpotClient, ai: AiPlan) -> SimulationPlan:
    pipeline, owners, portal = DEFAULT_PIPELINE, checked.hubspot.owner_ids, None
    if not checked.dry_run:
        portal = prepare_portal(client, allow_production=checked.hubspot.allow_production_portal)
        require_places(client, _at_least(checked))
        pipeline = deal_pipeline(client, checked.hubspot.pipeline_id)
        owners = owner_ids(client, checked.hubspot.owner_ids)
    plan = resolve(request.simulation_id, checked, request.started_at, pipeline, owners, ai=ai)
    return plan.model_copy(update={"portal": portal, "budget_cuts": RecordTimelines.from_plan(plan).budget_cuts()})
