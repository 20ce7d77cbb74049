"""Hands a simulation's parcels in, waits for them and takes their words: as far as one function gets in its time.

Whatever dies, nothing is paid twice: the progress says that a parcel is about to be handed in before it is. If the
answer to that was never noted, the provider's list is looked through, once the call can no longer be under way.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple

from simcrm.core import cloudwatch_metrics, log
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.generation.message_batches.progress import Fall, Parcel, ParcelState, Progress, ProgressFile
from simcrm.generation.message_batches.requests import Asked, Packer
from simcrm.generation.message_batches.results import NotOursError, Shelf, take_in
from simcrm.generation.text.text_session import Studio
from simcrm.generation.text.text_writer import Scribe
from simcrm.llm.errors import CallFailedError, Category, Reason
from simcrm.llm.health import HealthBoard
from simcrm.llm.providers.base import BatchProvider, Standing
from simcrm.llm.providers.batch_client import KeyedBatches
from simcrm.planning.batches import Batch
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

UNCLEAR = timedelta(seconds=60)
"""How long a parcel may be on its way: longer than its call may take, and until the provider lists it."""
SKEW = timedelta(minutes=5)
"""By how much the provider's clock may differ from ours."""
PATIENCE = timedelta(hours=1)
"""How long parcels may be refused before their records fall back."""
LONGEST = timedelta(hours=26)
"""A message batch ends within 24 hours."""
SLICE_SECONDS = 120.0
"""What packing a parcel and handing it in may take, or taking one in."""
SOONEST, LATEST = timedelta(seconds=2), timedelta(seconds=300)
"""Between two looks; a day of them stays well below the 25,000 events of an execution."""


class Step(NamedTuple):
    """Whether all words are there; if not, after how many seconds to go on."""

    done: bool
    wait_seconds: int = 0


class Desk:
    """The words of one simulation, by message batches."""

    def __init__(self, studio: Studio, packer: Packer, artifacts: Artifacts, batches: Sequence[Batch]) -> None:
        self._studio, self._packer, self._batches = studio, packer, batches
        self._shelf = Shelf(artifacts, batches)
        self._file = ProgressFile(artifacts)
        self._provider = KeyedBatches(studio.batch_provider, studio.read_key)
        self._health = HealthBoard(studio.shared)

    def advance(self) -> Step:
        """Do what can be done now; for a run that was aborted, that is to cancel.

        Raises:
            CallFailedError: it was aborted, and something may be cancelled later.
        """
        if self._studio.is_aborted():
            return self.cancel()
        hindrance = self._studio.hindrance()
        if hindrance is not None and self._file.now == Progress():
            return Step(done=True)
        try:
            with closing(self._provider):
                if hindrance is not None:
                    self._give_up(Fall(reason=hindrance))
                self._follow_all()
                self._hand_in_all()
            self._let_rest_fall()
        except StaleWriteError:
            return Step(done=False, wait_seconds=UNCLEAR.seconds)
        return self.cancel() if self._studio.is_aborted() else self._step()

    def cancel(self) -> Step:
        """End what is under way: what is not answered by then is not paid for. Cancelling again does no harm.

        A parcel whose message batch was never noted is left alone: before it ends, it may be a stranger's.

        Raises:
            CallFailedError: something may be cancelled later; all else was.
        """
        with closing(self._provider):
            failures = [self._cancel(parcel.batch_id) for parcel in self._file.now.open if parcel.batch_id is not None]
        for failure in failures:
            if failure is not None and failure.can_retry:
                raise failure
        return Step(done=True)

    def _cancel(self, batch_id: str) -> CallFailedError | None:
        """Why it is not cancelled; it may have ended by itself."""
        try:
            self._provider.ask(lambda provider: provider.cancel(batch_id))
        except CallFailedError as failure:
            self._note(failure)
            return failure
        return None

    @property
    def _now(self) -> datetime:
        return self._studio.clock.today()

    @property
    def _is_late(self) -> bool:
        clock = self._studio.clock
        return clock.now() + SLICE_SECONDS > clock.end

    # Handing in

    def _hand_in_all(self) -> None:
        while self._may_hand_in() and (packed := self._pack_next()) is not None:
            if not self._hand_in(*packed):
                return

    def _may_hand_in(self) -> bool:
        progress = self._file.now
        is_clear = all(parcel.state is not ParcelState.SUBMITTING for parcel in progress.open)
        return is_clear and progress.rest is None and progress.next < len(self._batches) and not self._is_late

    def _pack_next(self) -> tuple[Parcel, list[Asked]] | None:
        """The next requests that can be paid for, noted as about to be handed in."""
        progress = self._file.now
        load = self._packer.load(self._batches[progress.next :], self._studio.budget)
        if not load.asked:
            if not (load.refusal is Reason.BUDGET_SPENT and progress.open):  # what parcels leave over comes back
                self._give_up(Fall(category=Category.UNKNOWN, reason=load.refusal or Reason.BUDGET_UNKNOWN))
            return None
        parcel = Parcel(
            first=progress.next,
            last=progress.next + load.batches - 1,
            requests=len(load.asked),
            reserved=load.reserved,
            at=self._now,
        )
        self._file.save(progress.with_parcel(parcel))
        return parcel, load.asked

    def _hand_in(self, parcel: Parcel, asked: Sequence[Asked]) -> bool:
        if self._studio.is_aborted():
            self._withdraw(parcel)
            return False
        requests = [(each.custom_id, each.request) for each in asked]
        try:
            batch_id = self._provider.ask(lambda provider: provider.submit(requests))
        except CallFailedError as failure:
            self._not_handed_in(parcel, failure)
            return False
        self._is_handed_in(parcel, batch_id)
        return True

    def _is_handed_in(self, parcel: Parcel, batch_id: str) -> None:
        given = parcel.model_copy(update={"state": ParcelState.SUBMITTED, "batch_id": batch_id})
        self._file.save(self._file.now.with_parcel(given).model_copy(update={"failing_since": None}))
        log.event(
            "AI_BATCH_SUBMITTED",
            "a message batch was handed in",
            simulationId=self._studio.simulation_id,
            batchId=batch_id,
            requests=parcel.requests,
        )

    def _not_handed_in(self, parcel: Parcel, failure: CallFailedError) -> None:
        self._note(failure)
        if failure.can_retry and failure.category is not Category.RATE_LIMIT:
            return  # the provider may have it
        before = self._withdraw(parcel)
        since = before.failing_since or self._now
        self._file.save(before.model_copy(update={"failing_since": since}))
        if not failure.can_retry or not (before.open or self._now - since < PATIENCE):
            self._give_up(Fall(category=failure.category, reason=failure.reason))

    def _withdraw(self, parcel: Parcel) -> Progress:
        """Give back what a parcel has reserved that is not handed in; the progress without it."""
        self._studio.budget.settle(parcel.reserved, 0)
        self._file.save(self._file.now.without_parcel(parcel))
        return self._file.now

    # Following what was handed in

    def _follow_all(self) -> None:
        for parcel in self._file.now.open:
            if self._is_late:
                return
            try:
                if parcel.batch_id is None:
                    self._find(parcel)
                else:
                    self._look(parcel, parcel.batch_id)
            except CallFailedError as failure:
                self._not_followed(parcel, failure)

    def _find(self, parcel: Parcel) -> None:
        """What became of a parcel whose message batch was never noted; once that is clear, hand it in again or not."""
        if self._now - parcel.at < UNCLEAR:
            return
        found = self._provider.ask(lambda provider: self._listed(provider, parcel))
        if found is not None:
            self._is_handed_in(parcel, found.id)
            return
        anew = parcel.model_copy(update={"at": self._now})
        self._file.save(self._file.now.with_parcel(anew))
        self._hand_in(anew, self._requests(parcel))

    def _listed(self, provider: BatchProvider, parcel: Parcel) -> Standing | None:
        """The message batch that may be this parcel: its results will tell for sure."""
        progress = self._file.now
        known = {*progress.strangers, *(other.batch_id for other in progress.parcels)}
        for standing in provider.recent():
            if standing.created_at < parcel.at - SKEW:
                return None
            if standing.requests == parcel.requests and standing.id not in known:
                return standing
        return None

    def _look(self, parcel: Parcel, batch_id: str) -> None:
        standing = self._provider.ask(lambda provider: provider.standing(batch_id))
        if standing.ended:
            self._take_in(parcel, batch_id)
        elif self._now - parcel.at > LONGEST:
            self._settle_fallen(parcel, Fall(category=Category.TIMEOUT, reason=Reason.BATCH_EXPIRED))

    def _take_in(self, parcel: Parcel, batch_id: str) -> None:
        studio = self._studio
        asked, scribe = self._requests(parcel), Scribe(studio.settings, studio.log, studio.clock.wall)
        try:
            harvest = self._provider.ask(
                lambda provider: take_in(provider.results(batch_id), asked, scribe, studio.settings.model)
            )
        except NotOursError:
            lost = parcel.model_copy(update={"state": ParcelState.SUBMITTING, "batch_id": None})
            progress = self._file.now.with_parcel(lost)
            self._file.save(progress.model_copy(update={"strangers": (*progress.strangers, batch_id)}))
            return
        self._shelf.put(harvest.told)
        # From here on a death leaves the reservation as it is: the ceiling holds, and nothing is counted twice.
        self._settle(parcel)
        studio.budget.settle(parcel.reserved, harvest.micro_usd)
        studio.count(harvest.usage, harvest.micro_usd)
        self._health.succeeded(round(studio.clock.wall() * 1000))
        log.event(
            "AI_BATCH_SETTLED",
            "a message batch was taken in",
            simulationId=studio.simulation_id,
            batchId=batch_id,
            byModel=harvest.by_model,
            fallback=harvest.records - harvest.by_model,
            tokens=harvest.usage.total,
        )

    def _not_followed(self, parcel: Parcel, failure: CallFailedError) -> None:
        self._note(failure)
        if failure.category is Category.AUTH:
            self._give_up(Fall(category=failure.category, reason=failure.reason))
        if not failure.can_retry or self._now - parcel.at > LONGEST:
            self._settle_fallen(parcel, Fall(category=failure.category, reason=failure.reason))

    def _settle_fallen(self, parcel: Parcel, fall: Fall) -> None:
        """Nobody knows what the provider did with it, so it is booked in full."""
        self._shelf.put_fallen(range(parcel.first, parcel.last + 1), fall)
        self._log_fallen(parcel.first, fall)
        self._settle(parcel)
        self._studio.budget.settle(parcel.reserved, parcel.reserved)

    def _settle(self, parcel: Parcel) -> None:
        self._file.save(self._file.now.with_parcel(parcel.model_copy(update={"state": ParcelState.SETTLED})))

    def _requests(self, parcel: Parcel) -> list[Asked]:
        return list(self._packer.pack(self._batches[parcel.first : parcel.last + 1]))

    # Falling back

    def _give_up(self, fall: Fall) -> None:
        """Let the batches that are in no parcel fall back."""
        if fall.category is Category.AUTH:
            self._studio.standstill.begin(self._studio.read_key(fresh=False))
        if self._file.now.rest is None:
            self._file.save(self._file.now.model_copy(update={"rest": fall}))

    def _let_rest_fall(self) -> None:
        progress = self._file.now
        if progress.rest is None or progress.next == len(self._batches):
            return
        self._log_fallen(progress.next, progress.rest)
        fallen = progress.next
        while fallen < len(self._batches) and not self._is_late:
            self._shelf.put_fallen([fallen], progress.rest)
            fallen += 1
        self._file.save(progress.model_copy(update={"next": fallen}))

    def _log_fallen(self, first: int, fall: Fall) -> None:
        self._studio.log.fallback(self._batches[first].first_index, fall.category, fall.reason)

    def _note(self, failure: CallFailedError) -> None:
        cloudwatch_metrics.add(Measure.AI_CALLS_FAILED)
        self._health.failed()
        self._studio.log.failed(self._batches[0].first_index, failure.category, failure.reason, 0)

    def _step(self) -> Step:
        progress = self._file.now
        if progress.next == len(self._batches) and not progress.open:
            return Step(done=True)
        since = min([parcel.at for parcel in progress.open] or [progress.failing_since or self._now])
        wait = min(max((self._now - since) / 5, SOONEST), LATEST)
        return Step(done=False, wait_seconds=round(wait.total_seconds()))
