"""A simulation's contacts as a person would name them: who, where, how far, and the latest deal, page by page."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.record_urls import Addresses
from simcrm.jobs.cleanup_state import CleanupState, now_of, read_cleanup
from simcrm.models.crm_objects import ObjectType, RecordKey
from simcrm.operations.ledger_pages import Page, read_page
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, Outcome, furthest_stages
from simcrm.storage.simulation_files import Artifacts

CARDS = 25
"""On a page that asks for no other number."""
_ARRIVALS = re.compile(r"ledger/(\d+)/contacts\.jsonl")
_WAVE = re.compile(r"ledger/\d+/wave-(\d+)\.jsonl")


def cards_page(artifacts: Artifacts, token: str | None, base_url: str, limit: int | None = None) -> Page:
    """The page after a token, the first without one; ``base_url`` is the portal's API.

    Raises:
        LookupError: the simulation was never planned.
        InvalidInputError: no page has such a token.
    """
    plan, state = read_plan(artifacts), read_cleanup(artifacts)
    addresses = Addresses(base_url, plan.portal)

    def cards_of(name: str) -> list[JsonObject]:
        number = int(name.split("/")[1])
        return list(_Cards(plan, addresses, *_read_batch(artifacts, number), state))

    return read_page(artifacts, token, _ARRIVALS, cards_of, limit or CARDS)


def _read_batch(artifacts: Artifacts, number: int) -> tuple[list[JsonObject], list[JsonObject], list[LedgerEntry]]:
    """What a batch has so far: its pairs, its deals as each wave wrote them, and what became of all of it."""
    entries: list[LedgerEntry] = []
    deals: list[JsonObject] = []
    for name, found in Ledger(artifacts).files(artifacts.names(file_names.batch_ledger(number))):
        entries += found
        wave = _WAVE.fullmatch(name)
        if wave is not None and any(entry.object_type is ObjectType.DEALS for entry in found):
            rows = artifacts.read_lines(file_names.activities(number, int(wave[1]))) or []
            deals += [row for row in rows if row["type"] == ObjectType.DEALS]
    return artifacts.read_lines(file_names.records(number)) or [], deals, entries


@dataclass
class _Cards(Iterable[JsonObject]):
    """The cards of one batch."""

    plan: SimulationPlan
    addresses: Addresses
    pairs: list[JsonObject]
    deals: list[JsonObject]
    entries: list[LedgerEntry]
    state: CleanupState | None

    def __post_init__(self) -> None:
        self._ends = {entry.key: entry for entry in self.entries if entry.outcome is not Outcome.ABORTED}
        self._stages = furthest_stages(self.entries)
        self._latest_deals = {row["index"]: row for row in sorted(self.deals, key=lambda row: int(row["ordinal"]))}

    def __iter__(self) -> Iterator[JsonObject]:
        for pair in self.pairs:
            key = RecordKey(self.plan.simulation_id, ObjectType.CONTACTS, pair["index"])
            end = self._ends.get(str(key))
            if end is not None:
                yield self._card(pair, end)

    def _card(self, pair: JsonObject, end: LedgerEntry) -> JsonObject:
        contact, company = end.sent(pair["contact"]), self._company(pair)
        return {
            **self._found(ObjectType.CONTACTS, end),
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
        return pair["company"] if end is None else end.sent(pair["company"])

    def _deal(self, index: int) -> JsonObject | None:
        row = self._latest_deals.get(index)
        if row is None:
            return None
        key = RecordKey(self.plan.simulation_id, ObjectType.DEALS, index, row["ordinal"])
        end = self._ends.get(str(key))
        if end is None or not end.is_kept:
            return None
        said = end.sent(row["properties"])
        named = {"name": said.get("dealname"), "amount": said.get("amount"), "stage": said.get("dealstage")}
        return {**self._found(ObjectType.DEALS, end), **named, "standing": self._standing(named["stage"])}

    def _found(self, kind: ObjectType, end: LedgerEntry) -> JsonObject:
        outcome = now_of(end, self.state).outcome
        url = None if outcome is Outcome.TAKEN_BACK else self.addresses.of(kind, end.hubspot_id)
        return {"key": end.key, "id": end.hubspot_id, "url": url, "outcome": outcome, "reason": end.reason}

    def _standing(self, stage: str | None) -> str:
        """Whether a deal is won, lost or still open, whatever the portal calls its stages."""
        return {self.plan.pipeline.won: "won", self.plan.pipeline.lost: "lost"}.get(stage or "", "open")
