"""Products and what refers to them, meetings and e-mails: each is in the portal once, whatever happens on the way."""

from collections.abc import Callable

import httpx2
import pytest
from builders import activity_row, key, pair_row, plan, write_request
from portal_in_process import LocalPortal
from unit.writing.conftest import Generate

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome, LedgerTotals
from simcrm.storage.run_totals import TotalsStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_products import product_counters, write_products
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

PRODUCTS, LINE_ITEMS, MEETINGS, EMAILS = (
    ObjectType.PRODUCTS,
    ObjectType.LINE_ITEMS,
    ObjectType.MEETINGS,
    ObjectType.EMAILS,
)
CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS
NEW_TYPES = (PRODUCTS, LINE_ITEMS, MEETINGS, EMAILS)
WAVE = {"step": "wave-000", "source": "activities/000000/000.jsonl"}
ROWS: list[JsonObject] = [
    {"index": number, "properties": {"name": name, "price": "480", "hs_sku": f"SKU-{number}"}}
    for number, name in enumerate(("Sensor", "Gauge", "Advice"))
]


def wave_rows() -> list[JsonObject]:
    """A deal of two contacts with two line items, a meeting of both and an e-mail."""
    deal = {"deals": [[0, 0]]}
    items = [
        activity_row(LINE_ITEMS, 0, ordinal) | deal | {"reference": {"hs_product_id": number}}
        for ordinal, number in enumerate((0, 2))
    ]
    both = {"contacts": [0, 1]}
    return [
        activity_row(DEALS, 0) | both,
        *items,
        activity_row(MEETINGS, 0) | both | deal,
        activity_row(EMAILS, 0) | deal,
    ]


@pytest.fixture
def catalogued(generated: Generate, files: SimulationFiles) -> SimulationFiles:
    """A simulation of two contacts with a catalogue and a wave."""
    generated([pair_row(0), pair_row(1, company_index=0)], waves=wave_rows())
    files.write_lines(file_names.PRODUCTS, ROWS)
    return files


def settle(writer: Writer, **fields: object) -> LedgerTotals:
    (totals,) = writer.write([writer.open(parse_write_request(write_request(**fields)))])
    return totals


def write_all(writer: Writer, files: SimulationFiles) -> None:
    write_products(files, lambda: writer)
    settle(writer)
    settle(writer, **WAVE)


def test_products_are_written_and_ledgered_once(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    first = write_products(catalogued, lambda: writer)
    again = write_products(catalogued, lambda: writer)

    assert first is not None
    assert (first.written[PRODUCTS], again) == (3, None)
    assert product_counters(first) == {"products_created": 3, "records_refused": 0}
    assert portal.count("products") == 3
    assert TotalsStore(catalogued).read().in_portal[PRODUCTS] == 3


def test_a_simulation_without_products_needs_no_writer(generated: Generate, files: SimulationFiles) -> None:
    generated([pair_row(0)])

    assert write_products(files, lambda: pytest.fail("a writer was created")) is None


@pytest.mark.parametrize("after_write", [True, False])
def test_products_whose_answer_was_lost_are_written_once(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal, *, after_write: bool
) -> None:
    portal.fault(kind="status", status=500, path="products/batch/upsert", times=4, afterWrite=after_write)
    with pytest.raises(PortalUnavailableError):
        write_products(catalogued, lambda: writer)

    write_products(catalogued, lambda: writer)

    assert portal.count("products") == 3
    entries = Ledger(catalogued).read_step(0, file_names.CATALOGUE_STEP) or []
    assert {entry.hubspot_id for entry in entries} == {row["id"] for row in portal.records("products")}


def test_line_items_hold_the_ids_of_their_products(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    write_all(writer, catalogued)

    products = portal.by_key("products")
    items = portal.by_key("line_items", "hs_product_id", "amount")
    assert items[key(LINE_ITEMS, 0, 0)]["hs_product_id"] == products[key(PRODUCTS, 0)]["id"]
    assert items[key(LINE_ITEMS, 0, 1)]["hs_product_id"] == products[key(PRODUCTS, 2)]["id"]
    assert items[key(LINE_ITEMS, 0, 1)]["amount"] == "1440.00"


def test_line_items_of_any_batch_hold_the_ids_of_their_products(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    catalogued.write_lines(file_names.records_file(5), [pair_row(500)])
    item = activity_row(LINE_ITEMS, 500) | {"deals": [[500, 0]], "reference": {"hs_product_id": 1}}
    catalogued.write_lines(file_names.activities_file(5, 0), [activity_row(DEALS, 500), item])
    write_products(catalogued, lambda: writer)
    settle(writer, batch=5, source="records/000005.jsonl")
    settle(writer, batch=5, step="wave-000", source="activities/000005/000.jsonl")

    product = portal.by_key("products")[key(PRODUCTS, 1)]["id"]
    assert portal.by_key("line_items", "hs_product_id")[key(LINE_ITEMS, 500, 0)]["hs_product_id"] == product


def test_each_object_is_associated_with_all_that_it_belongs_to(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    write_all(writer, catalogued)

    contacts = {row["id"] for row in portal.records("contacts")}
    (deal,), (meeting,), (email,) = (portal.records(kind) for kind in ("deals", "meetings", "emails"))
    assert set(portal.associated_ids("deals", deal["id"], "contacts")) == contacts
    assert set(portal.associated_ids("meetings", meeting["id"], "contacts")) == contacts
    assert set(portal.associated_ids("emails", email["id"], "deals")) == {deal["id"]}
    assert len(portal.associated_ids("deals", deal["id"], "line_items")) == 2


@pytest.mark.parametrize("kind", ["line_items", "meetings", "emails"])
def test_objects_whose_answer_was_lost_are_written_once(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal, kind: str
) -> None:
    write_products(catalogued, lambda: writer)
    settle(writer)
    portal.fault(kind="status", status=500, path=f"{kind}/batch/", times=8, afterWrite=True)
    with pytest.raises(PortalUnavailableError):
        settle(writer, **WAVE)
    portal.request("DELETE", "/_local/faults")

    totals = settle(writer, **WAVE)

    assert {name: portal.count(name) for name in ("line_items", "meetings", "emails")} == {
        "line_items": 2,
        "meetings": 1,
        "emails": 1,
    }
    assert (totals.written[LINE_ITEMS], totals.written[MEETINGS], totals.written[EMAILS]) == (2, 1, 1)


def test_a_contact_that_was_refused_does_not_keep_the_others_from_their_meeting(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")], waves=[activity_row(MEETINGS) | {"contacts": [0, 1]}])
    settle(writer)

    settle(writer, **WAVE)

    (meeting,) = portal.records("meetings")
    assert len(portal.associated_ids("meetings", meeting["id"], "contacts")) == 1
    (entry,) = Ledger(files).read_step(0, "wave-000") or []
    assert entry.outcome is LedgerOutcome.WRITTEN
    assert entry.reason == f"an association was refused: {key(CONTACTS, 1)} is not in the portal"


def test_changes_of_deals_and_line_items_change_what_was_written(
    writer: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    write_all(writer, catalogued)
    changes = [
        activity_row(DEALS) | {"isChange": True, "properties": {"amount": "960"}},
        activity_row(LINE_ITEMS) | {"isChange": True, "properties": {"quantity": "2"}},
    ]
    catalogued.write_lines(file_names.activities_file(0, 1), changes)

    totals = settle(writer, step="wave-001", source="activities/000000/001.jsonl")

    assert totals.refused == 0
    assert portal.by_key("deals", "amount")[key(DEALS, 0, 0)]["amount"] == "960"
    assert portal.by_key("line_items", "quantity")[key(LINE_ITEMS, 0, 0)]["quantity"] == "2"
    assert (portal.count("deals"), portal.count("line_items")) == (1, 2)


@pytest.fixture
def writer_without_keys(client: HubSpotClient, open_files: Callable[[str], SimulationFiles]) -> Writer:
    """A writer to a portal that enforces record keys for CRM objects only."""
    return Writer(BatchWriter(client, has_key=lambda kind: kind not in NEW_TYPES), open_files)


def test_without_unique_keys_each_object_is_written_once_and_changed_in_place(
    writer_without_keys: Writer, catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    for kind in ("products", "line_items", "meetings", "emails"):
        portal.fault(kind="drop", path=f"{kind}/batch/create", afterWrite=True)

    write_all(writer_without_keys, catalogued)

    assert [portal.count(kind) for kind in ("products", "line_items", "meetings", "emails")] == [3, 2, 1, 1]
    assert {entry.outcome for entry in Ledger(catalogued).read_all()} == {LedgerOutcome.WRITTEN}
    change = activity_row(LINE_ITEMS) | {"isChange": True, "properties": {"quantity": "2"}}
    catalogued.write_lines(file_names.activities_file(0, 1), [change])
    settle(writer_without_keys, step="wave-001", source="activities/000000/001.jsonl")
    assert portal.by_key("line_items", "quantity")[key(LINE_ITEMS, 0, 0)]["quantity"] == "2"


def test_a_portal_without_a_scope_gets_everything_else(
    open_files: Callable[[str], SimulationFiles], catalogued: SimulationFiles, portal: LocalPortal
) -> None:
    client = portal.client()

    def forbid(request: httpx2.Request) -> httpx2.Response | None:
        if "/emails" not in request.url.path:
            return None
        scopes = {"requiredGranularScopes": ["sales-email-read"]}
        return httpx2.Response(403, json={"category": "MISSING_SCOPES", "message": "no", "context": scopes})

    portal.intercept = forbid
    prepared = prepare_portal(client, allow_production=False)
    write_plan(catalogued, plan().model_copy(update={"omitted_types": dict(prepared.omitted_types)}))
    validator = Validator(PropertyDefinitionCache(client, None, "portal"))
    writer = Writer(BatchWriter(client, has_key=validator.has_key), open_files, PropertyChanges(validator))

    write_all(writer, catalogued)

    assert prepared.omitted_types == {EMAILS: ("sales-email-read",)}
    assert [portal.count(kind) for kind in ("products", "line_items", "meetings", "emails")] == [3, 2, 1, 0]
    assert {row["hs_product_id"] for row in portal.records("line_items", "hs_product_id")} == {
        row["id"] for row in portal.records("products") if row["id"]
    } - {portal.by_key("products")[key(PRODUCTS, 1)]["id"]}
