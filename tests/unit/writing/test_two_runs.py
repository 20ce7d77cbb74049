"""Two simulations with the same seed on one portal: nothing of one is the other's."""

from collections.abc import Callable

import pytest
import redis
from builders import pair_row, plan, write_request
from portal_in_process import LocalPortal

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import AddressClaims, PropertyChanges, suffixed_domain
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

PAIRS = 100
RUNS = ("sim-one", "sim-two")


@pytest.fixture
def write(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], cache: redis.Redis
) -> Callable[..., list[LedgerOutcome]]:
    """Write equal rows as one of the runs; returns their ends."""
    writer = Writer(BatchWriter(portal.client()), open_files, PropertyChanges(None, AddressClaims(cache)))

    def write(simulation: str, domain: str | None = None) -> list[LedgerOutcome]:
        files = open_files(simulation)
        rows = [pair_row(index) for index in range(PAIRS)]
        if domain is not None:
            rows = [pair_row(index, email=f"ada{index}@{domain}") for index in range(PAIRS)]
        write_plan(files, plan(simulation))
        files.write_lines(file_names.records_file(0), rows)
        writer.write([writer.open(parse_write_request(write_request(simulationId=simulation)))])
        return [entry.outcome for entry in Ledger(files).read_all()]

    return write


@pytest.mark.parametrize("domain", [None, "mail.test"])
def test_no_domain_and_no_address_is_shared_and_nothing_is_refused(
    portal: LocalPortal, write: Callable[..., list[LedgerOutcome]], domain: str | None
) -> None:
    ends = [end for run in RUNS for end in write(run, domain)]

    addresses = [row["email"] for row in portal.records("contacts", "email")]
    domains = [row["domain"] for row in portal.records("companies", "domain")]
    assert ends == [LedgerOutcome.WRITTEN] * (4 * PAIRS)
    assert len(set(addresses)) == len(set(domains)) == 2 * PAIRS


def test_an_address_stays_at_its_companys_domain(
    portal: LocalPortal, write: Callable[..., list[LedgerOutcome]]
) -> None:
    for run in RUNS:
        write(run)

    domains = {row["domain"] for row in portal.records("companies", "domain")}
    assert {str(row["email"]).partition("@")[2] for row in portal.records("contacts", "email")} == domains
    assert suffixed_domain("company7.example", "sim-two") in domains


def take_back(portal: LocalPortal, cache: redis.Redis) -> None:
    """Archive all and free the first run's names, as a clean-up does."""
    for kind in ("contacts", "companies"):
        inputs = [{"id": row["id"]} for row in portal.records(kind)]
        portal.request("POST", f"/crm/v3/objects/{kind}/batch/archive", {"inputs": inputs})
    AddressClaims(cache).release("sim-one")


def test_after_a_clean_up_the_same_names_are_free_again(
    portal: LocalPortal, write: Callable[..., list[LedgerOutcome]], cache: redis.Redis
) -> None:
    write("sim-one")
    take_back(portal, cache)

    write("sim-two")

    assert pair_row(0)["contact"]["email"] in {row["email"] for row in portal.records("contacts", "email")}


def test_where_the_portal_keeps_the_addresses_of_archived_contacts_each_is_ledgered_with_that_reason(
    portal: LocalPortal,
    write: Callable[..., list[LedgerOutcome]],
    cache: redis.Redis,
    open_files: Callable[[str], SimulationFiles],
) -> None:
    write("sim-one")
    take_back(portal, cache)
    portal.request("PUT", "/_local/settings", {"archivedRecordsKeepUniqueValues": True})

    ends = write("sim-two")

    refused = [entry for entry in Ledger(open_files("sim-two")).read_all() if entry.outcome is LedgerOutcome.REFUSED]
    assert (len(ends), len(refused)) == (2 * PAIRS, PAIRS)
    assert all("Contact already exists" in (entry.reason or "") for entry in refused)


def test_without_a_cache_hubspots_refusal_stands_in_the_ledger(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], absent_redis_url: str
) -> None:
    with redis.Redis.from_url(absent_redis_url) as absent:
        writer = Writer(BatchWriter(portal.client()), open_files, PropertyChanges(None, AddressClaims(absent)))
        for run in RUNS:
            write_plan(open_files(run), plan(run))
            open_files(run).write_lines(file_names.records_file(0), [pair_row(0)])
            writer.write([writer.open(parse_write_request(write_request(simulationId=run)))])

    (refused,) = [entry for entry in Ledger(open_files("sim-two")).read_all() if entry.outcome is LedgerOutcome.REFUSED]
    assert "already exists" in (refused.reason or "")


def test_the_ledger_holds_the_values_that_were_sent_in_place_of_generated_ones(
    write: Callable[..., list[LedgerOutcome]], open_files: Callable[[str], SimulationFiles]
) -> None:
    for run in RUNS:
        write(run, "mail.test")
    first, second = ([entry.changed for entry in Ledger(open_files(run)).read_all()] for run in RUNS)

    assert set(map(str, first)) == {"None"}
    assert None not in second
    assert {name for changed in second for name in changed or {}} <= {"domain", "website", "email"}
