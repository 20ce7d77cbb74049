"""What the seller knows after each scene, and what was agreed at its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from simcrm.lifecycle.opportunity import SceneDraft
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import (
    Channel,
    CommitteeRole,
    DealStory,
    Knowledge,
    Promise,
    PromiseKind,
    Scene,
    SceneKind,
    SceneOutcome,
    Topic,
)
from simcrm.synthetic.seeded_random import StreamRandom

_LEARNED: Mapping[SceneKind, tuple[tuple[Topic, float], ...]] = {
    SceneKind.FIRST_TOUCH: ((Topic.PAIN, 0.7), (Topic.TRIGGER, 0.2)),
    SceneKind.QUALIFICATION: (
        (Topic.PAIN, 1.0),
        (Topic.GOAL, 0.6),
        (Topic.TRIGGER, 0.7),
        (Topic.INCUMBENT, 0.5),
        (Topic.DECIDER, 0.3),
    ),
    SceneKind.DISCOVERY: (
        (Topic.PAIN, 1.0),
        (Topic.GOAL, 1.0),
        (Topic.INCUMBENT, 0.9),
        (Topic.SEATS, 0.8),
        (Topic.DECIDER, 0.7),
        (Topic.DECISION_DATE, 0.7),
    ),
    SceneKind.DEMO: ((Topic.OBJECTION, 0.7), (Topic.SEATS, 0.7), (Topic.DECIDER, 0.6)),
    SceneKind.WORKSHOP: ((Topic.SEATS, 1.0), (Topic.OBJECTION, 0.6), (Topic.DECIDER, 0.9)),
    SceneKind.EVALUATION: ((Topic.OBJECTION, 0.6), (Topic.BUDGET, 0.6), (Topic.DECISION_DATE, 0.7)),
    SceneKind.PROPOSAL: (
        (Topic.PRICE, 1.0),
        (Topic.SEATS, 1.0),
        (Topic.DECIDER, 1.0),
        (Topic.DECISION_DATE, 1.0),
    ),
    SceneKind.NEGOTIATION: ((Topic.DISCOUNT, 1.0), (Topic.BUDGET, 0.9), (Topic.OBJECTION, 0.5)),
    SceneKind.LEGAL_REVIEW: ((Topic.LEGAL_TERMS, 1.0),),
    SceneKind.SIGNATURE: ((Topic.PRICE, 1.0), (Topic.SEATS, 1.0), (Topic.DECIDER, 1.0), (Topic.CONTRACT, 1.0)),
    SceneKind.LOSS: ((Topic.LOST_REASON, 1.0),),
    SceneKind.COMPETITOR: ((Topic.COMPETITOR, 1.0),),
    SceneKind.EXPANSION: ((Topic.SEATS, 1.0), (Topic.DECIDER, 1.0), (Topic.DECISION_DATE, 0.8)),
    SceneKind.RENEWAL: ((Topic.SEATS, 1.0), (Topic.DECIDER, 1.0), (Topic.DECISION_DATE, 1.0)),
    SceneKind.REVIVAL: ((Topic.PAIN, 1.0), (Topic.DECISION_DATE, 0.5)),
}
"""What a scene reveals, each with its probability; what is known stays known."""

_PROMISES: Mapping[SceneKind, PromiseKind] = {
    SceneKind.QUALIFICATION: PromiseKind.CALL,
    SceneKind.DISCOVERY: PromiseKind.DISCOVERY,
    SceneKind.EXPANSION: PromiseKind.DISCOVERY,
    SceneKind.RENEWAL: PromiseKind.CALL,
    SceneKind.REVIVAL: PromiseKind.CALL,
    SceneKind.DEMO: PromiseKind.DEMO,
    SceneKind.WORKSHOP: PromiseKind.WORKSHOP,
    SceneKind.EVALUATION: PromiseKind.CALL,
    SceneKind.PROPOSAL: PromiseKind.SEND_PROPOSAL,
    SceneKind.NEGOTIATION: PromiseKind.REVIEW_PROPOSAL,
    SceneKind.LEGAL_REVIEW: PromiseKind.SEND_CONTRACT,
    SceneKind.SIGNATURE: PromiseKind.INTERNAL_DECISION,
    SceneKind.LOSS: PromiseKind.INTERNAL_DECISION,
    SceneKind.ONBOARDING: PromiseKind.ONBOARDING,
    SceneKind.CHECK_IN: PromiseKind.CHECK_IN,
}
"""What is agreed before a scene of this kind."""

_BREAKS = {SceneKind.NO_SHOW, SceneKind.SILENCE, SceneKind.BUDGET_MOVED, SceneKind.CHAMPION_LEFT}
_TALKS = {PromiseKind.CALL, PromiseKind.DISCOVERY, PromiseKind.REVIEW_PROPOSAL}
"""What needs a call or a meeting; where a scene takes place in writing, material is promised instead."""
_NO_TALK = {SceneOutcome.NO_ANSWER, SceneOutcome.VOICEMAIL, SceneOutcome.BUSY, SceneOutcome.NO_REPLY}
_AFTER_SIGNATURE = {SceneKind.ONBOARDING, SceneKind.CHECK_IN, SceneKind.SUPPORT}
"""What follows only if a deal is won."""
_CLOSINGS = {SceneKind.PROPOSAL, SceneKind.LEGAL_REVIEW, SceneKind.SIGNATURE}
"""What the seller sends, or waits for, until a deal is won."""
_SENT = {SceneKind.PROPOSAL, SceneKind.LEGAL_REVIEW}
"""What the seller writes to one contact, although it is about others too."""
_LATE = timedelta(days=1)
_FORESEEN = timedelta(days=60)
"""Nothing is agreed for a later time than this, nor for the same day, of which nobody speaks by its date."""
_MATERIAL_SENT_SHARE = 0.9


def add_knowledge(
    scenes: Sequence[SceneDraft], deals: Sequence[DealStory], calendar: WorkingCalendar, rng: StreamRandom
) -> tuple[Scene, ...]:
    """Return the scenes of an account, in order, with what is known after each and what was agreed at its end."""
    known, finished = Knowledge(), []
    for number, scene in enumerate(scenes):
        deal = None if scene.deal is None else deals[scene.deal]
        known = _learn(known, scene, deal, rng)
        promise = _promise(scene, scenes[number + 1 :], calendar, rng)
        finished.append(
            Scene(
                number,
                scene.kind,
                scene.channel,
                scene.at,
                scene.minutes,
                scene.participants,
                scene.outcome,
                known,
                promise,
                scene.deal,
            )
        )
    return tuple(finished)


def _learn(known: Knowledge, scene: SceneDraft, deal: DealStory | None, rng: StreamRandom) -> Knowledge:
    learned = {topic for topic, share in _LEARNED.get(scene.kind, ()) if rng.bernoulli(share)}
    topics = known.topics | learned
    if deal is None:
        return known._replace(topics=topics)
    revision = [revision for revision in deal.revisions if revision.at <= scene.at][-1]
    decider = next((member.position for member in deal.committee if member.role is CommitteeRole.DECISION_MAKER), None)
    return Knowledge(
        topics,
        revision.amount if Topic.PRICE in topics else None,
        revision.closes_at if Topic.DECISION_DATE in topics else None,
        decider if Topic.DECIDER in topics else None,
    )


def _promise(
    scene: SceneDraft, later: Sequence[SceneDraft], calendar: WorkingCalendar, rng: StreamRandom
) -> Promise | None:
    """Return what was agreed at the end of a scene, from the scene that keeps or breaks it."""
    if scene.outcome in _NO_TALK or scene.kind in {SceneKind.LOSS, SceneKind.SILENCE, SceneKind.DISQUALIFICATION}:
        return None
    following = _following(scene, later)
    if following is None or following.at - scene.at > _FORESEEN or calendar.day_of(following.at) <= scene.at:
        return None
    if following.kind in _BREAKS:
        kept = next((draft for draft in later if draft.kind in _PROMISES and draft.deal == following.deal), None)
        kind = PromiseKind.CALL if kept is None else _PROMISES[kept.kind]
        return Promise(kind, _find_planned_time(scene.at, following, calendar), is_kept=False)
    if following.kind in _PROMISES:
        kind = _PROMISES[following.kind]
        is_written = following.channel is Channel.EMAIL and kind in _TALKS
        return Promise(PromiseKind.SEND_MATERIAL if is_written else kind, following.at, is_kept=True)
    due = calendar.after(scene.at, scene.at + _LATE, rng)
    return Promise(PromiseKind.SEND_MATERIAL, due, is_kept=rng.bernoulli(_MATERIAL_SENT_SHARE))


def _following(scene: SceneDraft, later: Sequence[SceneDraft]) -> SceneDraft | None:
    """Return the next scene of a contact; while a deal is open, not one that follows only if it is won."""
    own = (draft for draft in later if (draft.deal == scene.deal or scene.deal is None) and _is_for(scene, draft))
    following = next(own, None)
    if following is None or following.kind not in _AFTER_SIGNATURE:
        return following
    closing = (draft for draft in later if draft.kind in _CLOSINGS and draft.deal == scene.deal)
    return next((draft for draft in closing if draft.kind not in _SENT or _is_for(scene, draft)), following)


def _is_for(scene: SceneDraft, later: SceneDraft) -> bool:
    """Whether a later scene is for the contact of a scene: one of its people, or to whom something is sent."""
    main = scene.participants[0]
    return main in (later.participants[:1] if later.kind in _SENT else later.participants)


def _find_planned_time(agreed_at: datetime, broken: SceneDraft, calendar: WorkingCalendar) -> datetime:
    """Return the time for which something was agreed that did not happen: that of the meeting that somebody missed.

    Otherwise it is on a working day before it was found to be broken, or then if it was agreed no earlier.
    """
    if broken.kind is SceneKind.NO_SHOW:
        return broken.at
    planned = broken.at - _LATE
    while not calendar.is_working_day(planned.astimezone(calendar.zone).date()):
        planned -= _LATE
    return planned if calendar.day_of(planned) > agreed_at else broken.at
