from collections.abc import Callable
from typing import Any

import pytest
from builders import activity_row, key, pair_row, plan, write_request
from portal_in_process import LocalPortal
from unit.writing.conftest import Generate

from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, LedgerTotals
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import InvalidMessageError, parse_write_request
from simcrm.writing.writer import Writer

COMPANIES, CONTACTS, DEALS, NOTES, TASKS = (
    ObjectType.COMPANIES,
    ObjectType.CONTACTS,
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.TASKS,
)
WAVE = {"step": "wave-000", "source": "activities/000000/000.jsonl"}
BAD_ADDRESS = {"email": "no address"}


def settle(writer: Writer, *requests: dict[str, Any]) -> list[LedgerTotals]:
    return writer.write([writer.open(parse_write_request(write_request(**fields))) for fields in requests or ({},)])


def written_counts(totals: LedgerTotals) -> dict[ObjectType, int]:
    return {kind: count for kind, count in totals.written.items() if count}


def entries(files: SimulationFiles, batch: int = 0, step: str = "contacts") -> dict[str, LedgerEntry]:
    return {entry.key: entry for entry in Ledger(files).read_step(batch, step) or ()}


def test_each_object_of_a_step_is_in_the_portal_and_in_the_ledger(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0), pair_row(1)])

    (totals,) = settle(writer)

    assert (written_counts(totals), totals.refused) == ({COMPANIES: 2, CONTACTS: 2}, 0)
    held = portal.by_key("contacts") | portal.by_key("companies")
    assert {name: entry.hubspot_id for name, entry in entries(files).items()} == {
        name: row["id"] for name, row in held.items()
    }


def test_contacts_and_companies_are_linked(writer: Writer, generated: Generate, portal: LocalPortal) -> None:
    generated([pair_row(0), pair_row(1)])

    settle(writer)

    company = portal.by_key("companies")[key(COMPANIES, 1)]["id"]
    contact = portal.by_key("contacts")[key(CONTACTS, 1)]["id"]
    assert list(portal.associated_ids("contacts", contact, "companies")) == [company]


@pytest.mark.parametrize(
    "rule", [{"kind": "rate_limit", "policy": "DAILY"}, {"kind": "status", "status": 503, "times": 4}]
)
def test_what_a_step_that_stops_has_written_is_in_the_ledger_once(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles, rule: dict[str, Any]
) -> None:
    generated([pair_row(0), pair_row(1)])
    portal.fault(path="contacts/batch/upsert", **rule)

    with pytest.raises((PortalAccessError, PortalUnavailableError)):
        settle(writer)

    assert {entry.key for entry in Ledger(files).read_all()} == portal.by_key("companies").keys()
    assert Ledger(files).read_step(0, "contacts") is None
    assert LedgerTotals.from_entries(Ledger(files).read_all()).written[COMPANIES] == portal.count("companies") == 2
    portal.request("DELETE", "/_local/faults")

    settle(writer)

    keys = [entry.key for entry in Ledger(files).read_all()]
    assert len(keys) == len(set(keys)) == 4
    assert (portal.count("companies"), portal.count("contacts")) == (2, 2)


def test_a_request_that_comes_again_is_answered_from_the_ledger_without_a_call(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])
    first = settle(writer)
    portal.calls.clear()

    job = writer.open(parse_write_request(write_request()))

    assert job.is_repeat
    assert writer.write([job]) == first
    assert portal.calls == []


def test_two_deliveries_of_one_request_make_one_set_of_records(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)], waves=[activity_row(NOTES)])
    settle(writer)
    wave = parse_write_request(write_request(**WAVE))
    early, late = writer.open(wave), writer.open(wave)

    assert writer.write([early]) == writer.write([late])
    assert portal.count("notes") == 1


def test_a_dry_run_writes_the_ledger_and_calls_nobody(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0), pair_row(1)], dry_run=True)

    (totals,) = settle(writer)

    assert written_counts(totals) == {COMPANIES: 2, CONTACTS: 2}
    assert {entry.outcome for entry in entries(files).values()} == {LedgerOutcome.DRY_RUN}
    assert portal.calls == []


def test_small_batches_share_hubspots_calls(writer: Writer, generated: Generate, portal: LocalPortal) -> None:
    generated(*[[pair_row(20 * number + place) for place in range(20)] for number in range(5)])

    totals_by_job = settle(writer, *({"batch": number} for number in range(5)))

    assert [written_counts(totals) for totals in totals_by_job] == [{COMPANIES: 20, CONTACTS: 20}] * 5
    assert [path.rpartition("/batch/")[0].rpartition("/")[2] for _, path in portal.calls] == [
        "companies",
        "contacts",
        "companies",
    ]


def test_a_company_that_batches_share_is_written_once(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0, company_index=0), pair_row(1, company_index=0)], [pair_row(2, company_index=0)])

    totals_by_job = settle(writer, {"batch": 0}, {"batch": 1})

    assert [totals.written[COMPANIES] for totals in totals_by_job] == [1, 1]
    assert portal.count("companies") == 1
    assert entries(files, 0)[key(COMPANIES)] == entries(files, 1)[key(COMPANIES)]
    company = portal.by_key("companies")[key(COMPANIES)]["id"]
    assert len(portal.associated_ids("companies", company, "contacts")) == 3


def test_a_company_that_an_earlier_batch_wrote_is_found_again(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0, company_index=0)], [pair_row(1, company_index=0)])

    settle(writer, {"batch": 0})
    settle(writer, {"batch": 1})

    assert (portal.count("companies"), portal.count("contacts")) == (1, 2)


def test_messages_of_two_simulations_are_written_together_each_to_its_own_ledger(
    writer: Writer, generated: Generate, portal: LocalPortal, open_files: Callable[[str], SimulationFiles]
) -> None:
    generated([pair_row(0)])
    other = open_files("sim-other")
    write_plan(other, plan("sim-other"))
    other.write_lines("records/000000.jsonl", [pair_row(0, email="else@else.example")])

    settle(writer, {}, {"simulationId": "sim-other"})

    assert list(entries(other)) == ["sim-other:company:0", "sim-other:contact:0"]
    assert portal.count("contacts") == 2


def test_a_refused_object_is_in_the_ledger_with_hubspots_reason(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    (totals,) = settle(writer)

    refused = entries(files)[key(CONTACTS, 1)]
    assert (totals.refused, portal.count("contacts")) == (1, 1)
    assert (refused.outcome, refused.hubspot_id) == (LedgerOutcome.REFUSED, None)
    assert "email" in str(refused.reason).lower()


def test_a_contact_whose_company_was_refused_is_not_written(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    row = pair_row(0)
    generated([row | {"company": row["company"] | {"industry": "NO_SUCH_INDUSTRY"}}, pair_row(1)])

    settle(writer)

    assert entries(files)[key(CONTACTS)].reason == "sim-test:company:0 is not in the portal"
    assert list(portal.by_key("contacts")) == [key(CONTACTS, 1)]


def test_activities_of_a_wave_are_linked_to_what_the_batch_wrote_before(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)], waves=[activity_row(NOTES), activity_row(TASKS)])
    settle(writer)

    (totals,) = settle(writer, WAVE)

    contact = portal.by_key("contacts")[key(CONTACTS)]["id"]
    assert written_counts(totals) == {NOTES: 1, TASKS: 1}
    for kind in (NOTES, TASKS):
        (activity,) = portal.records(kind)
        assert list(portal.associated_ids(kind, activity["id"], "contacts")) == [contact]


def test_a_note_and_the_deal_it_belongs_to_may_be_of_one_wave(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)], waves=[activity_row(NOTES, deal_ordinal=0), activity_row(DEALS, deal_ordinal=0)])
    settle(writer)

    settle(writer, WAVE)

    (deal,), (note,) = portal.records("deals"), portal.records("notes")
    assert list(portal.associated_ids("notes", note["id"], "deals")) == [deal["id"]]


def test_contacts_and_their_first_wave_may_come_together(
    writer: Writer, generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)], waves=[activity_row(NOTES)])

    totals_by_job = settle(writer, {}, WAVE)

    assert [written_counts(totals) for totals in totals_by_job] == [{COMPANIES: 1, CONTACTS: 1}, {NOTES: 1}]
    assert portal.count("notes") == 1


def test_an_activity_of_a_deal_that_was_refused_is_not_written(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    deal = activity_row(DEALS, deal_ordinal=0, dealstage="no_such_stage")
    generated([pair_row(0)], waves=[deal, activity_row(NOTES, deal_ordinal=0), activity_row(NOTES, ordinal=1)])
    settle(writer)

    (totals,) = settle(writer, WAVE)

    settled = entries(files, step="wave-000")
    assert (written_counts(totals), totals.refused) == ({NOTES: 1}, 2)
    assert settled[key(NOTES, 0, 0)].reason == "sim-test:deal:0:0 is not in the portal"
    assert portal.count("notes") == 1


def test_an_activity_of_a_contact_that_was_refused_is_not_written(
    writer: Writer, generated: Generate, files: SimulationFiles
) -> None:
    generated([pair_row(0, email="no address")], waves=[activity_row(NOTES)])
    settle(writer)

    settle(writer, WAVE)

    assert entries(files, step="wave-000")[key(NOTES, 0, 0)].reason == "sim-test:contact:0 is not in the portal"


def test_a_portal_that_gets_busy_halfway_settles_nothing_and_writing_again_makes_no_second_record(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0), pair_row(1)])
    portal.fault(kind="status", status=502, path="contacts/batch/upsert", times=4, afterWrite=True)

    with pytest.raises(PortalUnavailableError):
        settle(writer)
    assert Ledger(files).read_step(0, "contacts") is None

    (totals,) = settle(writer)
    assert written_counts(totals) == {COMPANIES: 2, CONTACTS: 2}
    assert (portal.count("companies"), portal.count("contacts")) == (2, 2)


def test_a_portal_that_refuses_everything_settles_nothing(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="status", status=401)

    with pytest.raises(PortalAccessError):
        settle(writer)

    assert Ledger(files).read_step(0, "contacts") is None


def test_a_step_without_rows_is_settled_with_nothing(
    writer: Writer, generated: Generate, portal: LocalPortal, files: SimulationFiles
) -> None:
    generated([])

    (totals,) = settle(writer)

    assert (written_counts(totals), totals.refused, portal.calls) == ({}, 0, [])
    assert Ledger(files).read_step(0, "contacts") == []


def test_a_simulation_that_was_never_planned_makes_a_message_unusable(writer: Writer) -> None:
    with pytest.raises(InvalidMessageError, match=r"there is no simulations/sim-test/plan\.json"):
        settle(writer)


def test_rows_that_were_never_generated_make_a_message_unusable(writer: Writer, generated: Generate) -> None:
    generated([pair_row(0)])

    with pytest.raises(InvalidMessageError, match=r"there is no simulations/sim-test/records/000007\.jsonl"):
        settle(writer, {"batch": 7})
