"""Assign the contacts of an account their parts in a purchase, from their positions in the company."""

from collections.abc import Container, Sequence

from simcrm.models.account_story import CommitteeRole
from simcrm.synthetic.job_titles import SENIORITY_RANK, Position
from simcrm.synthetic.seeded_random import StreamRandom

_LEGAL = {"compliance", "legal"}
_MONEY = {"finance", "procurement"}
_EXECUTIVES = {"owner", "executive", "vp"}
_STAFF = {"senior", "staff"}
SPONSOR_SHARE, BLOCKER_SHARE = 0.4, 0.05
"""The shares of executives who only sponsor a purchase, and of influencers who are against it. Assumed."""


def assign_roles(positions: Sequence[Position], users: Container[str], rng: StreamRandom) -> tuple[CommitteeRole, ...]:
    """Return the role of each contact of an account; exactly one decides, and the first one brings the project in.

    Args:
        positions: the contacts' positions in the company, the lead first.
        users: the departments where the product is used.
        rng: draws of this account.
    """
    decider = max(range(len(positions)), key=lambda place: (_rank(positions[place]), -place))
    return tuple(
        CommitteeRole.DECISION_MAKER
        if place == decider
        else _role(place, position, rng, is_user=position.function in users)
        for place, position in enumerate(positions)
    )


def _rank(position: Position) -> int:
    return SENIORITY_RANK.get(position.seniority, 0)


def _role(place: int, position: Position, rng: StreamRandom, *, is_user: bool) -> CommitteeRole:
    draw = rng.uniform()
    if place == 0:
        return CommitteeRole.CHAMPION
    if position.function in _LEGAL:
        return CommitteeRole.LEGAL_AND_COMPLIANCE
    if position.seniority in _STAFF:
        return CommitteeRole.END_USER if is_user else CommitteeRole.INFLUENCER
    if position.function in _MONEY:
        return CommitteeRole.BUDGET_HOLDER
    if position.seniority in _EXECUTIVES:
        return CommitteeRole.EXECUTIVE_SPONSOR if draw < SPONSOR_SHARE else CommitteeRole.BUDGET_HOLDER
    return CommitteeRole.BLOCKER if draw < BLOCKER_SHARE else CommitteeRole.INFLUENCER
