"""The regular steps of sales cycles, of businesses and of consumers."""

from typing import NamedTuple

from simcrm.models.account_story import Channel, CommitteeRole, SceneKind


class Step(NamedTuple):
    """A regular step of a sales cycle.

    ``progress`` is when it happens and how far the deal is then; ``least_days`` is the shortest cycle that has it, and
    ``roles`` are those of the committee that take part beside the main contact.
    """

    kind: SceneKind
    channel: Channel
    progress: float
    minutes: tuple[int, ...]
    least_days: float
    roles: tuple[CommitteeRole, ...]


_ROLE = CommitteeRole
STEPS = (
    Step(SceneKind.DISCOVERY, Channel.MEETING, 0.0, (30, 45, 45, 60), 0, (_ROLE.INFLUENCER,)),
    Step(SceneKind.DEMO, Channel.MEETING, 0.2, (45, 60, 60), 5, (_ROLE.END_USER, _ROLE.INFLUENCER)),
    Step(SceneKind.WORKSHOP, Channel.MEETING, 0.36, (60, 90, 120), 45, (_ROLE.END_USER, _ROLE.INFLUENCER)),
    Step(SceneKind.EVALUATION, Channel.CALL, 0.48, (15, 20, 30), 30, ()),
    Step(SceneKind.PROPOSAL, Channel.EMAIL, 0.6, (0,), 0, (_ROLE.DECISION_MAKER, _ROLE.BUDGET_HOLDER)),
    Step(SceneKind.NEGOTIATION, Channel.MEETING, 0.76, (30, 30, 45), 8, (_ROLE.DECISION_MAKER, _ROLE.BUDGET_HOLDER)),
    Step(SceneKind.LEGAL_REVIEW, Channel.EMAIL, 0.88, (0,), 40, (_ROLE.LEGAL_AND_COMPLIANCE, _ROLE.DECISION_MAKER)),
)
"""The regular steps in order; after them comes the signature or the loss, at progress 1."""

CONSUMER_STEPS = (
    Step(SceneKind.DISCOVERY, Channel.EMAIL, 0.0, (0,), 0, ()),
    Step(SceneKind.EVALUATION, Channel.CALL, 0.3, (5, 8, 12), 3, ()),
    Step(SceneKind.PROPOSAL, Channel.EMAIL, 0.55, (0,), 2, ()),
    Step(SceneKind.NEGOTIATION, Channel.EMAIL, 0.8, (0,), 6, (_ROLE.INFLUENCER,)),
)
"""The steps of a consumer's purchase: nobody meets, and nobody reviews a contract."""
