from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import read_plan, write_plan
from simcrm.storage.simulation_files import SimulationFiles

LATER, EARLIER = START + DAY, START - DAY
SPAN: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(LATER)}


def test_a_plan_keeps_the_mode_and_the_scale_of_its_run() -> None:
    given = [plan(), plan(mode="LIVE"), plan(timeScale=60, **SPAN), plan(timeScale=0), plan(**SPAN)]

    kept = [(made.input.mode, made.input.time_scale) for made in given]
    assert kept == [("BACKFILL", 0), ("LIVE", 1), ("LIVE", 60), ("BACKFILL", 0), ("LIVE", 1)]


def test_a_plan_is_read_with_the_same_pace(files: SimulationFiles) -> None:
    for made in (plan(), plan(mode="LIVE"), plan(timeScale=0), plan(startTime=to_iso_utc(EARLIER))):
        write_plan(files, made)

        assert read_plan(files).pace == made.pace


def test_an_end_alone_in_the_future_begins_now() -> None:
    assert (plan(endTime=to_iso_utc(LATER)).start, plan(endTime=to_iso_utc(LATER)).end) == (START, LATER)


def test_an_end_alone_in_the_past_is_a_moment() -> None:
    made = plan(endTime=to_iso_utc(EARLIER))

    assert (made.start, made.end) == (EARLIER, EARLIER)


def test_a_start_alone_in_the_past_ends_now() -> None:
    made = plan(startTime=to_iso_utc(EARLIER))

    assert (made.start, made.end, made.pace.is_backfill) == (EARLIER, START, True)


def test_a_start_alone_in_the_future_is_a_moment() -> None:
    made = plan(startTime=to_iso_utc(LATER))

    assert (made.start, made.end) == (LATER, LATER)


def test_without_a_seed_the_id_is_one() -> None:
    assert plan("sim-a", seed=None).seed == "sim-a"


@pytest.mark.parametrize("seed", ["7", 7])
def test_a_seed_is_the_same_as_text_and_as_a_number(seed: str | int) -> None:
    assert plan(seed=seed).seed == "7"


def test_a_plan_names_its_owners() -> None:
    made = plan(owners=("1", "2"))

    assert made.owner_ids == ("1", "2")
    assert [owner.id for owner in made.owners] == ["1", "2"]


@pytest.mark.parametrize("name", ["preview", "Metrics", "sim-1--r2"])
def test_an_execution_whose_name_is_no_id_is_refused(name: str) -> None:
    with pytest.raises(InvalidSimulationError, match="it is the execution's name") as caught:
        plan(name)
    assert caught.value.field == "simulationId"


def test_an_id_in_the_input_must_be_the_executions_name() -> None:
    assert plan("sim-a", simulationId="sim-a").simulation_id == "sim-a"
    with pytest.raises(InvalidSimulationError, match="is not the execution's name, sim-a") as caught:
        plan("sim-a", simulationId="sim-b")
    assert caught.value.field == "simulationId"


@pytest.mark.parametrize("name", ["my.run", "my run", "x" * 81, ""])
def test_an_execution_whose_name_no_record_could_carry_is_refused(name: str) -> None:
    with pytest.raises(InvalidSimulationError, match="cannot be named") as caught:
        plan(name)
    assert caught.value.field == "simulationId"


def test_a_moment_cannot_be_scaled() -> None:
    with pytest.raises(InvalidSimulationError, match="needs a span to scale") as caught:
        plan(timeScale=60)
    assert caught.value.field == "timeScale"


@pytest.mark.parametrize("time_scale", [0, 1])
def test_a_moment_may_be_at_once_or_in_real_time(time_scale: int) -> None:
    assert plan(timeScale=time_scale).pace.to_real(START) == START


def test_arrivals_and_pace_follow_the_input() -> None:
    times: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(LATER), "timeScale": 24}
    made = plan(totalRecords=10, contactsPerCompany=1, **times)

    assert AccountHistories.from_plan(made).arrivals.at(0) == START + timedelta(hours=1.2)
    assert made.pace.to_real(LATER) == START + timedelta(hours=1)


def test_generation_takes_one_locale_or_their_mix() -> None:
    assert plan().generation.locales == (("en_US", 1.0),)
    assert plan(locale="de_DE").generation.locales == (("de_DE", 1.0),)
    assert plan(locales={"fr_FR": 1, "de_DE": 3}).generation.locales == (("de_DE", 3.0), ("fr_FR", 1.0))


def test_a_plan_is_read_as_it_was_written(files: SimulationFiles) -> None:
    made = plan(owners=("1",), startTime="2026-03-01T00:00:00+02:00", hubspot={"ownerIds": ["9"]}, timeScale=0)

    write_plan(files, made)

    assert read_plan(files) == made
    assert read_plan(files).start == datetime(2026, 2, 28, 22, tzinfo=UTC)


def test_a_plan_that_was_never_written_is_missed_by_its_key(files: SimulationFiles) -> None:
    with pytest.raises(LookupError, match=r"simulations/sim-test/plan\.json"):
        read_plan(files)
