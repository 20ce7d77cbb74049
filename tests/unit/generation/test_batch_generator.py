from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from builders import DAY, START, batch, plan

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import iso_utc
from simcrm.generation.batch_generator import BatchGenerator, Generated, generate_contacts, generate_wave
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.time_mapping import LONGEST
from simcrm.storage.simulation_files import Artifacts, line

ACTIVITIES = {"deals", "notes", "calls", "tasks", "tickets"}


def maker(**fields: Any) -> BatchGenerator:
    return BatchGenerator.of(plan_of(**fields))


def plan_of(run_start: datetime = START, **fields: Any) -> SimulationPlan:
    return plan(run_start=run_start, **{"totalRecords": 300, **fields})


def span(**fields: Any) -> dict[str, Any]:
    return {"startTime": iso_utc(START), "endTime": iso_utc(START + DAY), **fields}


def all_activities(some: BatchGenerator, count: int = 100) -> list[JsonObject]:
    whole = batch(count=count)
    return [row for wave in some.waves(whole) for row in some.activities(wave)]


def test_a_pair_is_index_contact_and_company() -> None:
    rows = maker().pairs(batch(first_index=7, count=3))

    assert [row["index"] for row in rows] == [7, 8, 9]
    assert [row["companyIndex"] for row in rows] == [7, 8, 9]
    assert all(row["contact"]["email"].endswith(row["company"]["domain"]) for row in rows)


def test_records_do_not_depend_on_the_batch_they_are_made_in() -> None:
    whole = maker().pairs(batch(count=20))

    assert whole[5:10] == maker().pairs(batch(first_index=5, count=5))


def test_another_seed_makes_other_records() -> None:
    assert maker().pairs(batch()) != maker(seed="other").pairs(batch())


def test_where_contacts_share_companies_a_company_is_the_same_from_any_of_them() -> None:
    rows = maker(contactsPerCompany=4).pairs(batch(count=100))
    companies: dict[int, list[JsonObject]] = {}
    for row in rows:
        companies.setdefault(row["companyIndex"], []).append(row["company"])

    assert 15 < len(companies) < 40
    assert all(company == same[0] for same in companies.values() for company in same)


def test_a_contact_is_dated_when_it_arrives_in_simulated_time() -> None:
    some = maker(**span())

    for row in some.pairs(batch(count=5)):
        assert row["contact"]["simcrm_simulated_at"][:19] == iso_utc(some.plan.arrivals.at(row["index"]))[:19]


def test_activities_can_be_switched_off() -> None:
    assert maker(activities={"enabled": False}).waves(batch(count=100)) == []


def without_cutoff(some: BatchGenerator) -> BatchGenerator:
    return replace(some, timelines=some.timelines.without_cutoff)


def test_no_wave_is_due_when_the_execution_that_waits_for_it_has_ended() -> None:
    late = maker(startTime=iso_utc(START + 355 * DAY), endTime=iso_utc(START + 360 * DAY))
    waves = late.waves(batch(count=100))

    assert START + 360 * DAY < waves[-1][-1].due_at <= START + LONGEST
    assert without_cutoff(late).waves(batch(count=100))[-1][-1].due_at > START + 380 * DAY


def test_what_is_due_before_the_end_of_the_execution_is_the_same_to_the_byte() -> None:
    late = maker(startTime=iso_utc(START + 340 * DAY), endTime=iso_utc(START + 350 * DAY))
    kept, whole = (
        {(row["type"], row["index"], row["ordinal"], line(row)) for row in all_activities(some)}
        for some in (late, without_cutoff(late))
    )

    assert 100 < len(kept) < len(whole)
    assert kept < whole


def test_every_activity_of_a_batch_is_in_exactly_one_wave() -> None:
    rows = all_activities(maker(**span(timeScale=0)))
    keys = Counter((row["type"], row["index"], row["ordinal"]) for row in rows)

    assert len(rows) > 100
    assert set(keys.values()) == {1}
    assert {row["type"] for row in rows} == ACTIVITIES


@pytest.mark.parametrize("time_scale", [1, 100_000])
def test_at_any_pace_the_same_records_come_to_be_and_deals_end_alike(time_scale: float) -> None:
    def last_by_key(some: BatchGenerator) -> dict[tuple[str, int, int], JsonObject]:
        rows = [row for row in all_activities(some) if row["type"] != ObjectType.CONTACTS]
        return {(row["type"], row["index"], row["ordinal"]): row["properties"] for row in rows}

    unfolding, told = last_by_key(maker(**span(timeScale=time_scale))), last_by_key(maker(**span(timeScale=0)))
    assert unfolding.keys() == told.keys()
    facts = ("dealname", "dealstage", "amount", "createdate", "closedate")
    deals = [key for key in told if key[0] == ObjectType.DEALS]
    assert all(unfolding[key][fact] == told[key][fact] for key in deals for fact in facts)


def test_a_contact_that_moves_on_changes_nothing_but_its_stage() -> None:
    changes = [row for row in all_activities(maker(**span())) if row["type"] == ObjectType.CONTACTS]

    assert changes
    assert all(row["properties"].keys() == {"lifecyclestage"} for row in changes)


def test_at_once_a_batch_has_one_wave() -> None:
    assert len(maker(**span(timeScale=0)).waves(batch(count=100))) == 1


def test_in_real_time_a_batch_has_many_waves_each_after_the_arrivals() -> None:
    some = maker(**span())
    waves = some.waves(batch(count=100))

    assert 100 < len(waves) <= 500
    assert all(activity.due_at > some.plan.arrivals.at(activity.index) for wave in waves for activity in wave)


def moment_of(row: JsonObject) -> str:
    properties = row["properties"]
    name = {"deals": "createdate", "tickets": "simcrm_simulated_at"}.get(row["type"], "hs_timestamp")
    return str(properties[name])


def test_a_backfill_ends_in_the_present() -> None:
    now = START + 20 * DAY
    some = BatchGenerator.of(plan_of(now, **span(endTime=iso_utc(now))))

    rows = all_activities(some)

    assert rows
    assert max(moment_of(row) for row in rows)[:19] <= iso_utc(now)[:19]


def test_an_activity_of_a_deal_names_it() -> None:
    rows = all_activities(maker(**span()))
    dealt = {row["index"] for row in rows if row["type"] == ObjectType.DEALS}

    assert {row["index"] for row in rows if row["dealOrdinal"] is not None} == dealt
    assert {row["dealOrdinal"] for row in rows} == {0, None}


def test_an_activity_names_the_company_of_its_contact() -> None:
    some = maker(contactsPerCompany=4, **span())
    company_of = {row["index"]: row["companyIndex"] for row in some.pairs(batch(count=100))}

    assert all(row["companyIndex"] == company_of[row["index"]] for row in all_activities(some))


def stored(artifacts: Artifacts, made: Generated) -> list[JsonObject] | None:
    return artifacts.read_lines(made.source)


def test_contacts_of_a_batch_are_written_where_the_answer_says(artifacts: Artifacts) -> None:
    made = generate_contacts(artifacts, maker(), batch(number=2, first_index=200, count=50))

    assert made == Generated("records/000002.jsonl", 50, is_new=True)
    assert stored(artifacts, made) == maker().pairs(batch(first_index=200, count=50))


def test_what_was_generated_once_is_never_generated_again(artifacts: Artifacts) -> None:
    first = generate_contacts(artifacts, maker(), batch())

    again = generate_contacts(artifacts, maker(seed="other"), batch())

    assert again == Generated(first.source, first.count, is_new=False)
    assert stored(artifacts, again) == maker().pairs(batch())


def test_activities_of_a_wave_are_written_once_where_the_answer_says(artifacts: Artifacts) -> None:
    some = maker(**span())

    made = generate_wave(artifacts, some, batch(count=100), 3)
    again = generate_wave(artifacts, some, batch(count=100), 3)

    expected = some.activities(some.waves(batch(count=100))[3])
    assert made == Generated("activities/000000/003.jsonl", len(expected), is_new=True)
    assert again == Generated(made.source, made.count, is_new=False)
    assert stored(artifacts, made) == expected


def test_equal_plans_make_equal_bytes(artifacts: Artifacts) -> None:
    kept = []
    for _ in range(2):
        generate_contacts(artifacts, maker(**span()), batch(count=100))
        key = artifacts.key("records/000000.jsonl")
        kept.append(artifacts._s3.get_object(Bucket=artifacts.bucket, Key=key)["Body"].read())
        artifacts._s3.delete_object(Bucket=artifacts.bucket, Key=key)

    assert kept[0] == kept[1]
