"""The accounts that a model is still to be asked about, taken in calls of the size that suits it."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from simcrm.generation.text.account_prompts import AccountPrompt

MAX_CALL_TOKENS = 1_600
"""Output per call: about 10 s for a model that writes 150 tokens per second."""
MAX_BATCH_CALL_TOKENS = 3_000
"""Output per request of a message batch, which nobody waits for: the instructions are paid for less often."""
MAX_TOKENS_BY_RECORDS = 8_000
"""Output per call if its number of records is given."""
_MAX_DIVISIONS = 6
"""How often an account is put back: often enough for a call of any size to come down to single texts."""


class Call(NamedTuple):
    """A call about some accounts; what it brings in vain is composed if it ``is_last``, else asked for again."""

    accounts: tuple[AccountPrompt, ...]
    is_last: bool = False


class CallQueue:
    """Takes accounts into calls of one language: whole accounts if they fit, a long one in several calls.

    ``max_records`` limits the contacts of a call; without it, only the expected output does.
    """

    def __init__(self, accounts: Iterable[AccountPrompt], max_records: int | None = None) -> None:
        self._pending = deque(sorted((each for each in accounts if not each.is_empty), key=_group))
        self._again: deque[AccountPrompt] = deque()
        self._halves: deque[Call] = deque()
        self._put_back: Counter[int] = Counter()
        self._max_records = max_records

    def __bool__(self) -> bool:
        return bool(self._pending or self._again or self._halves)

    def ask_again(self, accounts: Iterable[AccountPrompt]) -> None:
        """Ask once more about accounts, each in calls of its own."""
        self._again.extend(accounts)

    def can_divide(self, call: Call) -> bool:
        """Whether smaller calls can be made of a call."""
        times = max(self._put_back[account.number] for account in call.accounts)
        return self._max_records is None and times < _MAX_DIVISIONS and len(_halves(call)) > 1

    def put_back(self, call: Call) -> None:
        """Take back a call that brought nothing: its halves are taken next."""
        self._put_back.update(account.number for account in call.accounts)
        self._halves.extend(_halves(call))

    def take(self, max_tokens: int) -> Call:
        """Take the next call, expected to write about ``max_tokens`` at most; the queue must not be empty."""
        if self._halves:
            return self._halves.popleft()
        limit = max_tokens if self._max_records is None else MAX_TOKENS_BY_RECORDS
        if self._again:
            return Call((_take_part(self._again, limit),), is_last=True)
        chunk: list[AccountPrompt] = []
        while self._pending and _fits(self._pending[0], chunk, limit, self._max_records):
            chunk.append(_take_part(self._pending, limit))
        return Call(tuple(chunk))

    def calls(self, max_tokens: int) -> Iterator[tuple[AccountPrompt, ...]]:
        """Yield the accounts of all calls."""
        while self:
            yield self.take(max_tokens).accounts


def _halves(call: Call) -> list[Call]:
    """Return the two halves of a call's accounts, or the parts of its only one; the call if it has no parts."""
    first, *others = call.accounts
    middle = len(call.accounts) // 2
    if others:
        chunks = [call.accounts[:middle], call.accounts[middle:]]
    else:
        chunks = [(part,) for part in first.split(first.output_tokens // 2)]
    return [Call(chunk, call.is_last) for chunk in chunks]


def _take_part(accounts: deque[AccountPrompt], limit: int) -> AccountPrompt:
    account = accounts.popleft()
    part, *rest = account.split(limit)
    if rest:
        left = {text_id for later in rest for text_id in later.text_ids}
        accounts.appendleft(account.only(left.__contains__))
    return part


def _fits(account: AccountPrompt, chunk: list[AccountPrompt], limit: int, max_records: int | None) -> bool:
    """Whether an account may join a call: it always begins one."""
    if not chunk:
        return True
    if _group(account) != _group(chunk[0]) or account.number == chunk[-1].number:
        return False
    if max_records is not None and sum(map(_records, [*chunk, account])) > max_records:
        return False
    return sum(each.output_tokens for each in chunk) + account.output_tokens <= limit


def _group(account: AccountPrompt) -> tuple[str, bool]:
    return account.locale, "activities" in account.fields


def _records(account: AccountPrompt) -> int:
    return sum(1 for record in account.records if record.keys)
