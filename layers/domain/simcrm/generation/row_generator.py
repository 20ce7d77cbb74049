"""Generate the rows of a batch for the writer: contacts with their companies, then what happens to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import apply_to_activity, apply_to_company, apply_to_contact
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.text_kinds import NOTE_LETTER
from simcrm.lifecycle.llm_timing import RetimedEvents, apply_proposed_times
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.account_histories import AccountHistories, AccountHistory
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic.activity_properties import activity_properties

PRODUCT_PROPERTIES = {ObjectType.LINE_ITEMS: "hs_product_id"}
"""The property of a line item that holds the ID of its product."""


class ActivityRow(NamedTuple):
    """A row of an activity, or of the changes to an object, and when it happens in simulated time."""

    at: datetime
    row: JsonObject


@dataclass(frozen=True, slots=True)
class RowGenerator:
    """Generates the rows of one simulation's batches; equal plans and texts give equal bytes."""

    histories: AccountHistories
    text_results: Mapping[int, RecordTextResult] = field(default_factory=dict)
    """Text results by contact; a contact that is absent keeps the composed text."""

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "RowGenerator":
        """Create the generator for a plan; ``pack_paths`` are files with additional scenarios."""
        return cls(AccountHistories.from_plan(plan, pack_paths))

    @property
    def plan(self) -> SimulationPlan:
        """The plan whose batches are generated."""
        return self.histories.plan

    def with_texts(self, text_results: Mapping[int, RecordTextResult]) -> "RowGenerator":
        """Return the same generator, using the model's text."""
        return replace(self, text_results=text_results)

    def contact_rows(self, batch: Batch) -> list[JsonObject]:
        """Return a row per contact that is written with its company: all, or the first ones if time passes."""
        return [self._contact_row(index) for index in batch.indexes if self.histories.arrives_with_company(index)]

    def activity_rows(self, batch: Batch) -> list[ActivityRow]:
        """Return a row per event of a batch's contacts, without changes that change nothing."""
        return [row for index in batch.indexes for row in self._rows(index)]

    def events(self, index: int) -> list[ActivityEvent]:
        """Return the events of a contact, at the times that the model proposed if it was asked to."""
        return self._retime(index).events

    def _rows(self, index: int) -> Iterator[ActivityRow]:
        latest: dict[tuple[ObjectType, int], Properties] = {}
        for event in self.events(index):
            row = self._activity_row(index, event)
            if event.is_change and event.stage is None:
                before = latest[event.object_type, event.ordinal]
                after = row["properties"]
                row["properties"] = _changes(before, after)
                latest[event.object_type, event.ordinal] = after
                if not row["properties"]:
                    continue
            elif event.stage is None:
                latest[event.object_type, event.ordinal] = row["properties"]
            yield ActivityRow(event.at, row)

    def _retime(self, index: int) -> RetimedEvents:
        """Return the events of a contact with how many of them the model timed."""
        events, result = self.histories.events(index), self.text_results.get(index)
        if result is None or not self.histories.is_timed_by_model:
            return RetimedEvents(events)
        account = self.histories.company_index(index)
        zone, story = self.histories.generator.zone(account), self.histories.history(account).story
        proposals = _proposed_delays(events, result)
        return apply_proposed_times(story, events, proposals, zone=zone, cutoff=self.histories.cutoff)

    def _contact_row(self, index: int) -> JsonObject:
        account = self.histories.company_index(index)
        company, lead = self.histories.company(account), self.histories.contacts(account).start
        result = self.text_results.get(lead)
        if result is not None:
            company = apply_to_company(company, self.histories.history(account).facts.contacts[0], result)
        return {"index": index, "companyIndex": account, **self._owner(account)} | {
            "contact": self._contact(index),
            "company": company,
        }

    def _contact(self, index: int) -> Properties:
        account, position = self.histories.place(index)
        contact, result = self.histories.contact(account, position), self.text_results.get(index)
        if result is None:
            return contact
        retimed = self._retime(index) if self.histories.is_timed_by_model else None
        timing = None if retimed is None else {"model": retimed.by_model, "rules": retimed.by_default}
        facts = self.histories.history(account).facts.contacts
        lead_result = self.text_results.get(facts[0].index)
        return apply_to_contact(contact, facts[position], result, lead_result, timing)

    def _activity_row(self, index: int, event: ActivityEvent) -> JsonObject:
        account, history = self.histories.company_index(index), self._history(index)
        indexes = [contact.index for contact in history.facts.contacts]
        row: JsonObject = {
            "index": index,
            "companyIndex": account,
            "type": event.object_type,
            "ordinal": event.ordinal,
            "contacts": [indexes[position] for position in event.contacts] or [index],
            "deals": _joined_deals(history, event, indexes) if event.is_entry else _deals(event, indexes),
            **self._owner(account),
            **_roles(history, event, indexes),
            "properties": self._properties(index, history, event),
        }
        if event.is_entry:
            return row | {"isNew": True}
        if event.is_change:
            return row | {"isChange": True}
        return row | self._reference(history, event)

    def _properties(self, index: int, history: AccountHistory, event: ActivityEvent) -> Properties:
        if event.is_entry:
            return self._contact(index)
        if event.stage is not None:
            return {"lifecyclestage": event.stage}
        properties, result = (
            activity_properties(self.histories.writer(history, event.at), event),
            self.text_results.get(index),
        )
        if result is None:
            return properties
        facts = history.facts.contacts
        lead_result = self.text_results.get(facts[0].index)
        return apply_to_activity(
            event,
            properties,
            facts[event.contacts[0]],
            result,
            lead_result,
            answered=_find_answered_mail(history, event),
        )

    def _reference(self, history: AccountHistory, event: ActivityEvent) -> JsonObject:
        """Return the product that a line item sells."""
        name = PRODUCT_PROPERTIES.get(event.object_type)
        if name is None or event.deal is None or event.line is None:
            return {}
        item = history.story.deals[event.deal.number].revisions[event.deal.revision].line_items[event.line]
        return {"reference": {name: self.histories.product_numbers[item.product]}}

    def _history(self, index: int) -> AccountHistory:
        return self.histories.history(self.histories.company_index(index))

    def _owner(self, account: int) -> JsonObject:
        """Return the seller of an account, if the portal has any."""
        return {"ownerId": self.histories.owner(account).id} if self.plan.owners else {}


def _find_answered_mail(history: AccountHistory, event: ActivityEvent) -> int | None:
    """Return the ordinal of the e-mail that an e-mail answers, among those of its contact; None if it is not there."""
    touch = None if event.touch is None else history.story.touches[event.touch]
    own = history.events[event.contacts[0]] if touch is not None and touch.answers is not None else []
    mails = (other for other in own if other.object_type is ObjectType.EMAILS)
    return next((other.ordinal for other in mails if touch and other.touch == touch.answers), None)


def _deals(event: ActivityEvent, indexes: list[int]) -> list[list[int]]:
    """Return the deal that an activity or a line item belongs to, as the index of its main contact and its number."""
    if event.deal is None or event.object_type is ObjectType.DEALS:
        return []
    return [[indexes[event.deal.main], event.deal.number]]


def _roles(history: AccountHistory, event: ActivityEvent, indexes: list[int]) -> JsonObject:
    """Return the roles of a deal's contacts, or those of a joining contact in its deals, in the order of the row."""
    if event.object_type is ObjectType.DEALS and not event.is_change and event.deal is not None:
        committee = _committee_roles(history, event.deal.number)
        return {"roles": [committee.get(position) for position in event.contacts]}
    if event.is_entry:
        joined = _joined_deals(history, event, indexes)
        return {"roles": [_committee_roles(history, number).get(event.contacts[0]) for _, number in joined]}
    return {}


def _committee_roles(history: AccountHistory, deal: int) -> dict[int, CommitteeRole]:
    return {member.position: member.role for member in history.story.deals[deal].committee}


def _joined_deals(history: AccountHistory, event: ActivityEvent, indexes: list[int]) -> list[list[int]]:
    """Return the deals whose committee a contact joins as it enters the portal."""
    written = {item.ordinal for own in history.events for item in own if item.object_type is ObjectType.DEALS}
    return [
        [indexes[deal.committee[0].position], deal.number]
        for deal in history.story.deals
        if deal.number in written
        and deal.opened_at <= event.at
        and any(member.position == event.contacts[0] for member in deal.committee)
    ]


def _proposed_delays(events: list[ActivityEvent], result: RecordTextResult) -> list[int | None]:
    """Return when the model would place each event, in minutes after its scene; None if the model does not say."""
    texts = [] if result.text is None else result.text.activities
    delays = {activity.code: activity.delay_minutes for activity in texts}
    return [
        delays.get(f"{NOTE_LETTER}{event.ordinal}") if event.object_type is ObjectType.NOTES else None
        for event in events
    ]


def _changes(before: Properties, after: Properties) -> Properties:
    """Return the properties that differ; one that is gone becomes empty."""
    gone = {name: "" for name in before if name not in after}
    return gone | {name: value for name, value in after.items() if before.get(name) != value}
