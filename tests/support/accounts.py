"""Accounts to simulate: outlines with drawn latent variables, and settings of the scenario B2B."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from simcrm.lifecycle.account_history import simulate_account
from simcrm.lifecycle.account_outline import AccountOutline, HistorySettings
from simcrm.lifecycle.calibration import calibrate
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import AccountStory, CommitteeRole, LineItem
from simcrm.synthetic import load_scenario
from simcrm.synthetic.latent_variables import draw_account_latents
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

SEED = SeedSequence("4711")
ARRIVAL = datetime(2026, 1, 5, 9, tzinfo=UTC)
ROLES = (
    CommitteeRole.CHAMPION,
    CommitteeRole.DECISION_MAKER,
    CommitteeRole.BUDGET_HOLDER,
    CommitteeRole.INFLUENCER,
    CommitteeRole.END_USER,
)
BERLIN = WorkingCalendar(ZoneInfo("Europe/Berlin"))


def price_in_one_line(_account: int, _deal: int, amount: float, discount: float) -> tuple[LineItem, ...]:
    """Return one line for the whole amount."""
    listed = round(amount / (1 - discount))
    return (LineItem("Product", 1, listed * 100, round(listed * discount) * 100),)


def settings(**changes: object) -> HistorySettings:
    """Return settings of the scenario B2B for accounts of five contacts, with changes."""
    parameters = load_scenario("B2B").parameters
    links = calibrate(0.62, 0.7, parameters.win_rate)
    return replace(HistorySettings(links, parameters, 1 + 1 + 0.8 * 3, price_in_one_line), **changes)  # type: ignore[arg-type]


def outline(number: int, calendar: WorkingCalendar = BERLIN, **changes: object) -> AccountOutline:
    """Return an account of five contacts, with changes."""
    rng = SEED.stream(RandomStream.COMPANY, number)
    latents = draw_account_latents(SEED, number, rng.normal(), rng.normal())
    return replace(AccountOutline(number, "event", latents, ROLES, calendar, calendar), **changes)  # type: ignore[arg-type]


def stories(count: int, using: HistorySettings | None = None, **changes: object) -> Iterator[AccountStory]:
    """Yield the histories of the first accounts, which arrive within 90 days."""
    using = using or settings()
    for number in range(count):
        arrival = ARRIVAL + timedelta(days=90) * number / count
        yield simulate_account(SEED, outline(number, BERLIN, **changes), arrival, using)
