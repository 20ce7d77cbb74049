"""Values of the domain with everything filled in: a test sets only the field it is about."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ACTIVITY_TYPES, Association, CrmObject, ObjectType, RecordKey
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline
from simcrm.models.owner import Owner
from simcrm.models.run_currency import PortalCurrencies
from simcrm.models.simulation_input import DistributionMethod, SimulationInput, parse_simulation_input
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, resolve_plan
from simcrm.planning.time_mapping import Pace
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.run_status import RunState, RunStatus

SIMULATION = "sim-test"
START = datetime(2026, 3, 2, 14, tzinfo=UTC)
"""A Monday in working time."""

DAY = timedelta(days=1)
TOKEN = "task-token"
PROPERTIES: dict[ObjectType, dict[str, str]] = {
    ObjectType.COMPANIES: {"name": "Northwind Tooling", "domain": "northwind.example"},
    ObjectType.CONTACTS: {"firstname": "Ada", "lastname": "Okafor"},
    ObjectType.DEALS: {"dealname": "Tooling", "dealstage": "qualifiedtobuy", "amount": "1200"},
    ObjectType.TICKETS: {"subject": "It rattles", "hs_pipeline": "0", "hs_pipeline_stage": "1"},
    ObjectType.NOTES: {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_note_body": "Asked for a quote."},
    ObjectType.CALLS: {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_call_title": "First call"},
    ObjectType.TASKS: {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_task_subject": "Send the quote"},
    ObjectType.PRODUCTS: {"name": "Torque sensor", "price": "480", "hs_sku": "TS-1"},
    ObjectType.LINE_ITEMS: {"name": "Torque sensor", "price": "480", "quantity": "3"},
    ObjectType.MEETINGS: {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_meeting_title": "Demo"},
    ObjectType.EMAILS: {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_email_direction": "EMAIL"},
}
"""What a portal takes, by type."""


def simulation_input(**fields: Any) -> SimulationInput:
    """A checked input, by the names of its JSON fields."""
    return parse_simulation_input({"totalRecords": 3, **fields})


def plan(
    simulation_id: str = SIMULATION,
    run_start: datetime = START,
    pipeline: DealPipeline = DEFAULT_PIPELINE,
    owners: tuple[str, ...] = (),
    currencies: PortalCurrencies | None = None,
    **fields: Any,
) -> SimulationPlan:
    """The plan of an input, by the names of its JSON fields."""
    request = simulation_input(**{"seed": "seed", **fields})
    sellers = tuple(map(Owner, owners))
    return resolve_plan(simulation_id, request, run_start, pipeline, sellers, currencies=currencies)


def arrivals(count: int, start: datetime = START, end: datetime = START + DAY) -> ArrivalTimes:
    """Even arrivals over a day."""
    return ArrivalTimes(DistributionMethod.EVEN, count, start, end)


def pace(
    run_start: datetime = START, start: datetime = START, end: datetime = START + DAY, time_scale: float = 1.0
) -> Pace:
    """A span of a day that begins with the run."""
    return Pace(run_start, start, end, time_scale)


def batch(number: int = 0, first_index: int = 0, count: int = 3, due_at: datetime = START) -> Batch:
    """A batch that is due at once."""
    return Batch(number, due_at, first_index, count)


def key(kind: ObjectType, index: int = 0, ordinal: int | None = None, simulation_id: str = SIMULATION) -> str:
    """The record key of an object."""
    return str(RecordKey(simulation_id, kind, index, ordinal))


def planned_object(
    kind: ObjectType = ObjectType.CONTACTS, index: int = 0, links: tuple[Association, ...] = (), **properties: str
) -> CrmObject:
    """An object that any portal takes."""
    name = key(kind, index, 0 if kind in ACTIVITY_TYPES else None)
    own = {"simcrm_record_key": name, "simcrm_simulation_id": SIMULATION}
    return CrmObject(name, kind, PROPERTIES[kind] | own | properties, links)


def pair_row(index: int = 0, company_index: int | None = None, **contact: str) -> JsonObject:
    """A contact and its company as they stand in ``records/``."""
    company = index if company_index is None else company_index
    own = {"name": f"Company {company}", "domain": f"company{company}.example"}
    person = {"email": f"ada{index}@company{company}.example"}
    return {
        "index": index,
        "companyIndex": company,
        "contact": PROPERTIES[ObjectType.CONTACTS] | person | contact,
        "company": PROPERTIES[ObjectType.COMPANIES] | own,
    }


def activity_row(
    kind: ObjectType = ObjectType.NOTES,
    index: int = 0,
    ordinal: int = 0,
    company_index: int | None = None,
    deal_ordinal: int | None = None,
    **properties: str,
) -> JsonObject:
    """An activity as it stands in ``activities/``."""
    return {
        "index": index,
        "companyIndex": index if company_index is None else company_index,
        "type": kind.value,
        "ordinal": ordinal,
        "dealOrdinal": deal_ordinal,
        "properties": PROPERTIES[kind] | properties,
    }


def entry(
    kind: ObjectType = ObjectType.CONTACTS,
    index: int = 0,
    ordinal: int | None = None,
    outcome: LedgerOutcome = LedgerOutcome.WRITTEN,
    reason: str | None = None,
) -> LedgerEntry:
    """The end of an object, in the portal unless told otherwise."""
    hubspot_id = str(1000 + index) if outcome is LedgerOutcome.WRITTEN else None
    return LedgerEntry(
        key=key(kind, index, ordinal), object_type=kind, outcome=outcome, hubspot_id=hubspot_id, reason=reason
    )


def status(state: RunState = RunState.RUNNING, simulation_id: str = SIMULATION, **fields: Any) -> RunStatus:
    """A status of three planned records; figures of an end stand there together."""
    if "failed" in fields:
        fields.setdefault("counts", dict.fromkeys(ObjectType, 0))
    return RunStatus(**{"simulation_id": simulation_id, "status": state, "planned": 3, "started_at": START} | fields)


def write_request(**fields: Any) -> str:
    """The body of a message that asks to write the contacts of the first batch, by its JSON names."""
    batch_number = fields.get("batch", 0)
    document = {
        "taskToken": TOKEN,
        "simulationId": SIMULATION,
        "batch": 0,
        "step": file_names.CONTACTS_STEP,
        "source": file_names.records_file(batch_number if isinstance(batch_number, int) else 0),
    }
    return json.dumps({**document, **fields})
