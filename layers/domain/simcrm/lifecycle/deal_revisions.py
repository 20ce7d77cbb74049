"""How a deal develops: its progress, lines and close date after each of its scenes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from simcrm.lifecycle.opportunity import SceneDraft
from simcrm.models.account_story import DealRevision, LineItem, SceneKind
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.pricing import scale_first_line, without_discount
from simcrm.synthetic.seeded_random import StreamRandom

_SLIPS_AT = {SceneKind.SILENCE, SceneKind.BUDGET_MOVED, SceneKind.NO_SHOW, SceneKind.COMPETITOR}
_SLIP = (0.15, 0.45)
"""How far a close date slips, as a share of the scenario's cycle."""
_ENDS = {SceneKind.SIGNATURE: DealOutcome.WON, SceneKind.LOSS: DealOutcome.LOST}
_ESTIMATE = (0.85, 1.2)
"""A deal's first amount relative to its final target, before anything is quoted."""


def revise_deal(
    scenes: Iterable[SceneDraft], lines: tuple[LineItem, ...], cycle_days: float, rng: StreamRandom
) -> tuple[DealRevision, ...]:
    """Return a deal's revisions; its scenes are in chronological order, and the first opens it.

    The first amount is an estimate, the proposal quotes list prices, and a discount is granted in the negotiation.

    Args:
        scenes: the scenes of the deal.
        lines: its lines as they are signed.
        cycle_days: the scenario's sales cycle, by which close dates are expected and slip.
        rng: draws of this deal.
    """
    low, high = _ESTIMATE
    listed = without_discount(lines)
    quotes = {SceneKind.PROPOSAL: listed, SceneKind.NEGOTIATION: lines, SceneKind.SIGNATURE: lines}
    estimate = scale_first_line(listed, low + (high - low) * rng.uniform())
    return tuple(_revisions(scenes, quotes, estimate, cycle_days, rng))


def _revisions(
    scenes: Iterable[SceneDraft],
    quotes: dict[SceneKind, tuple[LineItem, ...]],
    lines: tuple[LineItem, ...],
    cycle_days: float,
    rng: StreamRandom,
) -> Iterator[DealRevision]:
    closes_at: datetime | None = None
    last: DealRevision | None = None
    for scene in scenes:
        low, high = _SLIP
        slip = timedelta(days=cycle_days * (low + (high - low) * rng.uniform()))
        if closes_at is None:
            closes_at = scene.at + timedelta(days=cycle_days * (0.7 + 0.5 * rng.uniform()))
        if scene.kind in _SLIPS_AT or scene.at >= closes_at:
            closes_at = max(closes_at, scene.at) + slip
        lines = quotes.get(scene.kind, lines)
        outcome = _ENDS.get(scene.kind, DealOutcome.OPEN)
        if outcome is not DealOutcome.OPEN:
            closes_at = scene.at
        revision = DealRevision(scene.at, scene.progress, lines, closes_at, outcome)
        if last is None or revision[1:] != last[1:]:
            yield revision
            last = revision
