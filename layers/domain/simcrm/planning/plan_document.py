"""The plan of a simulation: the validated input and everything resolved from it, which is all that a rerun needs."""

import re
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.redaction import redact_and_quote
from simcrm.hubspot.association_labels import RoleLabels
from simcrm.hubspot.record_urls import PortalAccount
from simcrm.lifecycle.activity_budgets import BudgetCutoffs
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.owner import Owner
from simcrm.models.simulation_input import (
    SIMULATION_ID_PATTERN,
    ContactRange,
    SimulationInput,
    validate_simulation_id,
)
from simcrm.planning.llm_plan import LlmPlan
from simcrm.planning.scenario_overrides import apply_overrides
from simcrm.planning.time_mapping import Pace, resolve_simulated_span
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic import CountRange, GenerationSettings, ScenarioParameters, load_scenario

DEFAULT_LOCALE = "en_US"
GENERATOR_VERSION = 2
"""Rises whenever equal plans give other records than before."""


class SimulationPlan(BaseModel):
    """``plan.json``; all times are in UTC.

    ``input`` contains the run's mode and time scale even if they were not given. ``portal`` is None if nothing is
    written or the portal did not identify itself. ``omitted_types`` are not written because the token lacks the scopes
    that they are mapped to. ``role_labels`` are the portal's labels of contacts in deals; ``omitted_labels`` is None if
    it has one for each role, else the scopes that the token lacks for them. ``generator_version`` is that of the code
    that planned the run; the first version, which did not name itself, knew no accounts.
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
    role_labels: RoleLabels = RoleLabels()
    omitted_labels: tuple[str, ...] | None = None
    ai: LlmPlan | None = None
    budget_cuts: BudgetCutoffs = Field(default_factory=dict)
    generator_version: int = 1

    @property
    def pace(self) -> Pace:
        """How simulated time maps to real time."""
        return Pace(self.run_start, self.start, self.end, self.input.time_scale)

    @property
    def text_mode(self) -> str:
        """How text is requested: by message batches before the first batch (``BATCH``), or batch by batch."""
        return self.input.ai.mode if self.ai is not None and self.ai.enabled else "SYNC"

    @property
    def _parameters(self) -> ScenarioParameters | None:
        changes = self.input.scenario_parameters
        return None if changes is None else apply_overrides(load_scenario(self.input.scenario).parameters, changes)

    @property
    def generation(self) -> GenerationSettings:
        """The settings of the generator."""
        sizes = self.input.contacts_per_company
        locales = self.input.locales or {self.input.locale or DEFAULT_LOCALE: 1.0}
        return GenerationSettings(
            seed=self.seed,
            scenario=self.input.scenario,
            locales=tuple(sorted(locales.items())),
            contacts_per_company=CountRange(sizes.min, sizes.max) if isinstance(sizes, ContactRange) else sizes,
            total_records=self.input.total_records,
            domain_suffix=self.input.domain_suffix,
            undeliverable=self.input.undeliverable,
            parameters=self._parameters,
        )


def resolve_plan(
    simulation_id: str,
    request: SimulationInput,
    run_start: datetime,
    pipeline: DealPipeline,
    owners: tuple[Owner, ...],
    *,
    ai: LlmPlan | None = None,
) -> SimulationPlan:
    """Fill in what the input leaves open.

    Raises:
        InvalidSimulationError: fields are inconsistent or name something that does not exist.
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
    mode = span.pace(run_start).mode
    return SimulationPlan(
        simulation_id=simulation_id,
        input=request.model_copy(update={"mode": mode, "time_scale": span.time_scale}),
        seed=str(request.seed) if request.seed is not None else simulation_id,
        run_start=run_start,
        start=span.start,
        end=span.end,
        pipeline=pipeline,
        owner_ids=tuple(owner.id for owner in owners),
        owners=owners,
        ai=ai,
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
