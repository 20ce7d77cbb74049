"""The rows of a batch: whole accounts, at once in their final state, or as they come to be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from builders import DAY, START, batch, plan

from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.activity_waves import generate_activity_wave
from simcrm.generation.generate_batch import generate_contact_batch, generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, write_plan
from simcrm.planning.time_mapping import MAX_RUN
from simcrm.storage.batch_history import read_history
from simcrm.storage.simulation_files import SimulationFiles, to_json_line

ACTIVITIES = {"deals", "line_items", "notes", "calls", "tasks", "tickets", "meetings", "emails"}


def build_generator(**fields: Any) -> RowGenerator:
    return RowGenerator.from_plan(build_plan(**fields))


def build_plan(run_start: datetime = START, **fields: Any) -> SimulationPlan:
    return plan(run_start=run_start, **{"totalRecords": 300, **fields})


def span(**fields: Any) -> dict[str, Any]:
    return {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + DAY), **fields}


AT_ONCE = span(timeScale=0)


def first_batch(some: RowGenerator) -> Batch:
    return next(some.histories.batches())


def whole(some: RowGenerator) -> Batch:
    return batch(count=some.plan.total_records)


def all_activities(some: RowGenerator) -> list[JsonObject]:
    return [item.row for item in some.activity_rows(whole(some))]


def final_rows(some: RowGenerator) -> dict[tuple[str, int, int], JsonObject]:
    """The properties of each object after all its changes."""
    objects: dict[tuple[str, int, int], JsonObject] = {}
    for row in all_activities(some):
        if row["type"] != ObjectType.CONTACTS:
            key = row["type"], row["index"], row["ordinal"]
            merged = objects.get(key, {}) | row["properties"]
            objects[key] = {name: value for name, value in merged.items() if value != ""}
    return objects


def test_a_pair_is_index_contact_and_company() -> None:
    rows = build_generator(**AT_ONCE, contactsPerCompany=1).contact_rows(batch(first_index=7, count=3))

    assert [(row["index"], row["companyIndex"]) for row in rows] == [(7, 7), (8, 8), (9, 9)]
    assert all(row["contact"]["email"].endswith(row["company"]["domain"]) for row in rows)


def test_a_company_has_as_many_contacts_as_the_scenario_says() -> None:
    business = Counter(row["companyIndex"] for row in build_generator(**AT_ONCE).contact_rows(batch(count=300)))
    consumers = build_generator(**AT_ONCE, scenario="B2C").contact_rows(batch(count=50))

    assert set(list(business.values())[:-1]) == {3, 4, 5, 6}
    assert [row["companyIndex"] for row in consumers] == list(range(50))


def test_a_company_is_the_same_from_any_of_its_contacts() -> None:
    companies: dict[int, list[JsonObject]] = {}
    for row in build_generator(**AT_ONCE).contact_rows(batch(count=100)):
        companies.setdefault(row["companyIndex"], []).append(row["company"])

    assert 15 < len(companies) < 40
    assert all(company == same[0] for same in companies.values() for company in same)


def test_records_do_not_depend_on_the_batch_they_are_made_in() -> None:
    every = generate_history(build_generator(**AT_ONCE), batch(count=100))
    some = build_generator(**AT_ONCE)
    piece = some.histories.accounts(batch(first_index=40, count=1))
    indexes = some.histories.contacts(piece.start)

    alone = generate_history(some, batch(first_index=indexes.start, count=len(indexes)))

    mine = [row for row in every.all_rows() if row["index"] in indexes]
    assert sorted(map(to_json_line, alone.all_rows())) == sorted(map(to_json_line, mine))


def test_another_seed_makes_other_records() -> None:
    one, other = build_generator(**AT_ONCE), build_generator(**AT_ONCE, seed="other")

    assert one.contact_rows(batch()) != other.contact_rows(batch())


def test_a_contact_is_dated_when_it_joins() -> None:
    some = build_generator(**AT_ONCE)

    for row in some.contact_rows(batch(count=20)):
        account, position = some.histories.place(row["index"])
        joined_at = some.histories.history(account).story.joined_at[position]
        assert row["contact"]["simcrm_simulated_at"] == to_iso_utc(joined_at)


def test_activities_can_be_switched_off() -> None:
    assert build_generator(**AT_ONCE, activities={"enabled": False}).activity_rows(batch(count=100)) == []


# By the clock


def test_live_the_first_contact_comes_with_its_company_and_every_other_joins_once() -> None:
    some = build_generator(**span())
    leads = {row["index"] for row in some.contact_rows(whole(some))}
    joined = Counter(row["index"] for row in all_activities(some) if row.get("isNew"))

    assert leads == {some.histories.contacts(number).start for number in range(some.histories.arrivals.count)}
    assert leads | joined.keys() == set(range(300))
    assert not leads & joined.keys()
    assert set(joined.values()) == {1}


def test_live_nothing_happens_to_a_contact_before_it_is_there() -> None:
    some = build_generator(**span())
    present = {row["index"] for row in some.contact_rows(whole(some))}

    for item in sorted(some.activity_rows(whole(some)), key=lambda item: (item.at, not item.row.get("isNew"))):
        if item.row.get("isNew"):
            present.add(item.row["index"])
        assert set(item.row["contacts"]) <= present


def test_live_a_deal_knows_everybody_of_its_committee_in_the_end() -> None:
    def committees(some: RowGenerator) -> dict[tuple[int, int], set[int]]:
        found: dict[tuple[int, int], set[int]] = {}
        for row in all_activities(some):
            if row["type"] == ObjectType.DEALS:
                found.setdefault((row["index"], row["ordinal"]), set()).update(row["contacts"])
            for index, number in row["deals"] if row.get("isNew") else ():
                found.setdefault((index, number), set()).add(row["index"])
        return found

    live, at_once = committees(build_generator(**span())), committees(build_generator(**AT_ONCE))

    assert live == at_once
    assert sum(map(len, live.values())) > 2 * len(live)


@pytest.mark.parametrize("time_scale", [1, 100_000])
def test_at_any_pace_the_same_objects_come_to_be_and_end_alike(time_scale: float) -> None:
    unfolding, told = (final_rows(build_generator(**span(timeScale=scale))) for scale in (time_scale, 0))

    assert unfolding.keys() == told.keys()
    assert [key for key in told if unfolding[key] != told[key]] == []


@pytest.mark.parametrize("time_scale", [0, 1])
def test_a_row_names_the_roles_of_the_committee(time_scale: float) -> None:
    some = build_generator(totalRecords=60, **span(timeScale=time_scale))
    rows = all_activities(some)
    deals = [row for row in rows if row["type"] == "deals" and not row.get("isChange")]
    joining = [row for row in rows if row.get("isNew") and row["deals"]]
    members = [
        (index, deal["index"], deal["ordinal"], role)
        for deal in deals
        for index, role in zip(deal["contacts"], deal["roles"], strict=True)
    ]
    members += [
        (row["index"], *deal, role) for row in joining for deal, role in zip(row["deals"], row["roles"], strict=True)
    ]

    assert members
    assert bool(joining) is (time_scale == 1)
    for index, main, number, role in members:
        account, position = some.histories.place(index)
        committee = some.histories.history(account).story.deals[number].committee
        assert (role, some.histories.place(main)[0]) == (
            {item.position: item.role for item in committee}[position],
            account,
        )


def test_live_a_change_holds_what_differs_and_nothing_else() -> None:
    rows = all_activities(build_generator(**span()))
    changes = [row for row in rows if row.get("isChange")]
    latest: dict[tuple[str, int, int], JsonObject] = {}

    assert {row["type"] for row in changes} >= {"contacts", "deals", "tasks"}
    for row in rows:
        key = row["type"], row["index"], row["ordinal"]
        if row.get("isChange") and row["type"] != ObjectType.CONTACTS:
            assert row["properties"]
            assert all(latest[key].get(name, "") != value for name, value in row["properties"].items())
        latest[key] = latest.get(key, {}) | row["properties"]


def test_live_a_contact_that_moves_on_changes_nothing_but_its_stage() -> None:
    rows = [row for row in all_activities(build_generator(**span())) if row["type"] == ObjectType.CONTACTS]
    changes = [row for row in rows if row.get("isChange")]

    assert changes
    assert all(row["properties"].keys() == {"lifecyclestage"} for row in changes)


def test_live_a_task_is_open_until_it_is_done() -> None:
    rows = [row for row in all_activities(build_generator(**span())) if row["type"] == ObjectType.TASKS]

    created = [row for row in rows if not row.get("isChange")]
    assert {row["properties"]["hs_task_status"] for row in created} == {"NOT_STARTED"}
    assert {row["properties"]["hs_task_status"] for row in rows if row.get("isChange")} == {"COMPLETED"}


def test_live_a_close_date_slips() -> None:
    rows = [row for row in all_activities(build_generator(**span())) if row["type"] == ObjectType.DEALS]

    assert any("closedate" in row["properties"] for row in rows if row.get("isChange"))


def without_cutoff(some: RowGenerator) -> RowGenerator:
    return replace(some, histories=some.histories.without_cutoff)


def test_no_wave_is_due_when_the_execution_that_waits_for_it_has_ended() -> None:
    late = build_generator(startTime=to_iso_utc(START + 355 * DAY), endTime=to_iso_utc(START + 360 * DAY))
    kept, every = (max(item.at for item in some.activity_rows(whole(late))) for some in (late, without_cutoff(late)))

    assert START + 360 * DAY < kept <= START + MAX_RUN
    assert every > START + 380 * DAY


def test_what_is_due_before_the_end_of_the_execution_is_the_same_to_the_byte() -> None:
    late = build_generator(startTime=to_iso_utc(START + 340 * DAY), endTime=to_iso_utc(START + 350 * DAY))
    kept, every = (set(map(to_json_line, all_activities(some))) for some in (late, without_cutoff(late)))

    assert 100 < len(kept) < len(every)
    assert kept < every


def test_at_once_a_batch_has_one_wave() -> None:
    some = build_generator(**AT_ONCE)

    assert len(generate_history(some, first_batch(some)).waves) == 1


def test_in_real_time_a_batch_has_many_waves() -> None:
    some = build_generator(**span())
    waves = generate_history(some, batch(count=100)).waves

    assert 100 < len(waves) <= 500
    assert [wave["dueAt"] for wave in waves] == sorted(wave["dueAt"] for wave in waves)


# At once


def test_every_activity_of_a_batch_is_there_once() -> None:
    rows = all_activities(build_generator(**AT_ONCE))
    keys = Counter((row["type"], row["index"], row["ordinal"]) for row in rows)

    assert len(rows) > 100
    assert set(keys.values()) == {1}
    assert {row["type"] for row in rows} == ACTIVITIES


def row_moment(row: JsonObject) -> str:
    properties = row["properties"]
    name = {"deals": "createdate", "tickets": "simcrm_simulated_at"}.get(row["type"], "hs_timestamp")
    return str(properties[name])


def test_a_backfill_ends_in_the_present_but_for_tasks_that_are_still_due() -> None:
    now = START + 20 * DAY
    some = RowGenerator.from_plan(build_plan(now, **span(endTime=to_iso_utc(now))))

    rows = [row for row in all_activities(some) if row["type"] != ObjectType.LINE_ITEMS]
    tasks = [row["properties"] for row in rows if row["type"] == ObjectType.TASKS]
    still_due = [task for task in tasks if task["hs_timestamp"] > to_iso_utc(now)]

    assert max(row_moment(row) for row in rows if row["type"] != ObjectType.TASKS) <= to_iso_utc(now)
    assert still_due
    assert {task["hs_task_status"] for task in still_due} == {"NOT_STARTED"}


def test_an_activity_of_a_deal_names_it() -> None:
    rows = all_activities(build_generator(**AT_ONCE))
    dealt = {(row["index"], row["ordinal"]) for row in rows if row["type"] == ObjectType.DEALS}
    named = {tuple(deal) for row in rows for deal in row["deals"]}

    assert named <= dealt
    assert {tuple(row["deals"][0]) for row in rows if row["type"] == ObjectType.LINE_ITEMS} == dealt


def test_deals_that_a_cap_leaves_out_are_named_by_nothing() -> None:
    some = build_generator(**AT_ONCE)
    settings = replace(some.histories.event_settings, caps={ObjectType.DEALS: 0})
    rows = all_activities(replace(some, histories=replace(some.histories, event_settings=settings)))

    assert {row["type"] for row in rows} == ACTIVITIES - {"deals", "line_items"}
    assert [row for row in rows if row["deals"]] == []


def test_a_line_item_refers_to_its_product() -> None:
    some = build_generator(**AT_ONCE)
    names = {number: name for name, number in some.histories.product_numbers.items()}
    lines = [row for row in all_activities(some) if row["type"] == ObjectType.LINE_ITEMS]

    assert lines
    assert all(names[row["reference"]["hs_product_id"]] == row["properties"]["name"] for row in lines)


def test_an_activity_names_the_company_of_its_contact() -> None:
    some = build_generator(**AT_ONCE)
    company_of = {row["index"]: row["companyIndex"] for row in some.contact_rows(whole(some))}

    for row in all_activities(some):
        assert {company_of[index] for index in row["contacts"]} == {row["companyIndex"]}
        assert row["contacts"][0] == row["index"]


def test_an_account_has_one_seller_who_signs_its_mails() -> None:
    made = plan(owners=("71", "72", "73"), totalRecords=300, **AT_ONCE)
    history = generate_history(RowGenerator.from_plan(made), batch(count=300))
    owners: dict[int, set[str]] = {}
    for row in history.all_rows():
        owners.setdefault(row["companyIndex"], set()).add(row["ownerId"])

    assert {len(found) for found in owners.values()} == {1}
    assert set.union(*owners.values()) == {"71", "72", "73"}


def test_without_owners_no_row_names_one() -> None:
    assert [row for row in all_activities(build_generator(**AT_ONCE)) if "ownerId" in row] == []


# What is stored


class Counted(RunCounters):
    """Counters that are kept here."""

    def __init__(self) -> None:
        super().__init__(None, "sim-test")
        self.amounts: Counter[str] = Counter()

    def add(self, amounts: Any) -> None:
        self.amounts.update(amounts)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def begin(files: SimulationFiles, counters: RunCounters, some: Batch) -> Any:
    return generate_contact_batch(files, some, counters, lambda *_: None)


def test_a_batch_is_stored_where_the_answer_says(files: SimulationFiles, counted: Counted) -> None:
    some = build_generator(**span())
    write_plan(files, some.plan)
    mine = first_batch(some)

    made = begin(files, counted, mine)
    wave = generate_activity_wave(files, mine, 3, counted)

    expected = generate_history(some, mine)
    assert (made.source, made.count) == ("records/000000.jsonl", len(expected.rows["contacts"]))
    assert made.waves == expected.waves
    assert files.read_lines(made.source) == expected.rows["contacts"]
    assert (wave.source, wave.step, wave.count) == (
        "activities/000000/003.jsonl",
        "wave-003",
        len(expected.rows["wave-003"]),
    )
    assert files.read_lines(wave.source) == expected.rows["wave-003"]


def waves_of(files: SimulationFiles, counters: RunCounters, mine: Batch) -> Iterator[JsonObject]:
    for wave in begin(files, counters, mine).waves:
        made = generate_activity_wave(files, mine, wave["wave"], counters)
        yield from files.read_lines(made.source) or ()


def test_what_has_begun_is_kept_whatever_a_later_version_would_make(files: SimulationFiles, counted: Counted) -> None:
    some = build_generator(**span())
    write_plan(files, some.plan)
    mine = first_batch(some)
    begin(files, counted, mine)
    write_plan(files, build_plan(seed="another version", **span()))

    rows = [{name: row[name] for name in row if name != "previous"} for row in waves_of(files, counted, mine)]

    assert sorted(map(to_json_line, rows)) == sorted(map(to_json_line, (item.row for item in some.activity_rows(mine))))


def test_every_contact_of_a_batch_is_counted_once(files: SimulationFiles, counted: Counted) -> None:
    some = build_generator(**span())
    write_plan(files, some.plan)
    mine = first_batch(some)

    for _ in range(2):
        rows = list(waves_of(files, counted, mine))

    assert counted.amounts["records_generated"] == mine.count
    assert counted.amounts["activities_planned"] == len(rows)


def test_a_batch_that_an_earlier_version_began_keeps_its_rows_and_gets_no_others(
    files: SimulationFiles, counted: Counted
) -> None:
    some = build_generator(**AT_ONCE)
    write_plan(files, some.plan)
    mine, old = first_batch(some), [{"index": 0, "companyIndex": 0, "contact": {}, "company": {}}]
    note = {"index": 0, "companyIndex": 0, "type": "notes", "ordinal": 0, "dealOrdinal": None, "properties": {}}
    files.write_lines("records/000000.jsonl", old)
    files.write_lines("activities/000000/000.jsonl", [note])

    made = begin(files, counted, mine)
    waves = [generate_activity_wave(files, mine, number, counted) for number in (0, 1)]

    assert (made.count, [wave["count"] for wave in made.waves]) == (1, [1])
    assert files.read_lines("records/000000.jsonl") == old
    assert [(wave.source, wave.count) for wave in waves] == [
        ("activities/000000/000.jsonl", 1),
        ("activities/000000/001.jsonl", 0),
    ]
    assert files.read_lines("activities/000000/000.jsonl") == [note]


def test_a_history_reads_back_as_it_was_stored(files: SimulationFiles, counted: Counted) -> None:
    some = build_generator(**span())
    write_plan(files, some.plan)
    mine = first_batch(some)
    begin(files, counted, mine)

    assert read_history(files, 0) == generate_history(some, mine)
    assert read_history(files, 1) is None


def test_equal_plans_make_equal_bytes() -> None:
    one, other = (generate_history(build_generator(**AT_ONCE), batch(count=100)) for _ in range(2))

    assert list(map(to_json_line, one.to_lines())) == list(map(to_json_line, other.to_lines()))


def test_most_open_tasks_are_still_to_come_and_few_belong_to_closed_deals() -> None:
    some = RowGenerator.from_plan(build_plan(totalRecords=2_000, seed="7"))
    rows = [item.row for batch_ in some.histories.batches() for item in some.activity_rows(batch_)]
    closed = {
        (row["index"], row["ordinal"])
        for row in rows
        if row["type"] == ObjectType.DEALS and row["properties"]["dealstage"] in {"closedwon", "closedlost"}
    }
    open_tasks = [
        row for row in rows if row["type"] == ObjectType.TASKS and row["properties"]["hs_task_status"] == "NOT_STARTED"
    ]

    overdue = [row for row in open_tasks if row["properties"]["hs_timestamp"] < to_iso_utc(START)]
    on_closed = [row for row in open_tasks if any(tuple(deal) in closed for deal in row["deals"])]
    assert 0.1 < len(overdue) / len(open_tasks) < 0.25
    assert len(on_closed) / len(open_tasks) < 0.1
