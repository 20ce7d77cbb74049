"""People edit records between two waves; what they changed stays, and all else arrives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import redis
from builders import SIMULATION, activity_row, batch, key, pair_row, plan, write_request
from portal_in_process import LocalPortal
from recorders import LogLines

from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.generation.activity_waves import generate_activity_wave
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.jobs.finish_simulation import final_status
from simcrm.jobs.retry_refused import RetryRefusedJob
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.refused_records import refused_page
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.batch_history import BatchHistory, write_history
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, LedgerTotals
from simcrm.storage.run_status import RunState, RunStatus
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

DEALS, TASKS, TICKETS, CONTACTS = ObjectType.DEALS, ObjectType.TASKS, ObjectType.TICKETS, ObjectType.CONTACTS
DEAL, TASK = key(DEALS, 0, 0), key(TASKS, 0, 0)
AMOUNT_AND_STAGE = {"amount": "2400", "dealstage": "contractsent"}
READ = ("POST", "/crm/objects/2026-09/deals/batch/read")
UPSERT = ("POST", "/crm/objects/2026-09/deals/batch/upsert")


def change(kind: ObjectType = DEALS, index: int = 0, /, **properties: str) -> JsonObject:
    return {**activity_row(kind, index), "isChange": True, "properties": properties}


def created(kind: ObjectType = DEALS, index: int = 0, /, **properties: str) -> JsonObject:
    row = activity_row(kind, index)
    return {**row, "properties": row["properties"] | properties}


class WriterKilledError(BaseException):
    """The writer's process is gone; nothing catches it."""


@dataclass
class LiveRun:
    """A run of one batch whose waves a test writes one after the other, with a new writer each."""

    portal: LocalPortal
    client: HubSpotClient
    files: SimulationFiles
    cache: redis.Redis

    def plan(self, *waves: list[JsonObject], contacts: int = 1) -> None:
        """Store the batch's history, and write its contacts."""
        rows = {file_names.CONTACTS_STEP: [pair_row(index, lifecyclestage="lead") for index in range(contacts)]}
        rows |= {file_names.wave_step(number): wave for number, wave in enumerate(waves)}
        due = [{"wave": number, "dueAt": "2026-03-02T14:00:00Z"} for number in range(len(waves))]
        write_plan(self.files, plan(totalRecords=contacts))
        write_history(self.files, 0, BatchHistory(rows, due))
        self.files.write_lines(file_names.records_file(0), rows[file_names.CONTACTS_STEP])
        self.write_step(write_request())

    @property
    def writer(self) -> Writer:
        validator = Validator(PropertyDefinitionCache(self.client, None, "portal"))
        portal = BatchWriter(self.client, has_key=validator.has_key, fix_properties=validator.fix_properties)
        return Writer(portal, lambda _: self.files, PropertyChanges(validator))

    def write_step(self, body: str) -> LedgerTotals:
        writer = self.writer
        (totals,) = writer.write([writer.open(parse_write_request(body))])
        return totals

    def write_wave(self, number: int) -> LedgerTotals:
        """Generate a wave from the history and write it."""
        wave = generate_activity_wave(self.files, batch(count=1), number, RunCounters(None, SIMULATION))
        return self.write_step(write_request(step=wave.step, source=wave.source))

    def edit(self, kind: ObjectType, record_key: str, **properties: str) -> None:
        """What a person does in the portal."""
        self.portal.request("PATCH", self._path(kind, record_key), {"properties": properties})

    def delete(self, kind: ObjectType, record_key: str) -> None:
        """What a person does in the portal."""
        self.portal.request("DELETE", self._path(kind, record_key))

    def _path(self, kind: ObjectType, record_key: str) -> str:
        return f"/crm/v3/objects/{kind}/{self.portal.by_key(kind)[record_key]['id']}"

    def values(self, kind: ObjectType, record_key: str, *names: str) -> list[str | None]:
        row = self.portal.by_key(kind, *names)[record_key]
        return [row[name] for name in names]

    def entries(self, wave: int) -> list[LedgerEntry]:
        return Ledger(self.files).read_step(0, file_names.wave_step(wave)) or []

    def calls_of(self, act: Callable[[], Any]) -> list[tuple[str, str]]:
        """The calls about records that an act makes."""
        begun = len(self.portal.calls)
        act()
        return [call for call in self.portal.calls[begun:] if "/batch/" in call[1]]


@pytest.fixture
def run(portal: LocalPortal, client: HubSpotClient, files: SimulationFiles, cache: redis.Redis) -> LiveRun:
    return LiveRun(portal, client, files, cache)


def test_a_person_edits_an_amount_and_the_next_wave_writes_only_the_stage(run: LiveRun, log_lines: LogLines) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)
    run.edit(DEALS, DEAL, amount="7654321.25")

    totals = run.write_wave(1)

    assert run.values(DEALS, DEAL, "amount", "dealstage") == ["7654321.25", "contractsent"]
    (entry,) = run.entries(1)
    assert (entry.key, entry.outcome, entry.kept) == (DEAL, LedgerOutcome.WRITTEN, ("amount",))
    assert entry.reason == "changed by people: amount"
    assert (totals.skipped, totals.refused, totals.written[DEALS]) == (1, 0, 1)
    (line,) = log_lines.with_event_id("PEOPLE_CHANGES_KEPT")
    assert (line["object"], line["count"], line["properties"]) == ("deals", 1, {"amount": 1})
    assert "7654321.25" not in str(line), "a value of the portal"


def test_the_run_counts_it_as_skipped_and_succeeds(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)
    run.edit(DEALS, DEAL, amount="999")
    run.write_wave(1)
    running = RunStatus(simulation_id=SIMULATION, status=RunState.RUNNING, planned=1, started_at=plan().run_start)

    status = final_status(run.files, RunCounters(run.cache, SIMULATION), running, None)

    assert (status.status, status.skipped, status.failed, status.missing) == (RunState.SUCCEEDED, 1, 0, 0)
    assert refused_page(run.files, None).rows == [
        {"key": DEAL, "type": "deals", "outcome": "skipped", "reason": "changed by people: amount"}
    ]


def test_a_later_change_of_the_same_property_is_left_alone_even_if_it_was_set_back(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)], [change(amount="3600", closedate="2026-05-01T00:00:00Z")])
    run.write_wave(0)
    run.edit(DEALS, DEAL, amount="999")
    run.write_wave(1)
    run.edit(DEALS, DEAL, amount="2400")

    totals = run.write_wave(2)

    amount, closedate = run.values(DEALS, DEAL, "amount", "closedate")
    assert (amount, str(closedate)[:10]) == ("2400", "2026-05-01")
    assert totals.skipped == 1
    final = LedgerTotals.from_entries(Ledger(run.files).read_all())
    assert final.skipped == 1, "one property of one deal, however often it was left alone"


def test_an_update_with_nothing_left_is_not_sent(run: LiveRun) -> None:
    run.plan([created()], [change(amount="2400")])
    run.write_wave(0)
    run.edit(DEALS, DEAL, amount="999")

    assert run.calls_of(lambda: run.write_wave(1)) == [READ]
    assert run.entries(1)[0].outcome is LedgerOutcome.WRITTEN


def test_what_people_leave_alone_is_written_with_one_more_call(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)

    assert run.calls_of(lambda: run.write_wave(1)) == [READ, UPSERT]
    assert run.values(DEALS, DEAL, "amount", "dealstage") == ["2400", "contractsent"]
    assert run.entries(1)[0].kept is None


def test_steps_without_changes_read_nothing(run: LiveRun) -> None:
    run.plan([created(), created(TASKS), created(TICKETS)])

    calls = run.calls_of(lambda: run.write_wave(0))

    assert [path for _, path in calls if path.endswith("batch/read") and "associations" not in path] == []


def test_a_hundred_changed_objects_take_one_read(run: LiveRun) -> None:
    count = 150
    run.plan(
        [created(DEALS, index) for index in range(count)],
        [change(DEALS, index, amount="2400") for index in range(count)],
        contacts=count,
    )
    run.write_wave(0)

    calls = run.calls_of(lambda: run.write_wave(1))

    assert (calls.count(READ), calls.count(UPSERT)) == (2, 2)


@pytest.mark.parametrize(
    ("kind", "wanted", "edited"),
    [
        (TASKS, {"hs_task_status": "COMPLETED"}, {"hs_task_status": "WAITING"}),
        (TICKETS, {"hs_pipeline_stage": "4"}, {"hs_pipeline_stage": "3"}),
        (ObjectType.LINE_ITEMS, {"quantity": "5"}, {"quantity": "7"}),
    ],
)
def test_other_types_keep_what_people_changed_too(
    run: LiveRun, kind: ObjectType, wanted: dict[str, str], edited: dict[str, str]
) -> None:
    first = {"hs_task_status": "NOT_STARTED"} if kind is TASKS else {}
    line = {"deals": [[0, 0]]} if kind is ObjectType.LINE_ITEMS else {}
    run.plan([created(), {**created(kind, **first), **line}], [change(kind, **wanted)])
    run.write_wave(0)
    run.edit(kind, key(kind, 0, 0), **edited)

    run.write_wave(1)

    assert run.values(kind, key(kind, 0, 0), *edited) == list(edited.values())
    assert [entry.kept for entry in run.entries(1)] == [tuple(edited)]


def test_a_stage_that_people_gave_a_contact_stays(run: LiveRun) -> None:
    stage = {**change(CONTACTS, lifecyclestage="marketingqualifiedlead"), "isChange": None}
    run.plan([stage])
    run.edit(CONTACTS, key(CONTACTS), lifecyclestage="customer")

    totals = run.write_wave(0)

    assert run.values(CONTACTS, key(CONTACTS), "lifecyclestage") == ["customer"]
    assert (totals.skipped, totals.funnel.get("lead", 0)) == (1, 0)  # type: ignore[call-overload]
    assert run.entries(0)[0].stage is None


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        ({"amount": "1200"}, {"amount": "1200.0"}),
        ({"closedate": "2026-04-01T00:00:00Z"}, {"closedate": "1775001600000"}),
    ],
)
def test_another_spelling_of_the_same_value_is_no_change(
    run: LiveRun, first: dict[str, str], shown: dict[str, str]
) -> None:
    (name,) = first
    wanted = {"amount": "2400", "closedate": "2026-06-01T00:00:00Z"}[name]
    run.plan([created(**first)], [change(**{name: wanted})])
    run.write_wave(0)
    run.edit(DEALS, DEAL, **shown)

    assert run.write_wave(1).skipped == 0
    assert str(run.values(DEALS, DEAL, name)[0])[:4] == wanted[:4]


def test_an_owner_or_pipeline_that_no_change_is_about_is_not_written(run: LiveRun) -> None:
    run.plan([created()], [{**change(amount="2400"), "ownerId": "71000001"}])
    run.write_wave(0)
    run.edit(DEALS, DEAL, hubspot_owner_id="71000002")

    run.write_wave(1)

    assert run.values(DEALS, DEAL, "hubspot_owner_id", "amount") == ["71000002", "2400"]
    assert run.entries(1)[0].kept is None


@pytest.mark.parametrize("path", ["deals/batch/upsert", "deals/batch/read"])
def test_a_killed_writer_does_not_take_its_own_update_for_somebody_elses(run: LiveRun, path: str) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)

    def killed_after(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith(path):
            return None
        run.portal._respond(request)
        run.portal.intercept = lambda _: None
        raise WriterKilledError

    run.portal.intercept = killed_after
    with pytest.raises(WriterKilledError):
        run.write_wave(1)

    calls = run.calls_of(lambda: run.write_wave(1))
    assert calls == ([READ] if path.endswith("upsert") else [READ, UPSERT])
    assert (run.entries(1)[0].outcome, run.entries(1)[0].kept) == (LedgerOutcome.WRITTEN, None)
    assert run.values(DEALS, DEAL, "amount", "dealstage") == ["2400", "contractsent"]


def test_a_lost_answer_and_an_edit_before_the_retry_keep_the_edit(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)
    run.portal.fault(kind="status", status=504, path="deals/batch/upsert", times=4, afterWrite=True)
    with pytest.raises(Exception, match="504"):
        run.write_wave(1)
    run.edit(DEALS, DEAL, amount="999")

    run.write_wave(1)

    assert run.values(DEALS, DEAL, "amount", "dealstage") == ["999", "contractsent"]
    assert run.entries(1)[0].kept == ("amount",)


def test_two_deliveries_at_once_settle_a_change_once(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)

    def overtake(request: httpx2.Request) -> None:
        if request.url.path.endswith("deals/batch/upsert"):
            run.portal.intercept = lambda _: None
            run.write_wave(1)

    run.portal.intercept = overtake
    totals = run.write_wave(1)

    assert (totals.skipped, totals.refused) == (0, 0)
    assert run.entries(1)[0].kept is None


def test_a_refused_change_is_not_mistaken_for_peoples_later(run: LiveRun) -> None:
    """The portal still has the value from before the refusal."""
    run.plan([created()], [change(amount="2400")], [change(amount="3600")])
    run.write_wave(0)
    run.portal.fault(kind="invalid_input", record=1, path="deals/batch/upsert")
    assert run.write_wave(1).refused == 1

    totals = run.write_wave(2)

    assert (totals.skipped, run.values(DEALS, DEAL, "amount")) == (0, ["3600"])


def test_a_repair_does_not_undo_what_a_later_wave_wrote(run: LiveRun) -> None:
    done = change(TASKS, hs_task_status="COMPLETED")
    run.plan([created(), created(TASKS)], [change(**AMOUNT_AND_STAGE), done], [change(amount="3600")])
    run.write_wave(0)
    run.portal.fault(kind="invalid_input", record=1, path="deals/batch/upsert")
    run.portal.fault(kind="invalid_input", record=1, path="tasks/batch/update")
    run.write_wave(1)
    run.write_wave(2)
    counters = RunCounters(run.cache, SIMULATION)

    state = RetryRefusedJob(run.writer, run.files, lambda: False, counters, run.client).run()

    assert (state.repaired, state.still_refused) == (2, 0)
    assert run.values(DEALS, DEAL, "amount", "dealstage") == ["3600", "contractsent"]
    assert LedgerTotals.from_entries(Ledger(run.files).read_all()).skipped == 0


def test_a_value_that_the_portal_adjusted_is_the_simulations_own(run: LiveRun) -> None:
    """The first stage was replaced by the pipeline's first one, and that is what the change must expect."""
    run.plan([created(dealstage="unknown")], [change(dealstage="contractsent")])
    run.write_wave(0)

    assert run.write_wave(1).skipped == 0
    assert run.values(DEALS, DEAL, "dealstage") == ["contractsent"]


@pytest.mark.parametrize("kind", [DEALS, TASKS])
def test_a_change_of_a_deleted_object_is_refused_with_a_reason(run: LiveRun, kind: ObjectType) -> None:
    wanted = {DEALS: {"amount": "2400"}, TASKS: {"hs_task_status": "COMPLETED"}}[kind]
    run.plan([created(), created(TASKS)], [change(kind, **wanted)])
    run.write_wave(0)
    run.delete(kind, key(kind, 0, 0))

    totals = run.write_wave(1)

    (entry,) = run.entries(1)
    assert (entry.outcome, entry.kept, totals.refused, totals.skipped) == (LedgerOutcome.REFUSED, None, 1, 0)
    assert entry.reason is not None
    assert entry.reason != "changed by people"
    assert key(kind, 0, 0) not in run.portal.by_key(kind)


def test_a_wave_of_an_earlier_version_names_no_previous_values_and_is_written(run: LiveRun) -> None:
    run.plan([created()], [change(**AMOUNT_AND_STAGE)])
    run.write_wave(0)
    source = file_names.activities_file(0, 1)
    run.files.write_lines(source, [change(**AMOUNT_AND_STAGE)])

    calls = run.calls_of(lambda: run.write_step(write_request(step="wave-001", source=source)))

    assert calls == [UPSERT]
    assert run.values(DEALS, DEAL, "amount") == ["2400"]
