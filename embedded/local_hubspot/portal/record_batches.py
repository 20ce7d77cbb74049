"""Batches of records: one invalid input fails the whole batch unless all inputs can be told apart.

HubSpot writes the valid inputs and reports the others only if each input has its own ``objectWriteTraceId``.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_hubspot.portal.errors import (
    HubSpotError,
    InvalidPropertiesError,
    InvalidProperty,
    not_found_error,
    validation_error,
)
from local_hubspot.portal.object_types import ObjectSchema
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record
from local_hubspot.portal.write import BatchClaims, PlannedWrite, apply_write, plan_create, plan_update

MAX_INPUTS = 100
"""Maximum number of inputs in a batch of records."""

Input = dict[str, Any]
Plan = Callable[[Input], PlannedWrite]


@dataclass(slots=True)
class WrittenRecord:
    """One result: the record, the names of the properties in the input, and whether the record is new."""

    record: Record
    names: Sequence[str]
    was_created: bool


@dataclass(slots=True)
class BatchOutcome:
    """Result of a batch: written records in HubSpot's order, and errors as entries of a 207."""

    written: list[WrittenRecord] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def create_batch(
    portal: Portal, kind: ObjectSchema, inputs: list[Input], now: int, spoiled: int | None
) -> BatchOutcome:
    """Create records; ``spoiled`` is the index of an input that a fault rejects. Raises :class:`HubSpotError`."""
    require_size(inputs)
    _refuse_equal_emails(kind, inputs)
    claims = BatchClaims()

    def plan(item: Input) -> PlannedWrite:
        return plan_create(portal, kind, item.get("properties") or {}, item.get("associations") or (), claims)

    return _run(portal, inputs, plan, now, spoiled)


def update_batch(
    portal: Portal, kind: ObjectSchema, inputs: list[Input], now: int, spoiled: int | None
) -> BatchOutcome:
    """Update records by id or unique property; unknown ids become error entries. Raises :class:`HubSpotError`."""
    require_size(inputs)
    _refuse_equal_ids(inputs)
    known_inputs: list[Input] = []
    missing: list[Input] = []
    for item in inputs:
        found_one = find(portal, kind, str(item["id"]), item.get("idProperty")) is not None
        (known_inputs if found_one else missing).append(item)
    claims = BatchClaims()

    def plan(item: Input) -> PlannedWrite:
        record = find(portal, kind, str(item["id"]), item.get("idProperty"))
        if record is None:
            raise not_found_error(kind.upper, [str(item["id"])])
        return plan_update(portal, kind, record, item.get("properties") or {}, claims)

    outcome = _run(portal, known_inputs, plan, now, spoiled)
    outcome.errors += _missing_entries(kind, missing)
    return outcome


def upsert_batch(
    portal: Portal, kind: ObjectSchema, inputs: list[Input], now: int, spoiled: int | None
) -> BatchOutcome:
    """Create or update records by e-mail or a unique property. Raises :class:`HubSpotError`.

    By e-mail, one invalid input fails the whole batch, even with trace ids.
    """
    require_size(inputs)
    for item in inputs:
        require_unique(portal, kind, item.get("idProperty") or "hs_object_id")
    _refuse_equal_ids(inputs)
    claims = BatchClaims()

    def plan(item: Input) -> PlannedWrite:
        name, value = item["idProperty"], str(item["id"])
        record = find(portal, kind, value, name)
        properties = item.get("properties") or {}
        if record is None:
            return plan_create(portal, kind, {name: value} | properties, (), claims)
        return plan_update(portal, kind, record, properties, claims)

    by_email = any(item["idProperty"] == "email" for item in inputs)
    return _run(portal, inputs, plan, now, spoiled, all_or_nothing=by_email)


def find(portal: Portal, kind: ObjectSchema, value: str, id_property: str | None) -> Record | None:
    """Return a live record by id or unique property; raises :class:`HubSpotError` if the property is not unique."""
    store = portal.store(kind)
    if id_property in {None, "", "hs_object_id"}:
        return store.live.get(value)
    name = str(id_property)
    require_unique(portal, kind, name)
    return store.with_value(name, value.strip().lower() if name == "email" else value)


def require_unique(portal: Portal, kind: ObjectSchema, name: str) -> None:
    """Check that a property identifies a single record; raises :class:`HubSpotError` (400) otherwise."""
    definition = portal.definitions[kind.plural].get(name)
    is_email = name == "email" and kind.plural == "contacts"
    is_custom_key = definition is not None and definition.has_unique_value and not definition.hubspot_defined
    if not is_email and not is_custom_key:
        raise validation_error(
            f"Unable to perform update/upsert by non-unique {kind.id} property {name} "
            f"in portal ID {portal.settings.portal_id}"
        )


def require_size(inputs: Sequence[Any], limit: int = MAX_INPUTS) -> None:
    """Check that a batch has at most ``limit`` inputs; raises :class:`HubSpotError` (400) otherwise."""
    if len(inputs) > limit:
        raise validation_error(
            f"The maximum number of inputs supported in a batch request is {limit}. "
            "Please reduce the number of items and try again"
        )


def sort_as_hubspot(records: Iterable[WrittenRecord]) -> list[WrittenRecord]:
    """Sort results like HubSpot: not in the order of the inputs, but the same each time."""
    return sorted(records, key=lambda written: zlib.crc32(written.record.id.encode()))


def _run(
    portal: Portal, inputs: list[Input], plan: Plan, now: int, spoiled: int | None, *, all_or_nothing: bool = False
) -> BatchOutcome:
    plans: list[PlannedWrite] = []
    refused: list[tuple[Input, HubSpotError]] = []
    for place, item in enumerate(inputs):
        try:
            if place == spoiled:
                raise _scripted_error(portal)
            plans.append(plan(item))
        except HubSpotError as refusal:
            refused.append((item, refusal))
    if refused and (all_or_nothing or not _has_trace_ids(inputs)):
        raise _merge_errors(portal, inputs, [refusal for _, refusal in refused])
    written = [
        WrittenRecord(apply_write(portal, write, now), list(write.changes), write.present is None) for write in plans
    ]
    errors = [refusal.entry(objectWriteTraceId=[str(item["objectWriteTraceId"])]) for item, refusal in refused]
    return BatchOutcome(sort_as_hubspot(written), errors)


def _scripted_error(portal: Portal) -> HubSpotError:
    problem = InvalidProperty("scripted", "INVALID_ALPHA", "The value breaks a validation rule of this portal.")
    return InvalidPropertiesError([problem], portal.settings.portal_id)


def _has_trace_ids(inputs: list[Input]) -> bool:
    traces = [item.get("objectWriteTraceId") for item in inputs]
    return all(traces) and len(set(traces)) == len(traces)


def _merge_errors(portal: Portal, inputs: list[Input], refusals: list[HubSpotError]) -> HubSpotError:
    problems = [
        problem for refusal in refusals if isinstance(refusal, InvalidPropertiesError) for problem in refusal.problems
    ]
    if problems:
        return InvalidPropertiesError(problems, portal.settings.portal_id)
    first = refusals[0]
    if first.category == "CONFLICT":
        message = first.message if len(inputs) == 1 else "Contact already exists"
        return HubSpotError(409, message, category="CONFLICT")
    return first


def _refuse_equal_emails(kind: ObjectSchema, inputs: list[Input]) -> None:
    if kind.plural != "contacts":
        return
    emails = [str((item.get("properties") or {}).get("email") or "").strip().lower() for item in inputs]
    present = [email for email in emails if email]
    if len(set(present)) < len(present):
        raise HubSpotError(409, "Contact already exists", category="CONFLICT")


def _refuse_equal_ids(inputs: list[Input]) -> None:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for item in inputs:
        folded = str(item["id"])
        folded = folded.strip().lower() if item.get("idProperty") == "email" else folded
        if folded in seen:
            twice[folded] = None
        seen.add(folded)
    if twice:
        raise validation_error(
            f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique", ids=list(twice)
        )


def _missing_entries(kind: ObjectSchema, missing: list[Input]) -> list[dict[str, Any]]:
    traced = [item for item in missing if item.get("objectWriteTraceId")]
    untraced = [str(item["id"]) for item in missing if not item.get("objectWriteTraceId")]
    entries = [
        not_found_error(kind.upper, [str(item["id"])]).entry(objectWriteTraceId=[str(item["objectWriteTraceId"])])
        for item in traced
    ]
    return entries + ([not_found_error(kind.upper, untraced).entry()] if untraced else [])
