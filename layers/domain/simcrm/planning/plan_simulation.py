"""Plan a simulation: check the input and the portal, resolve what the input leaves open, and write the batches."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.errors import InvalidSimulationError, SimulationAbortedError
from simcrm.core.log import log_event
from simcrm.hubspot.association_labels import prepare_role_labels
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalAccessError
from simcrm.hubspot.pipelines_and_owners import deal_pipeline, read_owners
from simcrm.hubspot.portal_setup import PreparedPortal, prepare_portal
from simcrm.hubspot.record_limits import require_capacity
from simcrm.models.accepted_input import input_to_plan
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.owner import Owner
from simcrm.models.run_currency import currency_notices
from simcrm.models.simulation_ids import parse_execution_name
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import SimulationPlan, read_plan, resolve_plan, write_plan
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
    histories = _resolve_histories(request, resolve_input(request.document, settings), client)
    plan = histories.plan
    if read_abort_marker(files) is not None:
        raise SimulationAbortedError(plan.simulation_id)
    write_plan(files, plan)
    _write_catalogue(files, histories)
    batches = files.write_lines(file_names.BATCHES, (batch.to_row() for batch in histories.batches()))
    write_status(
        files,
        RunStatus(
            simulation_id=plan.simulation_id,
            status=RunState.RUNNING,
            planned=plan.total_records,
            attempt=request.attempt,
            started_at=request.started_at,
        ),
    )
    cloudwatch_metrics.record(Metric.SIMULATIONS_STARTED)
    cloudwatch_metrics.record(Metric.BATCHES_PLANNED, batches)
    records = plan.total_records
    for kind, scopes in plan.omitted_types.items():
        log_event(
            "OBJECTS_OMITTED",
            "the token lacks scopes for a type of objects",
            level=logging.WARNING,
            simulationId=plan.simulation_id,
            object=kind.value,
            scopes=list(scopes),
        )
    for notice in currency_notices(plan.currency):
        log_event("CURRENCY_MISSING", notice, level=logging.WARNING, simulationId=plan.simulation_id)
    log_event("PLAN_READY", "planned", simulationId=plan.simulation_id, records=records, batches=batches)
    return plan


def _write_catalogue(files: SimulationFiles, histories: AccountHistories) -> None:
    """Store the products that the line items of a run refer to, if it has any."""
    if histories.has_activities and ObjectType.PRODUCTS not in histories.plan.omitted_types:
        products = histories.generator.catalogue()
        rows = ({"index": product.number, "properties": product.properties} for product in products)
        files.write_lines(file_names.PRODUCTS, rows)


def _minimum_objects(histories: AccountHistories) -> dict[ObjectType, int]:
    """Return the number of objects certain to be written; activities depend on chance and budgets."""
    return {
        ObjectType.CONTACTS: histories.plan.total_records,
        ObjectType.COMPANIES: histories.arrivals.count,
    }


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
    again = {"status": RunState.RUNNING, "planned": plan.total_records, "attempt": request.attempt}
    write_status(files, status.model_copy(update={**again, **RESET_ON_RESUME}))
    log_event("SIMULATION_RESUMED", "goes on", simulationId=plan.simulation_id, attempt=request.attempt)
    return plan


def _resolve_histories(request: PlanRequest, resolved: ResolvedInput, client: HubSpotClient) -> AccountHistories:
    """Return the histories of a new plan, within the budgets."""
    checked = resolved.request
    pipeline, portal = DEFAULT_PIPELINE, PreparedPortal(None)
    owners = tuple(map(Owner, checked.hubspot.owner_ids))
    if not checked.dry_run:
        portal = prepare_portal(client, allow_production=checked.hubspot.allow_production_portal)
        pipeline = deal_pipeline(client, checked.hubspot.pipeline_id)
        owners = read_owners(client, checked.hubspot.owner_ids)
    name, at, ai = request.simulation_id, request.started_at, resolved.llm
    plan = resolve_plan(name, checked, at, pipeline, owners, ai=ai, currencies=portal.currencies)
    plan = plan.model_copy(update={"portal": portal.account, "omitted_types": dict(portal.omitted_types)})
    histories = AccountHistories.from_plan(plan)
    if not checked.dry_run:
        require_capacity(client, _minimum_objects(histories))
        histories = _with_role_labels(client, histories)
    cuts = histories.compute_budget_cutoffs()
    return replace(histories, plan=histories.plan.model_copy(update={"budget_cuts": cuts})) if cuts else histories


def _with_role_labels(client: HubSpotClient, histories: AccountHistories) -> AccountHistories:
    """Prepare the labels of contacts in deals; where the portal refuses them, the run goes on without."""
    if not histories.has_activities:
        return histories
    prepared = prepare_role_labels(client)
    omitted = None if prepared.missing_reason is None else prepared.scopes
    if prepared.missing_reason is not None:
        log_event(
            "LABELS_OMITTED",
            "the portal lacks labels for the roles of contacts in deals",
            level=logging.WARNING,
            simulationId=histories.plan.simulation_id,
            scopes=list(prepared.scopes),
            reason=prepared.missing_reason,
        )
    labels = {"role_labels": prepared.labels, "omitted_labels": omitted}
    return replace(histories, plan=histories.plan.model_copy(update=labels))
