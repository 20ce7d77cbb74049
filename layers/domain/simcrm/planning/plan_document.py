"""The plan of a simulation: the validated input and everything resolved from it, which is all that a rerun needs."""

import re
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.redaction import redact_and_quote
from simcrm.hubspot.record_urls import PortalAccount
from simcrm.lifecycle.activity_budgets import BudgetCutoffs
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.generator_version import GENERATOR_VERSION
from simcrm.models.owner import Owner
from simcrm.models.portal_snapshot import PortalSnapshot
from simcrm.models.role_labels import RoleLabels
from simcrm.models.run_currency import PortalCurrencies, RunCurrency
from simcrm.models.simulation_input import (
    SIMULATION_ID_PATTERN,
    SimulationInput,
    validate_simulation_id,
)
from simcrm.planning.generation_settings import count_records, generation_settings, run_locales
from simcrm.planning.llm_plan import LlmPlan
from simcrm.planning.time_mapping import Pace, resolve_simulated_span
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic import GenerationSettings
from simcrm.synthetic.exchange_rates import resolve_currency


class SimulationPlan(BaseModel):
    """``plan.json``; all times are in UTC.

    ``input`` contains the run's mode, time scale and number of records even if they were not given. ``portal`` is None
    if nothing is written or the portal did not identify itself. ``omitted_types`` are not written because the token
    lacks the scopes that they are mapped to. ``role_labels`` are the portal's labels of contacts in deals;
    ``omitted_labels`` is None if it has one for each role, else the scopes that the token lacks for them.
    ``currencies`` are the portal's, None if it did not name them; ``currency`` is that of the run's amounts, which
    older plans leave to their locales. ``generator_version`` is that of the code that planned the run; the first
    version, which did not name itself, knew no accounts.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    simulation_id: str
    input: SimulationInput
    seed: str
    run_start: AwareDatetime
    start: AwareDatetime
    end: AwareDatetime
    pipeline: DealPipeline
    owner_ids: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    portal: PortalAccount | None = None
    omitted_types: dict[ObjectType, tuple[str, ...]] = Field(default_factory=dict)
    currencies: PortalCurrencies | None = None
    currency: RunCurrency | None = None
    role_labels: RoleLabels = RoleLabels()
    omitted_labels: tuple[str, ...] | None = None
    ai: LlmPlan | None = None
    budget_cuts: BudgetCutoffs = Field(default_factory=dict)
    generator_version: int = 1

    @property
    def portal_snapshot(self) -> PortalSnapshot:
        """The portal as the plan found it."""
        return PortalSnapshot(
            currencies=self.currencies, omitted_types=self.omitted_types, omitted_labels=self.omitted_labels
        )

    @property
    def pace(self) -> Pace:
        """How simulated time maps to real time."""
        return Pace(self.run_start, self.start, self.end, self.input.time_scale)

    @property
    def text_mode(self) -> str:
        """How text is requested: by message batches before the first batch (``BATCH``), or batch by batch."""
        return self.input.ai.mode if self.ai is not None and self.ai.enabled else "SYNC"

    @property
    def total_records(self) -> int:
        """The number of the run's contacts."""
        return count_records(self.input, self.seed)

    @property
    def generation(self) -> GenerationSettings:
        """The settings of the generator."""
        return generation_settings(self.input, self.seed, self.currency)


def resolve_plan(
    simulation_id: str,
    request: SimulationInput,
    run_start: datetime,
    pipeline: DealPipeline,
    owners: tuple[Owner, ...],
    *,
    ai: LlmPlan | None = None,
    currencies: PortalCurrencies | None = None,
    pack_paths: tuple[str, ...] = (),
) -> SimulationPlan:
    """Fill in what the input leaves open.

    ``currencies`` are the portal's, None if it is not asked; ``pack_paths`` names files with additional scenarios.

    Raises:
        InvalidSimulationError: fields are inconsistent or name something that does not exist, or there would be too
            many contacts.
    """
    if re.fullmatch(SIMULATION_ID_PATTERN, simulation_id) is None:
        raise InvalidSimulationError(
            "simulationId", f"an execution cannot be named {redact_and_quote(simulation_id)}: use A-Z a-z 0-9 _ -"
        )
    try:
        validate_simulation_id(simulation_id)
    except ValueError as error:
        raise InvalidSimulationError("simulationId", f"{error}: it is the execution's name") from None
    if request.simulation_id not in {None, simulation_id}:
        raise InvalidSimulationError("simulationId", f"is not the execution's name, {simulation_id}")
    span = resolve_simulated_span(request, run_start)
    mode, seed = span.pace(run_start).mode, str(request.seed) if request.seed is not None else simulation_id
    size = {"total_records": count_records(request, seed, pack_paths), "total_companies": None}
    return SimulationPlan(
        simulation_id=simulation_id,
        input=request.model_copy(update={"mode": mode, "time_scale": span.time_scale, **size}),
        seed=seed,
        run_start=run_start,
        start=span.start,
        end=span.end,
        pipeline=pipeline,
        owner_ids=tuple(owner.id for owner in owners),
        owners=owners,
        ai=ai,
        currencies=currencies,
        currency=resolve_currency(run_locales(request), currencies),
        generator_version=GENERATOR_VERSION,
    )


def read_plan(files: SimulationFiles) -> SimulationPlan:
    """Return the plan of a simulation.

    Raises:
        LookupError: the simulation was not planned yet.
    """
    plan = files.read(file_names.PLAN, SimulationPlan)
    if plan is None:
        raise LookupError(files.key(file_names.PLAN))
    return plan


def write_plan(files: SimulationFiles, plan: SimulationPlan) -> None:
    """Store the plan for all later steps."""
    files.write(file_names.PLAN, plan)
