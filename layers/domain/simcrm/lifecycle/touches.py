"""The activities of an account: what is recorded of its scenes, in the numbers that the scenario's parameters set.

A rule adds an activity to a contact with a probability when something happens to it, and every member of a committee
has a range of notes, calls and tasks per deal. Calls are scenes of their own or take place in one; all other
activities record a scene or keep what was agreed in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp

from simcrm.lifecycle.contact_moments import ContactMoment, draw_first_call
from simcrm.lifecycle.opportunity import SceneDraft
from simcrm.lifecycle.touch_drafts import TouchDraft
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import Channel, DealStory, Purpose, SceneKind, SceneOutcome
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.synthetic.scenario import ActivityRule, CountRange, ScenarioParameters
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

ENGAGEMENT_TILT = 0.25
"""How far the mean of a range moves up for a deal that is won and down for one that is lost."""
FOLLOW_UP_SHARE = 0.6
"""The share of meetings after which the seller writes an e-mail. Assumed."""
REPLY_SHARE_WON, REPLY_SHARE_LOST = 0.62, 0.34
"""The share of a seller's e-mails that are answered within a deal that is won or not. Published: 25 % at low load."""
REPLY_LOG_HOURS = (0.9, 1.3)
"""Mean and standard deviation of the logarithm of the hours until an answer. Published mean in work hours: 3.4."""
TASKS_DONE_SHARE = 0.975
"""The share of tasks that are done once they are due, so that most open tasks are still to come. Published for CRMs
that nobody keeps tidy: 59 to 60 %."""

_LEAST_TO_ASSESS, _ASSESSED_WITHIN = timedelta(hours=6), timedelta(days=5)
"""How soon after a scene the next one may begin, and how long a seller takes to assess it at most. Assumed."""
_FASTEST_ANSWER_HOURS, _SLOWEST_ANSWER_HOURS = 2, 90
"""How long a ticket is open; most are closed early. Assumed."""

_CALL_ENDS = WeightedChoice(
    (SceneOutcome.DONE, SceneOutcome.VOICEMAIL, SceneOutcome.NO_ANSWER, SceneOutcome.BUSY), (62, 18, 16, 4)
)
_CALLABLE = {
    SceneKind.QUALIFICATION,
    SceneKind.EVALUATION,
    SceneKind.COMPETITOR,
    SceneKind.BUDGET_MOVED,
    SceneKind.CHECK_IN,
}
"""Scenes that need no meeting, and take place in a call if the scenario has one to spare."""


@dataclass(slots=True)
class TouchPlanner:
    """Adds the activities of one account; ``scenes`` grows by the calls that no scene had room for."""

    scenes: list[SceneDraft]
    deals: Sequence[DealStory]
    joined_at: Sequence[datetime]
    parameters: ScenarioParameters
    calendar: WorkingCalendar
    customer_calendar: WorkingCalendar
    rng: StreamRandom
    touches: list[TouchDraft] = field(default_factory=list)

    def plan(self, moments: Iterable[ContactMoment]) -> list[TouchDraft]:
        """Return all touches of the account."""
        for moment in moments:
            self._apply_rules(moment)
        for deal in self.deals:
            self._add_habits(deal)
        self._write_instead_of_calling()
        for place in range(len(self.scenes)):
            self._record_scene(place)
        return self.touches

    def _apply_rules(self, moment: ContactMoment) -> None:
        """Add what the scenario's rules trigger for a contact."""
        added: set[ObjectType] = set()
        for rule in self.parameters.rules:
            if rule.moment is not moment.trigger or rule.unless in added:
                continue
            happens, shift = self.rng.bernoulli(rule.probability), self.rng.uniform() * 2 - 1
            if happens:
                added.add(rule.object_type)
                self._add_by_rule(rule, moment, shift)

    def _add_by_rule(self, rule: ActivityRule, moment: ContactMoment, shift: float) -> None:
        minutes = max(1.0, rule.delay_minutes + shift * rule.delay_spread_minutes)
        is_request = rule.object_type is ObjectType.TICKETS
        calendar = self.customer_calendar if is_request else self.calendar
        at = calendar.soon(moment.at, minutes / 60, self.rng)
        if rule.object_type is ObjectType.CALLS:
            self._add_call(self._first_call_time(moment, at), moment.position, moment.trigger, moment.deal)
            return
        scene = self._find_scene(moment, at)
        if rule.object_type is ObjectType.TASKS:
            self._add_task(scene, moment.position, moment.trigger)
        elif is_request:
            self._add_ticket(at, scene, moment.position, moment.trigger)
        else:
            self._add_rule_note(at, scene, moment)

    def _add_rule_note(self, at: datetime, scene: int, moment: ContactMoment) -> None:
        """Add a note; of several about the end of a deal one tells of it, and others look back within days."""
        purpose = Purpose.SUMMARY
        if moment.deal is not None and self._is_recorded(scene):
            purpose = Purpose.ASSESSMENT
            at = self.calendar.after(moment.at, moment.at + _ASSESSED_WITHIN * self.rng.uniform(), self.rng)
        self._add(TouchDraft(ObjectType.NOTES, at, scene, moment.position, moment.trigger, purpose))

    def _is_recorded(self, place: int) -> bool:
        """Whether a note tells of a scene, and not of a contact that was named in it."""
        notes = (touch for touch in self.touches if touch.scene == place and touch.purpose is Purpose.SUMMARY)
        return any(note.trigger is not LifecycleTrigger.CREATED for note in notes)

    def _add_habits(self, deal: DealStory) -> None:
        """Add a seller's notes, calls and tasks for every member of a deal's committee."""
        won = deal.lost_reason is None
        win_rate = self.parameters.win_rate
        share = 0.5 + ENGAGEMENT_TILT * (1 - win_rate if won else -win_rate)
        places = [place for place, scene in enumerate(self.scenes) if scene.deal == deal.number]
        closes = deal.final.at
        before_close = [place for place in places if self.scenes[place].at < closes]
        for member in deal.committee:
            joined = self.joined_at[member.position]
            known = [place for place in before_close if self.scenes[place].at >= joined] or before_close[-1:]
            own = [place for place in known if member.position in self.scenes[place].participants]
            for _ in range(self._count(self.parameters.calls_per_lead, share)):
                self._add_deal_call(deal, member.position, own or known)
            for _ in range(self._count(self.parameters.notes_per_lead, share)):
                self._add_note(self.rng.choice(own or known), member.position)
            for _ in range(self._count(self.parameters.tasks_per_lead, share)):
                place = self.rng.choice(self._without_task(own or known, member.position))
                self._add_task(place, member.position, LifecycleTrigger.OPPORTUNITY)

    def _without_task(self, places: Sequence[int], position: int) -> Sequence[int]:
        """Return the scenes that no task follows yet, else those that none with this contact does, else all."""
        tasks = [touch for touch in self.touches if touch.object_type is ObjectType.TASKS]
        followed, own = {task.scene for task in tasks}, {task.scene for task in tasks if task.position == position}
        free = [place for place in places if place not in followed]
        return free or [place for place in places if place not in own] or places

    def _count(self, range_: CountRange, share: float) -> int:
        return range_.low + sum(self.rng.bernoulli(share) for _ in range(range_.high - range_.low))

    def _add_note(self, place: int, position: int) -> None:
        """Add a note about a scene: its summary if it has none yet, else an assessment before the next scene."""
        scene = self.scenes[place]
        is_recorded = self._is_recorded(place)
        purpose = Purpose.ASSESSMENT if is_recorded else Purpose.SUMMARY
        since = max(scene.at, self.joined_at[position]) + timedelta(minutes=scene.minutes)
        if is_recorded:
            at = self.calendar.between(since, self._assessed_by(scene, since), self.rng)
        else:
            at = self.calendar.at_work(since + timedelta(minutes=8 + 70 * self.rng.uniform() ** 2))
        self._add(TouchDraft(ObjectType.NOTES, at, place, position, LifecycleTrigger.OPPORTUNITY, purpose))

    def _assessed_by(self, scene: SceneDraft, since: datetime) -> datetime:
        """Return when the seller has assessed a scene: before the day on which the deal goes on or closes, and soon."""
        least = since + _LEAST_TO_ASSESS
        ends = [one.at for one in self.scenes if one.deal == scene.deal and one.at > least]
        if scene.deal is not None and self.deals[scene.deal].final.at > scene.at:
            ends.append(self.deals[scene.deal].final.at)
        return min([*(max(least, self.calendar.day_of(at)) for at in ends), since + _ASSESSED_WITHIN])

    def _add_task(self, place: int, position: int, trigger: LifecycleTrigger) -> None:
        """Add a task for what was agreed in a scene; when it is due follows from the promise."""
        since = max(self.scenes[place].at, self.joined_at[position])
        is_done = self.rng.bernoulli(TASKS_DONE_SHARE)
        self._add(TouchDraft(ObjectType.TASKS, since, place, position, trigger, Purpose.PROMISE, is_done=is_done))

    def _add_ticket(self, at: datetime, place: int, position: int, trigger: LifecycleTrigger) -> None:
        hours = _FASTEST_ANSWER_HOURS + _SLOWEST_ANSWER_HOURS * self.rng.uniform() ** 2
        closed_at = self.calendar.soon(at, hours, self.rng)
        self._add(TouchDraft(ObjectType.TICKETS, at, place, position, trigger, Purpose.REQUEST, closed_at=closed_at))

    def _add_call(self, at: datetime, position: int, trigger: LifecycleTrigger, deal: int | None) -> None:
        """Let a call take place in a scene of the contact that has none yet, else in a scene of its own."""
        place = self._callable_scene(position, deal, at)
        if place is None:
            outcome = _CALL_ENDS.pick(self.rng)
            minutes = 4 + self.rng.randbelow(16) if outcome is SceneOutcome.DONE else 0
            kind = SceneKind.QUALIFICATION if trigger is LifecycleTrigger.QUALIFIED else SceneKind.FOLLOW_UP
            place = len(self.scenes)
            self.scenes.append(SceneDraft(at, kind, Channel.CALL, minutes, (position,), outcome, deal))
        self._add(TouchDraft(ObjectType.CALLS, self.scenes[place].at, place, position, trigger, Purpose.CALL))

    def _add_deal_call(self, deal: DealStory, position: int, places: Sequence[int]) -> None:
        place = self._callable_scene(position, deal.number, None)
        if place is not None:
            scene = self.scenes[place]
            trigger = self._trigger(scene)
            self._add(TouchDraft(ObjectType.CALLS, scene.at, place, position, trigger, Purpose.CALL))
            return
        before = max(self.scenes[self.rng.choice(places)].at, self.joined_at[position])
        span = deal.final.at - before
        at = self.calendar.after(before, before + span * (0.1 + 0.5 * self.rng.uniform()), self.rng)
        if at >= deal.final.at:
            at = self.calendar.between(before, deal.final.at, self.rng)
        self._add_call(at, position, LifecycleTrigger.OPPORTUNITY, deal.number)

    def _callable_scene(self, position: int, deal: int | None, near: datetime | None) -> int | None:
        """Return the place of a scene that this contact can have by telephone and that nobody has called for yet."""
        taken = {touch.scene for touch in self.touches if touch.object_type is ObjectType.CALLS}
        for place, scene in enumerate(self.scenes):
            fits = scene.kind in _CALLABLE and scene.deal == deal and scene.participants[0] == position
            if fits and place not in taken and (near is None or scene.at <= near):
                return place
        return None

    def _write_instead_of_calling(self) -> None:
        """Let scenes that could have been calls take place in writing where the scenario has no call for them."""
        called = {touch.scene for touch in self.touches if touch.object_type is ObjectType.CALLS}
        for place, scene in enumerate(self.scenes):
            if scene.channel is Channel.CALL and place not in called:
                self.scenes[place] = scene._replace(channel=Channel.EMAIL, minutes=0)

    def _record_scene(self, place: int) -> None:
        """Add the meeting or the e-mails of a scene."""
        scene = self.scenes[place]
        main, trigger = scene.participants[0], self._trigger(scene)
        if scene.channel is Channel.MEETING:
            self._add(TouchDraft(ObjectType.MEETINGS, scene.at, place, main, trigger, Purpose.MEETING))
            if scene.outcome is SceneOutcome.DONE and self.rng.bernoulli(FOLLOW_UP_SHARE):
                hours = scene.minutes / 60 + 0.5 + 20 * self.rng.uniform() ** 2
                at = self.calendar.soon(scene.at, hours, self.rng)
                sent = self._add(TouchDraft(ObjectType.EMAILS, at, place, main, trigger, Purpose.OUTGOING))
                self._maybe_answer(sent, scene)
        elif scene.channel is Channel.EMAIL and scene.kind is not SceneKind.INTRODUCTION:
            begins = scene.kind in {SceneKind.SUPPORT, SceneKind.LOSS} and scene.outcome is SceneOutcome.DONE
            purpose = Purpose.INCOMING if begins else Purpose.OUTGOING
            sent = self._add(TouchDraft(ObjectType.EMAILS, scene.at, place, main, trigger, purpose))
            if purpose is Purpose.OUTGOING and scene.outcome is SceneOutcome.DONE:
                self._maybe_answer(sent, scene)
        if scene.kind is SceneKind.SUPPORT:
            self._add_ticket(scene.at, place, main, LifecycleTrigger.SUPPORT)

    def _maybe_answer(self, sent: TouchDraft, scene: SceneDraft) -> None:
        won = scene.deal is not None and self.deals[scene.deal].lost_reason is None
        mean, sigma = REPLY_LOG_HOURS
        hours = exp(mean + sigma * self.rng.normal())
        if self.rng.bernoulli(REPLY_SHARE_WON if won else REPLY_SHARE_LOST):
            at = self.customer_calendar.soon(sent.at, hours, self.rng)
            if self._is_overtaken(scene, at):
                return
            answer = TouchDraft(
                ObjectType.EMAILS, at, sent.scene, sent.position, sent.trigger, Purpose.INCOMING, answers=sent
            )
            self.touches.append(answer)

    def _is_overtaken(self, scene: SceneDraft, at: datetime) -> bool:
        """Whether the contact and the seller have been in touch again by ``at``, which outdates an answer."""
        main = scene.participants[0]
        return any(
            scene.at < later.at <= at and (main in later.participants or later.deal == scene.deal is not None)
            for later in self.scenes
        )

    def _trigger(self, scene: SceneDraft) -> LifecycleTrigger:
        if scene.kind is SceneKind.SUPPORT:
            return LifecycleTrigger.SUPPORT
        if scene.deal is None:
            return LifecycleTrigger.CREATED
        final = self.deals[scene.deal].final
        if scene.at < final.at:
            return LifecycleTrigger.OPPORTUNITY
        return LifecycleTrigger.WON if self.deals[scene.deal].lost_reason is None else LifecycleTrigger.LOST

    def _first_call_time(self, moment: ContactMoment, at: datetime) -> datetime:
        """Return when a contact is called: not in the minutes after a colleague has named it."""
        joined = self.joined_at[moment.position]
        if moment.position == 0 or moment.at > joined:
            return at
        own = (scene.at for scene in self.scenes if moment.position in scene.participants and scene.at > joined)
        return draw_first_call(joined, min(own, default=None), self.calendar, self.rng)

    def _find_scene(self, moment: ContactMoment, at: datetime) -> int:
        """Return the scene that a moment's activity is about: the end of its deal, else the last one by then."""
        if moment.deal is None:
            return self._scene_before(at, moment.position)
        return next(
            place
            for place, scene in enumerate(self.scenes)
            if scene.deal == moment.deal and scene.kind in {SceneKind.SIGNATURE, SceneKind.LOSS}
        )

    def _scene_before(self, at: datetime, position: int) -> int:
        """Return the last scene of a contact that has begun by ``at``, else of its account."""
        begun = [place for place, scene in enumerate(self.scenes) if scene.at <= at]
        own = [place for place in begun if position in self.scenes[place].participants]
        return max(own or begun or [0], key=lambda place: self.scenes[place].at)

    def _add(self, touch: TouchDraft) -> TouchDraft:
        self.touches.append(touch)
        return touch
