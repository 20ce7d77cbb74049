"""What a reader of an account would stumble over: haste, repetition, and figures that change for no reason."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

from accounts import BERLIN

from simcrm.lifecycle.opportunity import LEAST_GAP, LEAST_THOUGHT
from simcrm.models.account_story import AccountStory, DealStory, Purpose, Scene, SceneKind, SceneOutcome
from simcrm.models.crm_objects import ObjectType

OFFERS = {SceneKind.PROPOSAL, SceneKind.NEGOTIATION, SceneKind.LEGAL_REVIEW}
ENDS = {SceneKind.SIGNATURE, SceneKind.LOSS}
DOUBTS = {SceneKind.COMPETITOR, SceneKind.BUDGET_MOVED, SceneKind.SILENCE}


def steps(story: AccountStory, deal: DealStory) -> list[Scene]:
    """The scenes of a deal until it ends."""
    return [scene for scene in story.scenes if scene.deal == deal.number and scene.at <= deal.final.at]


def day(at: datetime) -> date:
    return at.astimezone(BERLIN.zone).date()


def test_what_is_agreed_is_due_on_a_later_day(histories: list[AccountStory], consumers: list[AccountStory]) -> None:
    scenes = [scene for story in (*histories, *consumers) for scene in story.scenes if scene.promise is not None]

    assert len(scenes) > 5_000
    assert all(day(scene.promise.due_at) > day(scene.at) for scene in scenes if scene.promise is not None)


def test_an_offer_is_refused_after_some_thought_and_accepted_no_sooner_than_it_can_be_read(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    waits: dict[bool, list[timedelta]] = {True: [], False: []}
    for story in (*histories, *consumers):
        for deal in story.deals:
            offers = [scene.at for scene in steps(story, deal) if scene.kind in OFFERS]
            waits[deal.lost_reason is None] += [deal.final.at - at for at in offers[-1:]]

    assert min(map(len, waits.values())) > 300
    assert min(waits[False]) >= LEAST_THOUGHT > timedelta(days=1)
    assert min(waits[True]) >= LEAST_GAP


def test_nobody_has_doubts_about_an_offer_on_its_own_day(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    pairs = [
        (before, after)
        for story in (*histories, *consumers)
        for deal in story.deals
        for before, after in pairwise(steps(story, deal))
        if before.kind in OFFERS and after.kind in DOUBTS
    ]

    assert len(pairs) > 300
    assert all(day(after.at) > day(before.at) for before, after in pairs)


def test_one_note_tells_of_the_end_of_a_deal_and_others_look_back_later(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    looks_back = 0
    for story in (*histories, *consumers):
        ends = {scene.number for scene in story.scenes if scene.kind in ENDS}
        notes = [one for one in story.touches if one.object_type is ObjectType.NOTES and one.scene in ends]
        tells = Counter(note.scene for note in notes if note.purpose is Purpose.SUMMARY and note.trigger != "created")
        assert set(tells.values()) <= {1}
        for note in notes:
            if note.purpose is Purpose.ASSESSMENT:
                assert day(note.at) > day(story.scenes[note.scene].at)
                looks_back += 1
    assert looks_back > 200


def test_the_number_of_users_stays_while_the_price_changes(histories: list[AccountStory]) -> None:
    deals = [deal for story in histories for deal in story.deals]

    assert all(len({one.line_items[0].quantity for one in deal.revisions}) == 1 for deal in deals)
    assert sum(len({one.amount for one in deal.revisions}) > 1 for deal in deals) > len(deals) / 2


def test_an_assessment_of_a_deal_is_not_written_on_the_day_on_which_it_goes_on(histories: list[AccountStory]) -> None:
    written = late = 0
    for story in histories:
        for note in story.touches:
            scene = story.scenes[note.scene]
            if note.purpose is Purpose.ASSESSMENT and scene.deal is not None and scene.kind not in ENDS:
                later = [one.at for one in story.scenes[scene.number + 1 :] if one.deal == scene.deal]
                late += bool(later) and day(note.at) == day(min(later)) > day(scene.at)
                written += 1
    assert written > 1_000
    assert late < written / 30


def test_what_is_sent_is_promised_to_whom_it_is_sent(histories: list[AccountStory]) -> None:
    promised = 0
    for story in histories:
        for scene in story.scenes:
            if scene.promise is not None and scene.promise.kind in {"send_proposal", "send_contract"}:
                sent = {SceneKind.PROPOSAL, SceneKind.LEGAL_REVIEW}
                to = [one.participants[0] for one in story.scenes[scene.number + 1 :] if one.kind in sent]
                if scene.promise.is_kept and scene.outcome is SceneOutcome.DONE:
                    assert scene.participants[0] in to
                    promised += 1
    assert promised > 200
