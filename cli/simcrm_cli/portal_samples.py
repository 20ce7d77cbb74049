"""Sample records read back from the portal by their keys, with associated objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2

from simcrm.models.crm_objects import ObjectType, RecordKey
from simcrm_cli.http_client import http_client

API_VERSION = "2026-09"
TIMEOUT = 10.0
_NOT_ASSOCIATED = {ObjectType.CONTACTS, ObjectType.PRODUCTS, ObjectType.LINE_ITEMS}
ASSOCIATED_TYPES = tuple(kind.value for kind in ObjectType if kind not in _NOT_ASSOCIATED)
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "jobtitle",
        "simcrm_buyer_role",
        "simcrm_lead_temperature",
        "simcrm_engagement_score",
        "simcrm_original_source",
    ),
    "companies": ("name", "domain", "industry", "city", "state", "country", "numberofemployees"),
    "deals": ("dealname", "amount", "dealstage", "closedate"),
    "tickets": ("subject", "content"),
    "notes": ("hs_note_body", "hs_timestamp"),
    "calls": ("hs_call_title", "hs_call_body", "hs_call_duration", "hs_timestamp"),
    "tasks": ("hs_task_subject", "hs_task_body", "hs_task_status", "hs_timestamp"),
    "meetings": ("hs_meeting_title", "hs_meeting_body", "hs_meeting_outcome", "hs_timestamp"),
    "emails": ("hs_email_subject", "hs_email_text", "hs_email_direction", "hs_timestamp"),
}
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """A contact's properties, and by object type those of the first associated object."""

    contact: dict[str, str]
    associated: dict[str, dict[str, str]] = field(default_factory=dict)


class PortalReader:
    """Reads a local or real portal."""

    def __init__(self, url: str, token: str) -> None:
        self._http = http_client(f"{url}/crm/objects/{API_VERSION}", token, TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def read_sample(self, simulation_id: str, index: int) -> Sample | None:
        """Return one record of a simulation, or None if the portal does not have it."""
        key = RecordKey(simulation_id, ObjectType.CONTACTS, index)
        contact = self._read(
            "contacts", str(key), idProperty="simcrm_record_key", associations=",".join(ASSOCIATED_TYPES)
        )
        if contact is None:
            return None
        linked = {name: self._read_first(name, contact.get("associations") or {}) for name in ASSOCIATED_TYPES}
        return Sample(_values(contact), {name: _values(item) for name, item in linked.items() if item is not None})

    def _read_first(self, object_type: str, associations: Mapping[str, Any]) -> dict[str, Any] | None:
        ends = (associations.get(object_type) or {}).get("results") or []
        return self._read(object_type, str(ends[0]["id"])) if ends else None

    def _read(self, object_type: str, record: str, **query: str) -> dict[str, Any] | None:
        query["properties"] = ",".join(PROPERTIES[object_type])
        answer = self._http.get(f"/{object_type}/{record}", params=query)
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document


def read_samples(portal: PortalReader, simulation_id: str, planned: int, count: int) -> list[Sample]:
    """Return the records with the most associated objects among some spread over the simulation.

    A portal that cannot be read gives no samples: they are not part of the result.
    """
    try:
        samples = [portal.read_sample(simulation_id, index) for index in spread_indexes(planned, _CANDIDATES)]
    except (httpx2.HTTPError, ValueError, KeyError):
        return []
    return sorted((sample for sample in samples if sample), key=lambda sample: len(sample.associated), reverse=True)[
        :count
    ]


def spread_indexes(total: int, count: int) -> Iterable[int]:
    """Return up to ``count`` different, evenly spaced indexes from 0 to ``total``."""
    return sorted({number * total // count for number in range(count)}) if total else []


def _values(document: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in document["properties"].items() if value and not name.startswith("hs_object")}
