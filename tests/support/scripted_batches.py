"""A provider of message batches in memory; a script says which calls fail, before or after they did their work."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scripted_model import good_response

from simcrm.llm.errors import LlmCallError, error_from_status
from simcrm.llm.providers.base import BatchResult, BatchStatus, LlmRequest

Requests = Sequence[tuple[str, LlmRequest]]
Fate = Callable[[str, LlmRequest], BatchResult | None]


def succeed(custom_id: str, request: LlmRequest) -> BatchResult:
    """A good answer."""
    return BatchResult(custom_id, good_response(request))


class KilledError(BaseException):
    """The function dies: nothing that follows is run."""


@dataclass
class Account:
    """All message batches of an account; ``looks`` is how often one is looked at before it has ended.

    ``fate`` says what becomes of a request; None leaves it out. ``before`` and ``after`` are raised by submissions, in
    turn, before and after the batch is there; None raises nothing. ``breaks`` is after how many results reading fails.
    """

    wall: Callable[[], float]
    fate: Fate = succeed
    looks: int = 1
    before: list[BaseException | None] = field(default_factory=list)
    after: list[BaseException | None] = field(default_factory=list)
    standing_failures: list[LlmCallError] = field(default_factory=list)
    breaks: int | None = None
    accepted: Callable[[str], bool] = lambda _key: True
    batches: dict[str, tuple[datetime, Requests]] = field(default_factory=dict)
    looked: Counter[str] = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    cancelled: list[str] = field(default_factory=list)

    def create_provider(self, key: str, _base_url: str) -> "Connection":
        """What the registry calls."""
        self.keys.append(key)
        return Connection(self, key)

    def add(self, requests: Requests) -> str:
        """A batch of this account, whoever handed it in."""
        batch_id = f"msgbatch_{len(self.batches)}"
        self.batches[batch_id] = (datetime.fromtimestamp(self.wall(), UTC), list(requests))
        return batch_id

    @property
    def paid_requests(self) -> Counter[str]:
        """How often each request was taken in, by its custom id."""
        return Counter(custom_id for _, requests in self.batches.values() for custom_id, _ in requests)


@dataclass
class Connection:
    """A provider with one key."""

    account: Account
    key: str

    def submit(self, requests: Requests) -> str:
        """Take a batch in, unless the script says otherwise."""
        self._count_call("submit")
        _raise_next(self.account.before)
        batch_id = self.account.add(requests)
        _raise_next(self.account.after)
        return batch_id

    def status(self, batch_id: str) -> BatchStatus:
        """How it stands."""
        self._count_call("standing")
        if self.account.standing_failures:
            raise self.account.standing_failures.pop(0)
        if batch_id not in self.account.batches:
            raise error_from_status(404, None)
        self.account.looked[batch_id] += 1
        return self._status(batch_id)

    def list_recent(self) -> Iterator[BatchStatus]:
        """The newest first."""
        self._count_call("recent")
        yield from (self._status(batch_id) for batch_id in reversed(self.account.batches))

    def results(self, batch_id: str) -> Iterator[BatchResult]:
        """In another order than that of the requests."""
        self._count_call("results")
        for custom_id, request in reversed(self.account.batches[batch_id][1]):
            if self.account.breaks is not None:
                self.account.breaks -= 1
                if self.account.breaks < 0:
                    self.account.breaks = None
                    raise error_from_status(502, None)
            result = self.account.fate(custom_id, request)
            if result is not None:
                yield result

    def cancel(self, batch_id: str) -> None:
        """Note it."""
        self._count_call("cancel")
        self.account.cancelled.append(batch_id)

    def close(self) -> None:
        """Nothing to close."""

    def _count_call(self, call: str) -> None:
        self.account.calls[call] += 1
        if not self.account.accepted(self.key):
            raise error_from_status(401, None)

    def _status(self, batch_id: str) -> BatchStatus:
        created_at, requests = self.account.batches[batch_id]
        ended = self.account.looked[batch_id] >= self.account.looks
        return BatchStatus(batch_id, created_at, ended, len(requests))


def _raise_next(script: list[BaseException | None]) -> None:
    step = script.pop(0) if script else None
    if step is not None:
        raise step
