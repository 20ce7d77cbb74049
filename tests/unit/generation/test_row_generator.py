from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from builders import DAY, START, batch, plan

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.generated_files import GeneratedFile, generate_contacts, generate_wave
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.time_mapping import MAX_RUN
from simcrm.storage.simulation_files import SimulationFiles, to_json_line

ACTIVITIES = {"deals", "notes", "calls", "tasks", "tickets"}


def build_generator(**fields: Any) -> RowGenerator:
    return RowGenerator.from_plan(build_plan(**fields))


def build_plan(run_start: datetime = START, **fields: Any) -> SimulationPlan:
    return plan(run_start=run_start, **{"totalRecords": 300, **fields})


def span(**fields: Any) -> dict[str, Any]:
    return {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + DAY), **fields}


def all_activities(some: RowGenerator, count: int = 100) -> list[JsonObject]:
    whole = batch(count=count)
    return [row for wave in some.waves(whole) for row in some.activity_rows(wave)]


def test_a_pair_is_index_contact_and_company() -> None:
    rows = build_generator().contact_rows(batch(first_index=7, count=3))

    assert [row["index"] for row in rows] == [7, 8, 9]
    assert [row["companyIndex"] for row in rows] == [7, 8, 9]
    assert all(row["contact"]["email"].endswith(row["company"]["domain"]) for row in rows)


def test_records_do_not_depend_on_the_batch_they_are_made_in() -> None:
    whole = build_generator().contact_rows(batch(count=20))

    assert whole[5:10] == build_generator().contact_rows(batch(first_index=5, count=5))


def test_another_seed_makes_other_records() -> None:
    assert build_generator().contact_rows(batch()) != build_generator(seed="other").contact_rows(batch())


def test_where_contacts_share_companies_a_company_is_the_same_from_any_of_them() -> None:
    rows = build_generator(contactsPerCompany=4).contact_rows(batch(count=100))
    companies: dict[int, list[JsonObject]] = {}
    for row in rows:
        companies.setdefault(row["companyIndex"], []).append(row["company"])

    assert 15 < len(companies) < 40
    assert all(company == same[0] for same in companies.values() for company in same)


def test_a_contact_is_dated_when_it_arrives_in_simulated_time() -> None:
    some = build_generator(**span())

    for row in some.contact_rows(batch(count=5)):
        assert row["contact"]["simcrm_simulated_at"][:19] == to_iso_utc(some.plan.arrivals.at(row["index"]))[:19]


def test_activities_can_be_switched_off() -> None:
    assert build_generator(activities={"enabled": False}).waves(batch(count=100)) == []


def without_cutoff(some: RowGenerator) -> RowGenerator:
    return replace(some, timelines=some.timelines.without_cutoff)


def test_no_wave_is_due_when_the_execution_that_waits_for_it_has_ended() -> None:
    late = build_generator(startTime=to_iso_utc(START + 355 * DAY), endTime=to_iso_utc(START + 360 * DAY))
    waves = late.waves(batch(count=100))

    assert START + 360 * DAY < waves[-1][-1].due_at <= START + MAX_RUN
    assert without_cutoff(late).waves(batch(count=100))[-1][-1].due_at > START + 380 * DAY


def test_what_is_due_before_the_end_of_the_execution_is_the_same_to_the_byte() -> None:
    late = build_generator(startTime=to_iso_utc(START + 340 * DAY), endTime=to_iso_utc(START + 350 * DAY))
    kept, whole = (
        {(row["type"], row["index"], row["ordinal"], to_json_line(row)) for row in all_activities(some)}
        for some in (late, without_cutoff(late))
    )

    assert 100 < len(kept) < len(whole)
    assert kept < whole


def test_every_activity_of_a_batch_is_in_exactly_one_wave() -> None:
    rows = all_activities(build_generator(**span(timeScale=0)))
    keys = Counter((row["type"], row["index"], row["ordinal"]) for row in rows)

    assert len(rows) > 100
    assert set(keys.values()) == {1}
    assert {row["type"] for row in rows} == ACTIVITIES


@pytest.mark.parametrize("time_scale", [1, 100_000])
def test_at_any_pace_the_same_records_come_to_be_and_deals_end_alike(time_scale: float) -> None:
    def last_by_key(some: RowGenerator) -> dict[tuple[str, int, int], JsonObject]:
        rows = [row for row in all_activities(some) if row["type"] != ObjectType.CONTACTS]
        return {(row["type"], row["index"], row["ordinal"]): row["properties"] for row in rows}

    unfolding, told = (
        last_by_key(build_generator(**span(timeScale=time_scale))),
        last_by_key(build_generator(**span(timeScale=0))),
    )
    assert unfolding.keys() == told.keys()
    facts = ("dealname", "dealstage", "amount", "createdate", "closedate")
    deals = [key for key in told if key[0] == ObjectType.DEALS]
    assert all(unfolding[key][fact] == told[key][fact] for key in deals for fact in facts)


def test_a_contact_that_moves_on_changes_nothing_but_its_stage() -> None:
    changes = [row for row in all_activities(build_generator(**span())) if row["type"] == ObjectType.CONTACTS]

    assert changes
    assert all(row["properties"].keys() == {"lifecyclestage"} for row in changes)


def test_at_once_a_batch_has_one_wave() -> None:
    assert len(build_generator(**span(timeScale=0)).waves(batch(count=100))) == 1


def test_in_real_time_a_batch_has_many_waves_each_after_the_arrivals() -> None:
    some = build_generator(**span())
    waves = some.waves(batch(count=100))

    assert 100 < len(waves) <= 500
    assert all(activity.due_at > some.plan.arrivals.at(activity.index) for wave in waves for activity in wave)


def row_moment(row: JsonObject) -> str:
    properties = row["properties"]
    name = {"deals": "createdate", "tickets": "simcrm_simulated_at"}.get(row["type"], "hs_timestamp")
    return str(properties[name])


def test_a_backfill_ends_in_the_present() -> None:
    now = START + 20 * DAY
    some = RowGenerator.from_plan(build_plan(now, **span(endTime=to_iso_utc(now))))

    rows = all_activities(some)

    assert rows
    assert max(row_moment(row) for row in rows)[:19] <= to_iso_utc(now)[:19]


def test_an_activity_of_a_deal_names_it() -> None:
    rows = all_activities(build_generator(**span()))
    dealt = {row["index"] for row in rows if row["type"] == ObjectType.DEALS}

    assert {row["index"] for row in rows if row["dealOrdinal"] is not None} == dealt
    assert {row["dealOrdinal"] for row in rows} == {0, None}


def test_an_activity_names_the_company_of_its_contact() -> None:
    some = build_generator(contactsPerCompany=4, **span())
    company_of = {row["index"]: row["companyIndex"] for row in some.contact_rows(batch(count=100))}

    assert all(row["companyIndex"] == company_of[row["index"]] for row in all_activities(some))


def read_stored(files: SimulationFiles, made: GeneratedFile) -> list[JsonObject] | None:
    return files.read_lines(made.source)


def test_contacts_of_a_batch_are_written_where_the_answer_says(artifacts: SimulationFiles) -> None:
    made = generate_contacts(artifacts, build_generator(), batch(number=2, first_index=200, count=50))

    assert made == GeneratedFile("records/000002.jsonl", 50, was_created=True)
    assert read_stored(artifacts, made) == build_generator().contact_rows(batch(first_index=200, count=50))


def test_what_was_generated_once_is_never_generated_again(artifacts: SimulationFiles) -> None:
    first = generate_contacts(artifacts, build_generator(), batch())

    again = generate_contacts(artifacts, build_generator(seed="other"), batch())

    assert again == GeneratedFile(first.source, first.count, was_created=False)
    assert read_stored(artifacts, again) == build_generator().contact_rows(batch())


def test_activities_of_a_wave_are_written_once_where_the_answer_says(artifacts: SimulationFiles) -> None:
    some = build_generator(**span())

    made = generate_wave(artifacts, some, batch(count=100), 3)
    again = generate_wave(artifacts, some, batch(count=100), 3)

    expected = some.activity_rows(some.waves(batch(count=100))[3])
    assert made == GeneratedFile("activities/000000/003.jsonl", len(expected), was_created=True)
    assert again == GeneratedFile(made.source, made.count, was_created=False)
    assert read_stored(artifacts, made) == expected


def test_equal_plans_make_equal_bytes(artifacts: SimulationFiles) -> None:
    kept = []
    for _ in range(2):
        generate_contacts(artifacts, build_generator(**span()), batch(count=100))
        key = artifacts.key("records/000000.jsonl")
        kept.append(artifacts._s3.get_object(Bucket=artifacts.bucket, Key=key)["Body"].read())
        artifacts._s3.delete_object(Bucket=artifacts.bucket, Key=key)

    assert kept[0] == kept[1]
