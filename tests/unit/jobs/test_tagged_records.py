"""Taking a simulation back when nothing is left but the portal: no ledger, no execution, no stack."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from builders import key
from portal_in_process import LocalPortal
from unit.jobs.test_clean_up import PAIRS, foreign_records, simulate, snapshot

from simcrm.hubspot.errors import TokenRefusedError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.jobs.clean_up import clean_up_portal
from simcrm.jobs.cleanup_state import CleanupState
from simcrm.jobs.tagged_records import TaggedRecords
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_embedded.external_ledgers import LocalSimulationFiles

NOTES = "/crm/properties/2026-09/notes"


def alone(portal: LocalPortal, folder: Path, pauses: list[float] | None = None) -> CleanupState:
    files, waited = LocalSimulationFiles(folder, "sim-test"), pauses if pauses is not None else []
    return clean_up_portal(portal.client(), files, sleep=waited.append)


def test_the_portal_alone_is_enough(portal: LocalPortal, files: SimulationFiles, tmp_path: Path) -> None:
    foreign_records(portal)
    before = snapshot(portal)
    simulate(portal, files)

    state = alone(portal, tmp_path)

    assert snapshot(portal) == before
    assert (state.done, state.foreign_count, state.archived) == (True, 0, dict.fromkeys(ObjectType, PAIRS))


def test_activities_that_the_index_does_not_show_yet_go_with_their_contact(
    portal: LocalPortal, files: SimulationFiles, tmp_path: Path
) -> None:
    simulate(portal, files)

    def hide_activities(request: httpx2.Request) -> httpx2.Response | None:
        hidden = any(f"/{kind}/search" in request.url.path for kind in ("notes", "calls", "tasks", "deals", "tickets"))
        return httpx2.Response(200, json={"total": 0, "results": []}) if hidden else None

    portal.intercept = hide_activities
    alone(portal, tmp_path)

    assert {kind: portal.count(kind) for kind in ObjectType} == dict.fromkeys(ObjectType, 0)


def test_a_note_of_somebody_else_on_one_of_its_contacts_stays(
    portal: LocalPortal, files: SimulationFiles, tmp_path: Path
) -> None:
    simulate(portal, files)
    contact = portal.by_key("contacts")[key(ObjectType.CONTACTS, 5)]["id"]
    to_contact = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    theirs = {
        "properties": {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_note_body": "Real"},
        "associations": [{"to": {"id": contact}, "types": to_contact}],
    }
    note = portal.request("POST", "/crm/v3/objects/notes", theirs)["id"]

    state = alone(portal, tmp_path)

    assert [row["id"] for row in portal.records("notes")] == [note]
    assert (state.done, state.foreign_count, portal.count("contacts")) == (True, 0, 0)


def test_a_merged_record_of_which_nobody_knows_whether_it_is_all_ours_stays(
    portal: LocalPortal, files: SimulationFiles, tmp_path: Path
) -> None:
    simulate(portal, files)
    ids = [portal.by_key("companies")[key(ObjectType.COMPANIES, index)]["id"] for index in (3, 4)]
    both = {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]}
    portal.request("POST", "/crm/v3/objects/companies/merge", both)

    state = alone(portal, tmp_path)

    assert [row["id"] for row in portal.records("companies")] == [ids[0]]
    assert (state.done, state.foreign_count) == (True, 1)


def test_a_portal_whose_notes_never_had_the_property_is_taken_back_all_the_same(
    portal: LocalPortal, files: SimulationFiles, tmp_path: Path
) -> None:
    simulate(portal, files)

    def without_notes(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path == NOTES:
            return httpx2.Response(200, json={"results": [{"name": "hs_note_body"}]})
        return (
            httpx2.Response(400, json={"message": "no such property"}) if "/notes/search" in request.url.path else None
        )

    portal.intercept = without_notes

    assert alone(portal, tmp_path).done
    assert portal.count("contacts") == 0


def test_more_than_a_search_shows_is_found(portal: LocalPortal, tmp_path: Path) -> None:
    for start in range(0, 10_300, 100):
        rows = [{"properties": {"simcrm_simulation_id": "sim-test", "lastname": str(start + n)}} for n in range(100)]
        portal.request("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": rows})

    assert TaggedRecords(portal.client()).count() == {"sim-test": {ObjectType.CONTACTS: 10_300}}
    assert alone(portal, tmp_path).archived == {ObjectType.CONTACTS: 10_300}


def test_every_simulation_of_a_portal_is_counted_by_type(portal: LocalPortal, files: SimulationFiles) -> None:
    foreign_records(portal)
    simulate(portal, files)
    seen: list[int] = []

    found = TaggedRecords(portal.client()).count(seen.append)

    assert found == {"sim-other": {ObjectType.COMPANIES: 1}, "sim-test": dict.fromkeys(ObjectType, PAIRS)}
    assert seen[-1] == len(ObjectType) * PAIRS + 1


def test_a_portal_that_is_busy_is_waited_for(portal: LocalPortal, files: SimulationFiles, tmp_path: Path) -> None:
    simulate(portal, files)
    portal.fault(kind="status", status=503, path="notes/batch/archive", times=9)

    assert alone(portal, tmp_path).done
    assert {kind: portal.count(kind) for kind in ObjectType} == dict.fromkeys(ObjectType, 0)


def test_a_token_that_is_none_ends_it(portal: LocalPortal, files: SimulationFiles, tmp_path: Path) -> None:
    simulate(portal, files)
    portal.fault(kind="status", status=401, path="archive", times=None)

    with pytest.raises(TokenRefusedError):
        alone(portal, tmp_path)


def test_a_portal_that_simcrm_has_never_seen_holds_nothing_of_it(empty_portal: LocalPortal, tmp_path: Path) -> None:
    assert TaggedRecords(empty_portal.client()).count() == {}
    assert alone(empty_portal, tmp_path).archived == {}
    prepare_portal(empty_portal.client(), allow_production=False)
    made: Any = TaggedRecords(empty_portal.client()).count()
    assert made == {}


def test_a_type_that_the_token_may_not_read_does_not_keep_the_others_from_being_archived(
    portal: LocalPortal, tmp_path: Path
) -> None:
    contact = {"lastname": "Okafor", "simcrm_simulation_id": "sim-test"}
    portal.request("POST", "/crm/v3/objects/contacts", {"properties": contact})
    scopes = {"requiredGranularScopes": ["sales-email-read"]}
    missing = {"category": "MISSING_SCOPES", "message": "no", "context": scopes}
    portal.intercept = lambda request: httpx2.Response(403, json=missing) if "/emails" in request.url.path else None

    state = alone(portal, tmp_path)

    assert (state.done, state.archived, portal.count("contacts")) == (True, {ObjectType.CONTACTS: 1}, 0)
