"""The history of an account: calibrated, in order, and without contradictions in its structure."""

from dataclasses import replace
from datetime import timedelta
from statistics import fmean, stdev

import pytest
from accounts import ARRIVAL, SEED, outline, settings, stories

from simcrm.lifecycle.account_history import simulate_account
from simcrm.models.account_story import AccountStory, Channel, Purpose, SceneKind, SceneOutcome, Topic
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleTrigger


def test_cycles_are_those_of_the_scenario(histories: list[AccountStory]) -> None:
    deals = [story.deals[0] for story in histories if story.deals]
    days = [(deal.final.at - deal.opened_at) / timedelta(days=1) for deal in deals]
    assert fmean(days) == pytest.approx(60, abs=3 * stdev(days) / len(days) ** 0.5)


def test_activities_have_the_counts_of_the_scenario(histories: list[AccountStory]) -> None:
    rules = {(rule.moment, rule.object_type): rule.probability for rule in settings().parameters.rules}
    contacts = sum(len(story.joined_at) for story in histories)
    qualified = sum(len(story.joined_at) for story in histories if story.qualified_at)
    members = sum(len(deal.committee) for story in histories for deal in story.deals)
    calls = sum(touch.object_type is ObjectType.CALLS for story in histories for touch in story.touches)
    per_call = rules[LifecycleTrigger.QUALIFIED, ObjectType.CALLS]
    expected = qualified * per_call + members * 0.5
    assert calls == pytest.approx(expected, abs=3 * (qualified * 0.23 + members * 0.25) ** 0.5)
    notes = sum(
        touch.object_type is ObjectType.NOTES and touch.trigger is LifecycleTrigger.CREATED
        for story in histories
        for touch in story.touches
    )
    assert notes == contacts


def test_won_deals_have_more_activities_before_they_close(histories: list[AccountStory]) -> None:
    def touches(story: AccountStory) -> int:
        return sum(touch.at < story.deals[0].final.at for touch in story.touches)

    won = [touches(story) for story in histories if story.deals and story.deals[0].lost_reason is None]
    lost = [touches(story) for story in histories if story.deals and story.deals[0].lost_reason is not None]
    assert fmean(won) / fmean(lost) >= 1.2


def test_deals_follow_each_other_and_existing_business_follows_a_win(histories: list[AccountStory]) -> None:
    assert any(len(story.deals) > 1 for story in histories)
    for story in histories:
        for before, after in zip(story.deals, story.deals[1:], strict=False):
            assert before.final.outcome is not DealOutcome.OPEN
            assert after.opened_at > before.final.at
        for deal in story.deals:
            earlier_win = any(other.lost_reason is None for other in story.deals[: deal.number])
            assert deal.is_existing_business == earlier_win


def test_scenes_are_in_order_and_their_people_have_joined(histories: list[AccountStory]) -> None:
    for story in histories:
        times = [scene.at for scene in story.scenes]
        assert times == sorted(times)
        for scene in story.scenes:
            assert len(set(scene.participants)) == len(scene.participants)
            assert all(story.joined_at[place] <= scene.at for place in scene.participants[:1])


def test_what_is_known_stays_known_and_a_price_is_the_deals(histories: list[AccountStory]) -> None:
    priced = 0
    for story in histories:
        known: frozenset[Topic] = frozenset()
        for scene in story.scenes:
            assert known <= scene.knowledge.topics
            known = scene.knowledge.topics
            if scene.knowledge.amount is not None and scene.deal is not None:
                revisions = [entry for entry in story.deals[scene.deal].revisions if entry.at <= scene.at]
                assert scene.knowledge.amount == revisions[-1].amount
                priced += 1
    assert priced


def test_a_promise_is_kept_by_the_scene_that_follows_or_shown_to_be_broken(histories: list[AccountStory]) -> None:
    kept = broken = 0
    for story in histories:
        for scene in story.scenes:
            if scene.promise is None:
                continue
            assert scene.promise.due_at >= scene.at
            kept += scene.promise.is_kept
            broken += not scene.promise.is_kept
    assert kept > 5 * broken > 0


def test_one_task_keeps_what_was_agreed_and_others_inform_whoever_it_is_not_about(
    histories: list[AccountStory],
) -> None:
    informing = 0
    for story in histories:
        tasks = [touch for touch in story.touches if touch.object_type is ObjectType.TASKS]
        for scene in {task.scene for task in tasks}:
            kept = [task.position for task in tasks if task.scene == scene and task.purpose is Purpose.PROMISE]
            others = [task.position for task in tasks if task.scene == scene and task.purpose is Purpose.INFORM]
            assert len(kept) <= 1
            assert story.scenes[scene].participants[0] not in others
            assert kept or not others
            informing += len(others)
    assert informing > 0


def test_nobody_joins_through_a_colleague_before_the_seller_has_spoken_to_one(histories: list[AccountStory]) -> None:
    spoken = [(story, story.qualified_at) for story in histories if story.qualified_at is not None]

    assert all(joined >= at for story, at in spoken for joined in story.joined_at[1:])
    assert len(spoken) > len(histories) / 3


def test_calls_take_place_in_scenes_that_are_calls(histories: list[AccountStory]) -> None:
    for story in histories:
        for touch in story.touches:
            if touch.object_type is ObjectType.CALLS:
                assert story.scenes[touch.scene].channel is Channel.CALL
        called = {touch.scene for touch in story.touches if touch.object_type is ObjectType.CALLS}
        assert all(scene.number in called for scene in story.scenes if scene.channel is Channel.CALL)


def test_an_answer_follows_the_mail_it_answers(histories: list[AccountStory]) -> None:
    answers = 0
    for story in histories:
        for touch in story.touches:
            if touch.answers is not None:
                sent = story.touches[touch.answers]
                assert sent.at < touch.at
                assert sent.purpose is Purpose.OUTGOING
                answers += 1
    assert answers


def test_no_answer_comes_after_the_next_conversation(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    answered = 0
    for story in (*histories, *consumers):
        for touch in story.touches:
            if touch.answers is not None:
                scene = story.scenes[touch.scene]
                later = [one for one in story.scenes if scene.at < one.at <= touch.at]
                assert not any(scene.participants[0] in one.participants for one in later)
                assert scene.deal is None or all(one.deal != scene.deal for one in later)
                answered += 1
    assert answered > len(histories) / 2


def test_lost_deals_end_in_a_loss_that_says_why(histories: list[AccountStory]) -> None:
    for story in histories:
        for deal in story.deals:
            last = [scene for scene in story.scenes if scene.deal == deal.number and scene.at <= deal.final.at][-1]
            expected = SceneKind.SIGNATURE if deal.lost_reason is None else SceneKind.LOSS
            assert last.kind is expected


def test_nobody_joins_after_the_end() -> None:
    end = ARRIVAL + timedelta(days=95)
    for story in stories(300, settings(ends_at=end)):
        assert all(at <= end for at in story.joined_at)
        assert min(story.joined_at) == story.joined_at[0]


def test_no_further_deal_opens_after_the_settings_say_so() -> None:
    until = ARRIVAL + timedelta(days=150)
    limited = list(stories(300, settings(deals_open_until=until)))
    assert all(deal.opened_at <= until for story in limited for deal in story.deals[1:])
    assert sum(len(story.deals) for story in limited) < sum(len(story.deals) for story in stories(300))


def test_an_account_depends_on_nothing_but_its_seed_number_and_arrival() -> None:
    one = simulate_account(SEED, outline(17), ARRIVAL, settings())
    assert one == simulate_account(SEED, outline(17), ARRIVAL, settings())
    assert one != simulate_account(SEED, outline(18), ARRIVAL, settings())


def test_consumers_neither_meet_nor_review_contracts(consumers: list[AccountStory]) -> None:
    for story in consumers:
        assert all(scene.channel is not Channel.MEETING for scene in story.scenes)
        assert all(scene.kind is not SceneKind.LEGAL_REVIEW for scene in story.scenes)


def test_a_missed_meeting_takes_place_later(histories: list[AccountStory]) -> None:
    missed = [(story, scene) for story in histories for scene in story.scenes if scene.outcome is SceneOutcome.NO_SHOW]
    assert missed
    for story, scene in missed:
        following = [other for other in story.scenes[scene.number + 1 :] if other.deal == scene.deal]
        assert any(other.channel is Channel.MEETING for other in following)


def test_subscriptions_are_renewed_after_a_year() -> None:
    renewals = [
        (story.deals[deal.number - 1], deal)
        for story in stories(600, is_subscription=True)
        for deal in story.deals
        if deal.is_renewal
    ]
    assert renewals
    for before, renewal in renewals:
        assert timedelta(days=300) < renewal.opened_at - before.final.at < timedelta(days=345)


def test_a_scenario_without_wins_has_none() -> None:
    never = replace(settings().parameters, win_rate=0.0)
    from simcrm.lifecycle.calibration import calibrate  # noqa: PLC0415

    losing = settings(parameters=never, links=calibrate(0.62, 0.7, 0.0))
    assert all(deal.lost_reason is not None for story in stories(300, losing) for deal in story.deals)
