"""The data of all simulations in a bucket: whose it is, when it changed, and how it goes away."""

from datetime import datetime, timedelta

import pytest
from bucket_in_memory import BucketInMemory
from builders import START
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import StaleVersionError
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.storage.scenario_store import ResolvedScenario, ScenarioStore, StoredScenario
from simcrm.storage.simulation_prefixes import SimulationPrefixes

NAMES = ("plan.json", "ledger/000000/contacts.jsonl", "status.json")


@pytest.fixture
def now() -> list[datetime]:
    return [START]


@pytest.fixture
def bucket(now: list[datetime]) -> BucketInMemory:
    made = BucketInMemory(page=2, clock=lambda: now[0])
    for simulation in ("a", "a-b", "b"):
        for name in NAMES:
            made.put_object(Bucket="bucket", Key=f"simulations/{simulation}/{name}", Body=b"{}")
    return made


@pytest.fixture
def prefixes(bucket: BucketInMemory) -> SimulationPrefixes:
    return SimulationPrefixes(bucket, "bucket")  # type: ignore[arg-type]


def keys(bucket: BucketInMemory, simulation: str) -> set[str]:
    prefix = f"simulations/{simulation}/"
    return {name.removeprefix(prefix) for name in bucket.objects if name.startswith(prefix)}


def test_simulations_are_listed_from_the_one_after_a_name(prefixes: SimulationPrefixes) -> None:
    everything = list(prefixes.simulation_ids())

    assert sorted(everything) == ["a", "a-b", "b"]
    for place, name in enumerate(everything):
        assert list(prefixes.simulation_ids(name)) == everything[place + 1 :]


def test_a_simulation_changed_when_its_last_document_did(
    prefixes: SimulationPrefixes, bucket: BucketInMemory, now: list[datetime]
) -> None:
    now[0] = START + timedelta(hours=1)
    bucket.put_object(Bucket="bucket", Key="simulations/a/status.json", Body=b"{}")
    now[0] = START + timedelta(hours=2)
    bucket.put_object(Bucket="bucket", Key="simulations/a/ledger/000000/contacts.jsonl", Body=b"{}")

    assert prefixes.last_modified("a") == START + timedelta(hours=1)
    assert prefixes.last_modified("nobody") is None


def test_everything_of_a_simulation_goes_and_nothing_of_another(
    prefixes: SimulationPrefixes, bucket: BucketInMemory
) -> None:
    assert prefixes.delete_objects("a", "status.json", lambda: False) == (3, True)

    assert (keys(bucket, "a"), keys(bucket, "a-b")) == (set(), set(NAMES))


def test_the_last_document_stays_while_anything_else_does(prefixes: SimulationPrefixes, bucket: BucketInMemory) -> None:
    deleted, is_done = prefixes.delete_objects("a", "status.json", lambda: True)

    assert (deleted, is_done) == (2, False)
    assert keys(bucket, "a") == {"status.json"}


def test_what_cannot_be_deleted_is_not_counted_and_ends_the_attempt(
    prefixes: SimulationPrefixes, bucket: BucketInMemory
) -> None:
    bucket.locked.add("simulations/a/plan.json")

    assert prefixes.delete_objects("a", "status.json", lambda: False) == (1, False)
    assert keys(bucket, "a") == {"plan.json", "status.json"}


def test_a_last_document_that_cannot_be_deleted_is_not_counted(
    prefixes: SimulationPrefixes, bucket: BucketInMemory
) -> None:
    bucket.locked.add("simulations/a/status.json")

    assert prefixes.delete_objects("a", "status.json", lambda: False) == (2, True)


# Scenarios


@pytest.fixture
def scenarios(resources: Resources) -> ScenarioStore:
    return ScenarioStore(aws_clients.s3(), resources.bucket)


def scenario(win_rate: float, *, deleted: bool = False) -> StoredScenario:
    overrides = ScenarioOverrides.model_validate({"winRate": win_rate})
    return StoredScenario.model_validate({"base": "B2B", "parameters": overrides, "deleted": deleted})


def test_the_latest_version_of_a_scenario_is_in_force(scenarios: ScenarioStore) -> None:
    scenarios.add("MINE", scenario(0.1), base_version=0)
    scenarios.add("MINE", scenario(0.2), base_version=1)
    scenarios.add("GONE", scenario(0.3), base_version=0)
    scenarios.add("GONE", scenario(0.3, deleted=True), base_version=1)

    assert sorted(scenarios.list_ids()) == ["GONE", "MINE"]
    assert scenarios.resolve("MINE") == ResolvedScenario(2, scenario(0.2))
    assert (
        scenarios.resolve("GONE") == scenarios.resolve("NONE") == scenarios.resolve("../x") == ResolvedScenario(0, None)
    )
    assert scenarios.read("MINE", 1) == scenario(0.1)
    assert scenarios.read("MINE", 3) is None
    found = scenarios.all_latest()
    assert {name: (history.number, history.current) for name, history in found.items()} == {
        "MINE": (2, scenario(0.2)),
        "GONE": (2, None),
    }


def test_a_version_that_somebody_else_has_written_names_the_one_it_was_based_on(scenarios: ScenarioStore) -> None:
    scenarios.add("MINE", scenario(0.1), base_version=0)

    with pytest.raises(StaleVersionError) as raised:
        scenarios.add("MINE", scenario(0.2), base_version=0)

    assert str(raised.value) == str(StaleVersionError(0))


def test_a_simulation_keeps_the_version_it_was_accepted_with(scenarios: ScenarioStore) -> None:
    scenarios.add("MINE", scenario(0.1), base_version=0)
    scenarios.add("MINE", scenario(0.2), base_version=1)

    assert scenarios.resolve("MINE", 1) == ResolvedScenario(1, scenario(0.1))
    assert scenarios.resolve("MINE", 0) == ResolvedScenario(0, None)
