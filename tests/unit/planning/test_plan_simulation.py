from typing import Any

import httpx2
import pytest
from builders import DAY, SIMULATION, START, status
from portal_in_process import LocalPortal
from recorders import LogLines
from scripted_portal import ok

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError
from simcrm.hubspot.record_urls import PortalAccount
from simcrm.models.account_story import CommitteeRole
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.role_labels import RoleLabels
from simcrm.models.run_currency import PortalCurrencies
from simcrm.operations.run_timeline import read_timeline
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.run_status import RunFailure, RunState, StopReason, read_status, write_status, write_stop_reason
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic.exchange_rates import resolve_currency


def plan(portal: LocalPortal, files: SimulationFiles, **document: Any) -> None:
    request = PlanRequest(SIMULATION, START, {"totalRecords": 250, **document})
    plan_simulation(request, portal.client(), files)


def batches(files: SimulationFiles) -> list[Batch]:
    return [Batch.from_row(row) for row in files.read_lines(file_names.BATCHES) or ()]


def test_a_plan_its_batches_and_its_status_are_written(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files)

    assert read_plan(files).total_records == 250
    assert [index for batch in batches(files) for index in batch.indexes] == list(range(250))
    status = read_status(files)
    assert status is not None
    assert (status.status, status.planned, status.started_at) == (RunState.RUNNING, 250, START)


def test_batches_are_due_along_the_simulated_span(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files, contactsPerCompany=1, startTime=to_iso_utc(START), endTime=to_iso_utc(START + DAY))

    due = [batch.due_at for batch in batches(files)]
    assert len(due) == 250
    assert (due[-1] - due[0]) / DAY == pytest.approx(249 / 250, abs=1e-3)


def test_a_plan_takes_pipeline_and_owners_of_the_portal(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files)

    owners = tuple(owner["id"] for owner in portal.request("GET", "/crm/v3/owners")["results"])
    assert read_plan(files).owner_ids == owners
    assert read_plan(files).pipeline == DEFAULT_PIPELINE


def test_a_plan_knows_its_portal_and_a_dry_run_has_none(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files)
    assert read_plan(files).portal == PortalAccount(id=portal.request("GET", "/account-info/v3/details")["portalId"])

    plan(portal, files, dryRun=True)
    assert read_plan(files).portal is None


def test_a_plan_has_the_portals_labels_for_the_roles_of_contacts_in_deals(
    portal: LocalPortal, files: SimulationFiles
) -> None:
    plan(portal, files)

    rows = portal.request("GET", "/crm/v4/associations/deals/contacts/labels")["results"]
    stored = read_plan(files)
    assert stored.role_labels.from_deals == {
        role: row["typeId"] for role in CommitteeRole for row in rows if row["label"] == role.label
    }
    assert stored.omitted_labels is None


def test_a_portal_without_labels_is_planned_without_and_the_log_says_so_once(
    portal: LocalPortal, files: SimulationFiles, log_lines: LogLines
) -> None:
    portal.request("PUT", "/_local/settings", {"plan": "starter"})

    plan(portal, files)

    stored, timeline = read_plan(files), read_timeline(files)
    assert (stored.role_labels, stored.omitted_labels) == (RoleLabels(), ())
    assert timeline is not None
    assert timeline.omitted == {"associationLabels": ()}
    (line,) = log_lines.with_event_id("LABELS_OMITTED")
    assert "subscription" in line["reason"]


def test_without_deals_no_label_is_made(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files, activities={"enabled": False})

    assert not any(path.endswith("/labels") for _, path in portal.calls)


def test_a_plan_takes_the_pipeline_that_is_asked_for(portal: LocalPortal, files: SimulationFiles) -> None:
    stages = [
        {"id": "1", "displayOrder": 0, "metadata": {"isClosed": "false", "probability": "0.2"}},
        {"id": "2", "displayOrder": 1, "metadata": {"isClosed": "true", "probability": "1.0"}},
        {"id": "3", "displayOrder": 2, "metadata": {"isClosed": "true", "probability": "0.0"}},
    ]
    pipelines = ok({"results": [{"id": "own", "displayOrder": 1, "stages": stages}]})

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        return pipelines if "/pipelines/" in request.url.path else None

    portal.intercept = intercept
    plan(portal, files, hubspot={"pipelineId": "own"})

    assert read_plan(files).pipeline.open == ("1",)


def test_a_portal_that_was_never_used_is_prepared(empty_portal: LocalPortal, files: SimulationFiles) -> None:
    plan(empty_portal, files)

    assert empty_portal.request("GET", "/crm/v3/properties/contacts/simcrm_record_key")["hasUniqueValue"] is True


def test_a_dry_run_asks_the_portal_nothing(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files, dryRun=True, hubspot={"ownerIds": ["1"]})

    assert portal.calls == []
    assert (read_plan(files).pipeline, read_plan(files).owner_ids) == (DEFAULT_PIPELINE, ("1",))


def test_planning_again_writes_the_same(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files, timeScale=60, startTime=to_iso_utc(START), endTime=to_iso_utc(START + DAY))
    first = (read_plan(files), batches(files), read_status(files))

    plan(portal, files, timeScale=60, startTime=to_iso_utc(START), endTime=to_iso_utc(START + DAY))

    assert (read_plan(files), batches(files), read_status(files)) == first


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"totalRecords": 0}, "totalRecords"),
        ({"totalRecords": 1_000_001}, "totalRecords"),
        ({"recordz": 1}, "recordz"),
        ({"scenario": "B2D"}, "scenario"),
        ({"startTime": "2026-03-02T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"}, "endTime"),
        ({"simulationId": "sim-other"}, "simulationId"),
        ({"timeScale": 60}, "timeScale"),
        ({"endTime": to_iso_utc(START + 366 * DAY)}, "endTime"),
        ({"hubspot": {"pipelineId": "nowhere"}}, "hubspot.pipelineId"),
        ({"hubspot": {"ownerIds": ["nobody"]}}, "hubspot.ownerIds"),
    ],
)
def test_a_bad_input_is_refused_by_its_field_and_nothing_is_written(
    portal: LocalPortal, files: SimulationFiles, document: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidSimulationError, match=rf"^{field}: ") as caught:
        plan(portal, files, **document)

    assert caught.value.field == field
    assert list(files.list_names("")) == []


def test_an_input_that_is_bad_by_itself_asks_the_portal_nothing(portal: LocalPortal, files: SimulationFiles) -> None:
    with pytest.raises(InvalidSimulationError):
        plan(portal, files, totalRecords=0)

    assert portal.calls == []


def test_a_production_portal_needs_leave(files: SimulationFiles) -> None:
    portal = LocalPortal(account_type="STANDARD")

    with pytest.raises(PortalAccessError):
        plan(portal, files)
    assert list(files.list_names("")) == []

    plan(portal, files, hubspot={"allowProductionPortal": True})
    assert read_plan(files)


def test_a_busy_portal_leaves_nothing_behind(portal: LocalPortal, files: SimulationFiles) -> None:
    portal.fault(kind="status", status=503, times=4)

    with pytest.raises(PortalUnavailableError):
        plan(portal, files)

    assert list(files.list_names("")) == []


def test_a_plan_is_logged_with_its_size(portal: LocalPortal, files: SimulationFiles, log_lines: LogLines) -> None:
    plan(portal, files, dryRun=True)

    (line,) = log_lines.with_event_id("PLAN_READY")
    assert (line["simulationId"], line["records"], line["batches"]) == (SIMULATION, 250, 3)


@pytest.mark.parametrize(
    ("currencies", "code", "notices"),
    [
        (PortalCurrencies("EUR"), "EUR", 0),
        (PortalCurrencies("USD", ("EUR",)), "EUR", 0),
        (PortalCurrencies("CHF", ("USD",)), "CHF", 1),
        (PortalCurrencies("XAU"), "EUR", 1),
    ],
    ids=str,
)
def test_a_plan_holds_the_portals_currencies_and_that_of_its_amounts(
    files: SimulationFiles, log_lines: LogLines, currencies: PortalCurrencies, code: str, notices: int
) -> None:
    portal = LocalPortal(currency=currencies.home, further_currencies=currencies.further)

    plan(portal, files, locale="de_DE")

    written = read_plan(files)
    assert written.currencies == currencies
    assert written.currency == resolve_currency(["de_DE"], currencies)
    assert written.currency.code == code
    assert written.generation.currency == written.currency
    assert [line["simulationId"] for line in log_lines.with_event_id("CURRENCY_MISSING")] == [SIMULATION] * notices


def test_a_dry_run_has_the_currency_of_its_locale(files: SimulationFiles, log_lines: LogLines) -> None:
    plan(LocalPortal(currency="CHF"), files, locale="de_DE", dryRun=True)

    written = read_plan(files)
    assert (written.currencies, written.currency) == (None, resolve_currency(["de_DE"]))
    assert log_lines.with_event_id("CURRENCY_MISSING") == []


def resume(portal: LocalPortal, files: SimulationFiles, **document: Any) -> None:
    request = PlanRequest(SIMULATION, START + DAY, {"totalRecords": 250, **document}, attempt=2)
    plan_simulation(request, portal.client(), files)


def test_a_resumed_simulation_keeps_its_plan_and_forgets_why_it_stopped(
    portal: LocalPortal, files: SimulationFiles
) -> None:
    plan(portal, files)
    kept = read_plan(files), batches(files)
    write_stop_reason(files, RunFailure(code="PORTAL_REFUSED", message="Put a token and resume."))
    failed = status(RunState.FAILED, ended_at=START, failed=3, error=RunFailure(code="PORTAL_REFUSED", message="m"))
    write_status(files, failed)

    resume(portal, files)

    assert (read_plan(files), batches(files)) == kept
    assert files.read(file_names.STOP, StopReason) == StopReason(reason=None)
    again = read_status(files)
    assert again is not None
    assert (again.status, again.attempt, again.error, again.failed) == (RunState.RUNNING, 2, None, None)
    assert (again.planned, again.started_at) == (250, START)


def test_a_simulation_that_failed_before_its_plan_is_planned_by_the_resume(
    portal: LocalPortal, files: SimulationFiles
) -> None:
    write_status(files, status(RunState.FAILED, planned=0, ended_at=START))

    resume(portal, files)

    assert read_plan(files).total_records == 250
    again = read_status(files)
    assert again is not None
    assert (again.status, again.attempt, again.planned) == (RunState.RUNNING, 2, 250)


def test_a_resume_looks_at_the_portal_again(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files)
    portal.request("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")

    resume(portal, files)

    assert portal.request("GET", "/crm/v3/properties/contacts/simcrm_lead_reasoning")["type"] == "string"


def test_a_resumed_dry_run_asks_the_portal_nothing(portal: LocalPortal, files: SimulationFiles) -> None:
    plan(portal, files, dryRun=True)
    portal.calls.clear()

    resume(portal, files, dryRun=True)

    assert portal.calls == []


@pytest.mark.parametrize(("records", "companies"), [(4, 2), (5, 3)])
def test_a_portal_needs_room_for_companies_rounded_up(
    portal: LocalPortal, files: SimulationFiles, records: int, companies: int
) -> None:
    room = [companies]

    def limit(request: httpx2.Request) -> httpx2.Response | None:
        row = {"objectTypeId": "0-2", "limit": room[0], "usage": 0}
        return ok({"hubspotDefinedObjectTypes": [row]}) if request.url.path.endswith("/records") else None

    portal.intercept = limit
    plan(portal, files, totalRecords=records, contactsPerCompany={"min": 2, "max": 2})
    room[0] = companies - 1

    with pytest.raises(
        PortalAccessError, match=rf"more companies \(its limit is {companies - 1}\), and {companies} are planned"
    ):
        plan(portal, files, totalRecords=records, contactsPerCompany={"min": 2, "max": 2})
