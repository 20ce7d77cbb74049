"""Records of whole runs, made once per session, and the events that tests let happen to them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleTrigger
from simcrm.synthetic import CountRange, GenerationSettings, SyntheticGenerator
from simcrm.synthetic.account_generator import AccountGenerator

ARRIVAL = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
STAGES = {DealOutcome.OPEN: "contractsent", DealOutcome.WON: "closedwon", DealOutcome.LOST: "closedlost"}

Run = tuple[SyntheticGenerator, list[Any]]
MakeRun = Callable[..., Run]
MakeEvent = Callable[..., ActivityEvent]
MakeGenerator = Callable[..., AccountGenerator]


@cache
def _run(settings: GenerationSettings, count: int) -> Run:
    made = SyntheticGenerator(settings)
    return made, [made.pair(index, ARRIVAL) for index in range(count)]


@pytest.fixture(scope="session")
def run() -> MakeRun:
    """A generator and its first pairs."""

    def make(count: int, *, scenario: str = "B2B", locale: str = "en_US", seed: str = "7") -> Run:
        return _run(GenerationSettings(seed=seed, scenario=scenario, locales=((locale, 1.0),)), count)

    return make


@pytest.fixture(scope="session")
def event() -> MakeEvent:
    """An activity of a deal with the outcome."""

    def make(
        object_type: ObjectType,
        moment: LifecycleTrigger = LifecycleTrigger.CREATED,
        outcome: DealOutcome = DealOutcome.OPEN,
        ordinal: int = 0,
        at: datetime = ARRIVAL,
    ) -> ActivityEvent:
        deal = DealState(STAGES[outcome], outcome, ARRIVAL, ARRIVAL + timedelta(days=45))
        return ActivityEvent(object_type, ordinal, at, moment, deal)

    return make


@pytest.fixture(scope="module")
def factual_generator() -> MakeGenerator:
    """A generator of accounts of three to six contacts."""

    def make(scenario: str = "B2B", *locales: str) -> AccountGenerator:
        weights = tuple((name, 1.0) for name in locales or ("en_US",))
        return AccountGenerator(GenerationSettings("7", scenario, weights, CountRange(3, 6)))

    return cache(make)
