"""A run in an account that is too small for it is slow, and nothing of it fails."""

import json
from random import Random
from typing import Any

import pytest
from template.conftest import ROOT
from template.machine import VALUES, definition, states
from template.throttled_account import THROTTLED, Account, RetryPolicy, policy_of

JsonObject = dict[str, Any]

STATES = dict(states(definition(VALUES)))
MAINTENANCE: JsonObject = json.loads((ROOT / "statemachine" / "maintenance.asl.json").read_text())["States"]
LAMBDAS = {
    name: state for name, state in (STATES | MAINTENANCE).items() if state.get("Resource", "").endswith("lambda:invoke")
}
FORMER = RetryPolicy(interval=2, backoff=2, attempts=4)
BATCHES, FUNCTIONS, SEEDS = 100, 10, range(10)
"""A new account has ten functions."""

SIDE_BY_SIDE = (40, 100)
"""What the template has, and a run that follows the clock, whose batches all run at a time."""

CONTACTS_SECONDS = (1.0, 3.0, 10.0, 30.0, 120.0)
"""Of generate-contact: words composed from data take some seconds, those of a model up to minutes."""

ACTIVITIES_SECONDS = 2.0
HISTORY_EVENTS = 25_000
EVENTS_OF_AN_ATTEMPT = 3


def failed(contacts: RetryPolicy, activities: RetryPolicy, seconds: float, side_by_side: int, seed: int) -> int:
    """Batches of a run that end as failed."""
    steps = [(contacts, seconds), (activities, ACTIVITIES_SECONDS)]
    account = Account(FUNCTIONS, steps, Random(seed))  # noqa: S311 - a simulation, no secret
    account.run(BATCHES, side_by_side)
    return account.failed


@pytest.mark.parametrize("side_by_side", SIDE_BY_SIDE)
@pytest.mark.parametrize("seconds", CONTACTS_SECONDS)
def test_no_batch_fails_in_an_account_of_ten_functions(seconds: float, side_by_side: int) -> None:
    contacts, activities = (policy_of(STATES[name], THROTTLED) for name in ("GenerateContacts", "GenerateActivities"))
    assert [failed(contacts, activities, seconds, side_by_side, seed) for seed in SEEDS] == [0] * len(SEEDS)


@pytest.mark.parametrize("seconds", [seconds for seconds in CONTACTS_SECONDS if seconds > 1])
def test_four_attempts_in_half_a_minute_would_have_failed_more_than_the_map_tolerates(seconds: float) -> None:
    tolerated = STATES["RunBatches"]["ToleratedFailurePercentage"] * BATCHES / 100
    assert min(failed(FORMER, FORMER, seconds, SIDE_BY_SIDE[0], seed) for seed in SEEDS) > tolerated


@pytest.mark.parametrize("name", LAMBDAS)
def test_a_function_that_is_not_free_is_waited_for_hours_and_within_an_executions_history(name: str) -> None:
    policy = policy_of(LAMBDAS[name], THROTTLED)
    mean = sum(min(policy.interval * policy.backoff**attempt, policy.longest) / 2 for attempt in range(policy.attempts))
    assert 6 * 3600 < mean < 24 * 3600
    assert policy.longest <= 60
    assert policy.attempts * EVENTS_OF_AN_ATTEMPT < HISTORY_EVENTS / 4


@pytest.mark.parametrize("name", LAMBDAS)
def test_attempts_of_a_busy_account_are_counted_apart_from_those_of_a_failure(name: str) -> None:
    taking = [retrier["ErrorEquals"] for retrier in LAMBDAS[name]["Retry"] if THROTTLED in retrier["ErrorEquals"]]
    assert taking == [[THROTTLED]]
