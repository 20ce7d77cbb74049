"""Plan a simulation: check the input and the portal, resolve what the input leaves open, and write the batches."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.errors import InvalidSimulationError, SimulationAbortedError
from simcrm.core.log import log_event
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalAccessError
from simcrm.hubspot.pipelines_and_owners import deal_pipeline, owner_ids
from simcrm.hubspot.portal_setup import PreparedPortal, prepare_portal
from simcrm.hubspot.record_limits import require_capacity
from simcrm.models.accepted_input import input_to_plan
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_ids import parse_execution_name
from simcrm.models.simulation_input import ContactRange, SimulationInput
from simcrm.planning.batches import plan_batches
from simcrm.planning.plan_document import SimulationPlan, read_plan, resolve_plan, write_plan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.resolved_input import DEFAULT_SETTINGS, DeploymentSettings, ResolvedInput, resolve_input
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort_marker
from simcrm.storage.run_status import (
    RESET_ON_RESUME,
    RunFailure,
    RunState,
    RunStatus,
    clear_stop_reason,
    read_status,
    write_status,
    write_stop_reason,
)
from simcrm.storage.simulation_files import SimulationFiles


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The state machine's request: simulation id, start time, original input, and attempt, counted from 1."""

    simulation_id: str
    started_at: datetime
    document: dict[str, Any]
    attempt: int = 1

    @classmethod
    def from_execution(cls, name: str, started_at: str, document: dict[str, Any]) -> Self:
        """Create the request of an execution from its name, its start time in ISO 8601, and its input."""
        simulation_id, attempt = parse_execution_name(name)
        return cls(simulation_id, datetime.fromisoformat(started_at), input_to_plan(document), attempt)


@contextmanager
def record_stop_reason(files: SimulationFiles) -> Iterator[None]:
    """Record an error's own code as the reason a run is refused, as not every caller of a function passes it on."""
    try:
        yield
    except (InvalidSimulationError, PortalAccessError) as error:
        write_stop_reason(files, RunFailure(code=error.code, message=str(error)))
        raise


def plan_simulation(
    request: PlanRequest,
    client: HubSpotClient,
    files: SimulationFiles,
    settings: DeploymentSettings = DEFAULT_SETTINGS,
) -> SimulationPlan:
    """Write the plan, batches and status.

    A resumed simulation keeps its existing plan.

    Raises:
        InvalidSimulationError: the input is invalid; nothing was written.
        PortalAccessError: the portal cannot be used.
        SimulationAbortedError: the simulation was aborted during planning; nothing was written.
    """
    if request.attempt > 1:
        clear_stop_reason(files)
        before = _resume_plan(request, client, files)
        if before is not None:
            return before
    plan = _resolve_plan(request, resolve_input(request.document, settings), client)
    if read_abort_marker(files) is not None:
        raise SimulationAbortedError(plan.simulation_id)
    write_plan(files, plan)
    batches = files.write_lines(
        file_names.BATCHES, (batch.to_row() for batch in plan_batches(plan.arrivals, plan.pace))
    )
    write_status(
        files,
        RunStatus(
            simulation_id=plan.simulation_id,
            status=RunState.RUNNING,
            planned=plan.input.total_records,
            attempt=request.attempt,
            started_at=request.started_at,
        ),
    )
    cloudwatch_metrics.record(Metric.SIMULATIONS_STARTED)
    cloudwatch_metrics.record(Metric.BATCHES_PLANNED, batches)
    records = plan.input.total_records
    for kind, scopes in plan.omitted_types.items():
        log_event(
            "OBJECTS_OMITTED",
            "the token lacks scopes for a type of objects",
            level=logging.WARNING,
            simulationId=plan.simulation_id,
            object=kind.value,
            scopes=list(scopes),
        )
    log_event("PLAN_READY", "planned", simulationId=plan.simulation_id, records=records, batches=batches)
    return plan


def _minimum_objects(checked: SimulationInput) -> dict[ObjectType, int]:
    """Return the number of objects certain to be written; activities depend on chance and budgets."""
    requested = checked.contacts_per_company
    most = requested.max if isinstance(requested, ContactRange) else requested
    companies = -(-checked.total_records // most)
    return {ObjectType.CONTACTS: checked.total_records, ObjectType.COMPANIES: companies}


def _resume_plan(request: PlanRequest, client: HubSpotClient, files: SimulationFiles) -> SimulationPlan | None:
    """Return the plan of an earlier attempt, if there is one, after preparing the portal and updating the status."""
    status = read_status(files)
    try:
        plan = read_plan(files)
    except LookupError:
        return None
    if status is None or files.read_lines(file_names.BATCHES) is None:
        return None
    if not plan.input.dry_run:
        prepare_portal(client, allow_production=plan.input.hubspot.allow_production_portal)
    again = {"status": RunState.RUNNING, "planned": plan.input.total_records, "attempt": request.attempt}
    write_status(files, status.model_copy(update={**again, **RESET_ON_RESUME}))
    log_event("SIMULATION_RESUMED", "goes on", simulationId=plan.simulation_id, attempt=request.attempt)
    return plan


def _resolve_plan(request: PlanRequest, resolved: ResolvedInput, client: HubSpotClient) -> SimulationPlan:
    checked = resolved.request
    pipeline, owners, portal = DEFAULT_PIPELINE, checked.hubspot.owner_ids, PreparedPortal(None)
    if not checked.dry_run:
        portal = prepare_portal(client, allow_production=checked.hubspot.allow_production_portal)
        require_capacity(client, _minimum_objects(checked))
        pipeline = deal_pipeline(client, checked.hubspot.pipeline_id)
        owners = owner_ids(client, checked.hubspot.owner_ids)
    plan = resolve_plan(request.simulation_id, checked, request.started_at, pipeline, owners, ai=resolved.llm)
    return plan.model_copy(
        update={
            "portal": portal.account,
            "omitted_types": dict(portal.omitted_types),
            "budget_cuts": RecordTimelines.from_plan(plan).compute_budget_cutoffs(),
        }
    )
