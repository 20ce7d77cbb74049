"""Accounts as lines of JSON: the sellers first, then one line for each account with all its objects."""

import json
from collections import Counter
from collections.abc import Iterator

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.account_histories import AccountHistories, AccountHistory
from simcrm.synthetic.activity_properties import activity_properties

OWNER = "hubspot_owner_id"
_LISTS = (
    ObjectType.MEETINGS,
    ObjectType.EMAILS,
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
)
"""The types with a list of their own; line items belong to their deal."""


def account_lines(histories: AccountHistories) -> Iterator[JsonObject]:
    """Yield the team, then each account: its company, contacts, deals with line items, and activities.

    Contacts and deals of an activity are places in the account's own lists.
    """
    yield {"owners": [owner.to_row() for owner in histories.owners]}
    for number in range(histories.arrivals.count):
        yield _account_line(histories, number)


def count_objects(line: JsonObject) -> Counter[str]:
    """Return the number of objects in a line, by type."""
    counts = Counter({name: len(objects) for name, objects in line.items() if isinstance(objects, list)})
    counts["companies"] += "company" in line
    counts["lineItems"] += sum(len(deal["lineItems"]) for deal in line.get("deals", ()))
    counts.pop("owners", None)
    return counts


def to_line(document: JsonObject) -> str:
    """Return one line of JSON; the same account always gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _account_line(histories: AccountHistories, number: int) -> JsonObject:
    history, owner = histories.history(number), {OWNER: histories.owner(number).id}
    events = [event for own in history.events for event in own]
    deals = sorted((event for event in events if event.object_type is ObjectType.DEALS), key=_deal_number)
    places = {_deal_number(event): place for place, event in enumerate(deals)}
    line: JsonObject = {
        "company": {"properties": histories.company(number) | owner},
        "contacts": [
            {"index": contact.index, "properties": histories.contact(number, contact.position) | owner}
            for contact in history.facts.contacts
        ],
        "deals": [_deal(history, event, events, owner) for event in deals],
    }
    for kind in _LISTS:
        own = sorted((event for event in events if event.object_type is kind), key=_order)
        line[kind.value] = [_activity(history, event, places, owner) for event in own]
    return line


def _deal(
    history: AccountHistory, event: ActivityEvent, events: list[ActivityEvent], owner: dict[str, str]
) -> JsonObject:
    deal = history.story.deals[_deal_number(event)]
    roles = {member.position: member.role for member in deal.committee}
    lines = [item for item in events if item.object_type is ObjectType.LINE_ITEMS]
    own = [item for item in lines if _deal_number(item) == deal.number]
    return {
        "properties": activity_properties(history.writer, event) | owner,
        "contacts": [{"position": position, "label": roles[position].label} for position in event.contacts],
        "lineItems": [{"properties": activity_properties(history.writer, item)} for item in own],
    }


def _activity(
    history: AccountHistory, event: ActivityEvent, deals: dict[int, int], owner: dict[str, str]
) -> JsonObject:
    return {
        "properties": activity_properties(history.writer, event) | owner,
        "contacts": list(event.contacts),
        "deals": [] if event.deal is None else [deals[event.deal.number]],
    }


def _deal_number(event: ActivityEvent) -> int:
    return -1 if event.deal is None else event.deal.number


def _order(event: ActivityEvent) -> tuple[object, int, int]:
    return event.at, event.contacts[0], event.ordinal
