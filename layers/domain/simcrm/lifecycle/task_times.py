"""When the tasks of an account are due: by what was agreed in the scenes that they come from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simcrm.lifecycle.touch_drafts import TouchDraft
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import DealStory, Promise, PromiseKind, Purpose, Scene
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic.seeded_random import StreamRandom

_PREPARED = {PromiseKind.DISCOVERY, PromiseKind.DEMO, PromiseKind.WORKSHOP, PromiseKind.REVIEW_PROPOSAL}
"""What a task prepares; all else is done when it is due."""
_BEFORE_MEETING = timedelta(hours=1)
_OPEN_DAYS = (2, 7)
"""How many days a task has that nothing was agreed for. Assumed."""


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """Sets when the tasks of one account are entered and due.

    ``scenes`` are those of the account by their places as drafts. A draft's ``at`` is the earliest time at which the
    seller could enter the task.
    """

    scenes: Mapping[int, Scene]
    deals: Sequence[DealStory]
    calendar: WorkingCalendar
    rng: StreamRandom

    def apply(self, touches: Iterable[TouchDraft]) -> Iterator[TouchDraft]:
        """Yield touches with the times of tasks, of which one keeps what was agreed in a scene."""
        kept: set[int] = set()
        for touch in touches:
            if touch.object_type is ObjectType.TASKS:
                task = self._with_times(touch, is_kept=touch.scene in kept)
                if task.purpose is Purpose.PROMISE:
                    kept.add(task.scene)
                yield task
            else:
                yield touch

    def _with_times(self, task: TouchDraft, *, is_kept: bool) -> TouchDraft:
        """Set the times of a task; ``is_kept`` tells whether another one keeps the promise of its scene."""
        scene = self.scenes[task.scene]
        entered_at = self.calendar.at_work(task.at + timedelta(minutes=scene.minutes))
        promise = scene.promise
        if promise is None or is_kept or self._day(promise.due_at) <= self._day(entered_at):
            at = max(entered_at, self._free_time(scene, entered_at))
            purpose = Purpose.INFORM if is_kept and task.position != scene.participants[0] else Purpose.REMINDER
            return task._replace(at=at, entered_at=entered_at, purpose=purpose)
        return task._replace(at=self._due_time(promise, entered_at), entered_at=entered_at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.calendar.zone).date()

    def _due_time(self, promise: Promise, since: datetime) -> datetime:
        """Return when a task is due: at the promise, or before the meeting that it prepares."""
        latest = promise.due_at - _BEFORE_MEETING
        if promise.kind not in _PREPARED or latest <= since:
            return max(since, self._working_time(promise.due_at))
        prepared = self.calendar.at_work(self.calendar.between(since + (latest - since) * 0.4, latest, self.rng))
        return min(prepared, promise.due_at)

    def _working_time(self, at: datetime) -> datetime:
        """Return the time itself if the seller is at work then, else one on the working day that follows."""
        begins = self.calendar.at_work(at)
        return at if begins == at else self.calendar.on_day(self._day(begins), self.rng)

    def _free_time(self, scene: Scene, since: datetime) -> datetime:
        """Return when a task is due that nothing was agreed for: in some days, and not after the deal has closed."""
        closes = None if scene.deal is None else self.deals[scene.deal].final.at
        if closes is not None and scene.at < closes <= since + _BEFORE_MEETING:
            return self.calendar.soon(since, 1, self.rng)
        low, high = _OPEN_DAYS
        at = self.calendar.after(since, since + timedelta(days=low + (high - low) * self.rng.uniform()), self.rng)
        return self.calendar.between(since, closes, self.rng) if closes is not None and since < closes <= at else at
