"""A simulation's contacts as cards: what is in the portal now, by its ledger."""

from typing import Any

import pytest
from builders import activity_row, key, pair_row, plan, write_request
from portal_in_process import LocalPortal

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.record_urls import HUBSPOT_API_URL, PortalAccount
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.contact_cards import cards_page
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS
LOCAL = "http://portal.test"
ARRIVED = "2026-03-01T09:00:00Z"


@pytest.fixture
def ran(portal: LocalPortal, files: SimulationFiles) -> SimulationFiles:
    """Four pairs in two batches. In the first, one deal is won, one was lost and followed by another."""
    write_plan(files, plan().model_copy(update={"portal": PortalAccount(id=4711)}))
    writer = Writer(BatchWriter(portal.client()), lambda _: files)
    for batch in (0, 1):
        rows = [pair_row(2 * batch + place, simcrm_simulated_at=ARRIVED) for place in (0, 1)]
        files.write_lines(file_names.records_file(batch), rows)
    lost = activity_row(DEALS, 1, 0, dealname="Pumps", dealstage="closedlost")
    waves = [
        [activity_row(DEALS, 0, dealname="Valves", dealstage="contractsent", amount="900"), lost],
        [
            activity_row(DEALS, 0, dealname="Valves", dealstage="closedwon", amount="1000"),
            activity_row(DEALS, 1, 1, dealname="Hoses", dealstage="qualifiedtobuy"),
        ],
    ]
    requests: list[dict[str, Any]] = [{"batch": 0}, {"batch": 1}]
    for wave, activities in enumerate(waves):
        files.write_lines(file_names.activities_file(0, wave), activities)
        requests.append({"batch": 0, "step": file_names.wave_step(wave), "source": file_names.activities_file(0, wave)})
    for fields in requests:
        writer.write([writer.open(parse_write_request(write_request(**fields)))])
    return files


def cards(files: SimulationFiles, base_url: str = LOCAL) -> list[JsonObject]:
    """All cards, two a page."""
    found, token = [], None
    while True:
        page = cards_page(files, token, base_url, limit=2)
        found += page.rows
        token = page.next_token
        if token is None:
            return found


def test_each_contact_is_there_once_with_its_company_and_its_page(ran: SimulationFiles, portal: LocalPortal) -> None:
    found = cards(ran)

    held = portal.by_key("contacts")
    assert [card["key"] for card in found] == [key(CONTACTS, index) for index in range(4)]
    assert [card["company"] for card in found] == [f"Company {index}" for index in range(4)]
    assert {card["arrivedAt"] for card in found} == {ARRIVED}
    assert [card["url"] for card in found] == [f"{LOCAL}/#/contacts/{held[card['key']]['id']}" for card in found]


def test_a_card_has_the_latest_deal_as_it_stands_now(ran: SimulationFiles) -> None:
    won, followed, *others = cards(ran)

    assert (won["deal"]["amount"], won["deal"]["stage"], won["deal"]["standing"]) == ("1000", "closedwon", "won")
    assert (followed["deal"]["name"], followed["deal"]["standing"]) == ("Hoses", "open")
    assert [card["deal"] for card in others] == [None, None]


def test_a_card_has_the_furthest_stage_of_its_contact(ran: SimulationFiles) -> None:
    change = {"type": "contacts", "index": 0, "companyIndex": 0, "ordinal": 0, "dealOrdinal": None}
    ran.write_lines(file_names.activities_file(0, 2), [change | {"properties": {"lifecyclestage": "customer"}}])
    further = LedgerEntry.model_validate(
        {"key": key(CONTACTS, 0), "type": CONTACTS, "outcome": LedgerOutcome.WRITTEN, "id": "1", "stage": "customer"}
    )
    Ledger(ran).write_step(0, file_names.wave_step(2), [further])

    assert cards(ran)[0]["stage"] == "customer"


def test_a_deal_that_was_refused_is_none(ran: SimulationFiles) -> None:
    refused = LedgerEntry.model_validate({"key": key(DEALS, 0, 0), "type": DEALS, "outcome": LedgerOutcome.REFUSED})
    Ledger(ran).write_step(0, file_names.wave_step(1), [refused])

    assert cards(ran)[0]["deal"] is None


def test_a_refused_contact_says_why_and_has_no_page(ran: SimulationFiles) -> None:
    given = {"key": key(CONTACTS, 2), "type": CONTACTS, "outcome": LedgerOutcome.REFUSED, "reason": "no room"}
    Ledger(ran).write_step(1, file_names.CONTACTS_STEP, [LedgerEntry.model_validate(given)])

    last = cards(ran)[-1]

    assert (last["outcome"], last["reason"], last["url"]) == ("refused", "no room", None)


def test_in_hubspot_itself_a_card_leads_to_the_portal_of_the_plan(ran: SimulationFiles) -> None:
    card = cards(ran, HUBSPOT_API_URL)[0]

    assert card["url"] == f"https://app.hubspot.com/contacts/4711/record/0-1/{card['id']}"
    assert card["deal"]["url"].startswith("https://app.hubspot.com/contacts/4711/record/0-3/")


def test_what_an_abort_left_is_no_card(ran: SimulationFiles) -> None:
    left = {"key": key(CONTACTS, 7), "type": CONTACTS, "outcome": LedgerOutcome.ABORTED}
    ran.write_lines(file_names.records_file(2), [pair_row(7)])
    for batch in (0, 2):
        Ledger(ran).write_aborted(batch, [LedgerEntry.model_validate(left)])

    assert len(cards(ran)) == 4


def test_a_simulation_that_has_written_nothing_has_no_cards(files: SimulationFiles) -> None:
    write_plan(files, plan())

    assert cards(files) == []


def test_a_token_leads_to_the_ledger_alone(ran: SimulationFiles) -> None:
    assert cards_page(ran, f"{file_names.PLAN}:1", LOCAL).rows == []


def test_a_batch_whose_records_are_gone_has_no_cards(files: SimulationFiles) -> None:
    write_plan(files, plan())
    Ledger(files).write_step(0, "contacts", [])

    assert cards_page(files, None, LOCAL).rows == []


@pytest.mark.parametrize(("limit", "cards"), [(None, 25), (7, 7), (40, 30)])
def test_a_page_has_twenty_five_cards_unless_another_limit_is_asked_for(
    files: SimulationFiles, limit: int | None, cards: int
) -> None:
    write_plan(files, plan())
    files.write_lines(file_names.records_file(0), [pair_row(index) for index in range(30)])
    Ledger(files).write_step(
        0,
        "contacts",
        [
            LedgerEntry(key=key(CONTACTS, index), object_type=CONTACTS, outcome=LedgerOutcome.WRITTEN)
            for index in range(30)
        ],
    )

    page = cards_page(files, None, LOCAL, limit)

    assert len(page.rows) == cards
    assert (page.next_token is None) == (cards == 30)
