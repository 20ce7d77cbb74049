"""Pages of a simulation's contacts for display: name, company, lifecycle stage and latest deal."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.record_urls import RecordUrls
from simcrm.jobs.cleanup_state import CleanupState, apply_cleanup, read_cleanup
from simcrm.models.crm_objects import ObjectType, RecordKey
from simcrm.operations.ledger_pages import LedgerPage, read_page
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, furthest_stages
from simcrm.storage.simulation_files import SimulationFiles

PAGE_SIZE = 25
"""Contacts per page by default."""
_CONTACTS_LEDGER = re.compile(r"ledger/(\d+)/contacts\.jsonl")
_WAVE_LEDGER = re.compile(r"ledger/\d+/wave-(\d+)\.jsonl")


def cards_page(files: SimulationFiles, token: str | None, base_url: str, limit: int | None = None) -> LedgerPage:
    """Return the page that a token points to, or the first page; ``base_url`` is the portal's API.

    Raises:
        LookupError: the simulation was never planned.
        InvalidInputError: the token is invalid.
    """
    plan, state = read_plan(files), read_cleanup(files)
    addresses = RecordUrls(base_url, plan.portal)

    def read_cards(name: str) -> list[JsonObject]:
        number = int(name.split("/")[1])
        return list(_BatchCards(plan, addresses, *_read_batch(files, number), state))

    return read_page(files, token, _CONTACTS_LEDGER, read_cards, limit or PAGE_SIZE)


def _read_batch(files: SimulationFiles, number: int) -> tuple[list[JsonObject], list[JsonObject], list[LedgerEntry]]:
    """Return what a batch has so far: its pairs, its deals as each wave wrote them, and its ledger entries."""
    entries: list[LedgerEntry] = []
    deals: list[JsonObject] = []
    for name, step_entries in Ledger(files).read_files(files.list_names(file_names.batch_ledger_prefix(number))):
        entries += step_entries
        wave = _WAVE_LEDGER.fullmatch(name)
        if wave is not None and any(entry.object_type is ObjectType.DEALS for entry in step_entries):
            rows = files.read_lines(file_names.activities_file(number, int(wave[1]))) or []
            deals += [row for row in rows if row["type"] == ObjectType.DEALS]
    return files.read_lines(file_names.records_file(number)) or [], deals, entries


@dataclass
class _BatchCards(Iterable[JsonObject]):
    """The contact cards of one batch."""

    plan: SimulationPlan
    record_urls: RecordUrls
    pairs: list[JsonObject]
    deals: list[JsonObject]
    entries: list[LedgerEntry]
    state: CleanupState | None

    def __post_init__(self) -> None:
        self._ends = {entry.key: entry for entry in self.entries if entry.outcome is not LedgerOutcome.ABORTED}
        self._stages = furthest_stages(self.entries)
        self._latest_deals = {row["index"]: row for row in sorted(self.deals, key=lambda row: int(row["ordinal"]))}

    def __iter__(self) -> Iterator[JsonObject]:
        for pair in self.pairs:
            key = RecordKey(self.plan.simulation_id, ObjectType.CONTACTS, pair["index"])
            end = self._ends.get(str(key))
            if end is not None:
                yield self._card(pair, end)

    def _card(self, pair: JsonObject, end: LedgerEntry) -> JsonObject:
        contact, company = end.apply_changes(pair["contact"]), self._company(pair)
        return {
            **self._portal_link(ObjectType.CONTACTS, end),
            "name": f"{contact.get('firstname', '')} {contact.get('lastname', '')}".strip(),
            "jobTitle": contact.get("jobtitle"),
            "company": company.get("name"),
            "stage": self._stages.get(end.key),
            "arrivedAt": contact.get("simcrm_simulated_at"),
            "deal": self._deal(pair["index"]),
        }

    def _company(self, pair: JsonObject) -> JsonObject:
        key = RecordKey(self.plan.simulation_id, ObjectType.COMPANIES, pair["companyIndex"])
        end = self._ends.get(str(key))
        return pair["company"] if end is None else end.apply_changes(pair["company"])

    def _deal(self, index: int) -> JsonObject | None:
        row = self._latest_deals.get(index)
        if row is None:
            return None
        key = RecordKey(self.plan.simulation_id, ObjectType.DEALS, index, row["ordinal"])
        end = self._ends.get(str(key))
        if end is None or not end.is_successful:
            return None
        properties = end.apply_changes(row["properties"])
        named = {
            "name": properties.get("dealname"),
            "amount": properties.get("amount"),
            "stage": properties.get("dealstage"),
        }
        return {**self._portal_link(ObjectType.DEALS, end), **named, "standing": self._deal_status(named["stage"])}

    def _portal_link(self, kind: ObjectType, end: LedgerEntry) -> JsonObject:
        outcome = apply_cleanup(end, self.state).outcome
        url = None if outcome is LedgerOutcome.TAKEN_BACK else self.record_urls.url_for(kind, end.hubspot_id)
        return {"key": end.key, "id": end.hubspot_id, "url": url, "outcome": outcome, "reason": end.reason}

    def _deal_status(self, stage: str | None) -> str:
        """Return whether a deal is won, lost or open, regardless of the portal's stage names."""
        return {self.plan.pipeline.won: "won", self.plan.pipeline.lost: "lost"}.get(stage or "", "open")
