"""What the history of an account is simulated from: the account itself, and what all accounts have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simcrm.lifecycle.calibration import FunnelLinks
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import CommitteeRole, LineItem
from simcrm.synthetic.latent_variables import AccountLatents
from simcrm.synthetic.scenario import ScenarioParameters


@dataclass(frozen=True, slots=True)
class AccountOutline:
    """An account as far as it matters for its history.

    ``members`` are the roles of its contacts by position, the first one being the lead, and ``source_kind`` is the
    channel it came through. ``calendar`` is the working time of the seller's people who look after it, and
    ``customer_calendar`` is when its own people write, order and ask for help.
    """

    number: int
    source_kind: str
    latents: AccountLatents
    members: tuple[CommitteeRole, ...]
    calendar: WorkingCalendar
    customer_calendar: WorkingCalendar
    is_subscription: bool = False
    is_consumer: bool = False


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What histories of a scenario have in common.

    ``price`` returns the lines of a deal as they are signed, for an account's number, a deal's number, a target amount
    in US dollars and a discount (0 to 1); ``mean_committee`` is the mean number of contacts per account.
    """

    links: FunnelLinks
    parameters: ScenarioParameters
    mean_committee: float
    price: Callable[[int, int, float, float], tuple[LineItem, ...]]
    ends_at: datetime | None = None
    """All contacts join by this time, if it is set."""
    deals_open_until: datetime | None = None
    """No further deal of an account opens after this time, if it is set."""
