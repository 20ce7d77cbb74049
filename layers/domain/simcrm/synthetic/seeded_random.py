"""Randomness as a pure function of (seed, stream, index): the same on every machine and Python version.

No state is shared between records: a record's draws depend on its index alone, so records can be generated in any
order. The standard library's generators are not used because their algorithms may change.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from hashlib import blake2b
from itertools import accumulate, chain, count
from struct import Struct
from typing import Generic, TypeVar

T = TypeVar("T")

_U32_BLOCK = Struct("<16I")
_COUNTER = Struct("<HHIQ")
_U32_RANGE = 1 << 32
_MASK = (1 << 64) - 1
_ROUNDS = 3


class RandomStream(IntEnum):
    """The purpose of a sequence of draws; each stream is independent of the others."""

    COMPANY = 1
    LEAD = 2
    PERSON = 3
    ACCOUNT_LAYOUT = 4
    TEXTS = 5
    LOCALE = 6
    ACTIVITY = 7
    LIFECYCLE = 9
    CURVE = 10
    ARRIVAL = 11
    LATENTS = 12
    STORY = 13
    ACCOUNT = 14
    TEAM = 15
    VOICE = 16


class SeedSequence:
    """A simulation's seed, hashed once; it may be text of any length."""

    __slots__ = ("salt",)

    def __init__(self, text: str) -> None:
        self.salt = blake2b(text.encode(), digest_size=16).digest()

    def stream(self, stream: RandomStream, index: int, part: int = 0) -> "StreamRandom":
        """Return the draws of one stream of one record; ``part`` distinguishes several sequences in a stream."""
        return StreamRandom(self.salt, stream, part, index)

    def constant(self, label: str) -> int:
        """Return a 64-bit constant of this seed."""
        return int.from_bytes(blake2b(label.encode(), digest_size=8, salt=self.salt).digest(), "little")


class StreamRandom:
    """Draws of one stream in a fixed order, 32 bits each."""

    __slots__ = ("next_u32",)

    def __init__(self, salt: bytes, stream: int, part: int, index: int) -> None:
        self.next_u32: Callable[[], int] = chain.from_iterable(_blocks(salt, stream, part, index)).__next__
        """Return the next integer from 0 to 2**32 - 1."""

    def randbelow(self, limit: int) -> int:
        """Return an integer from 0 to ``limit`` - 1, for limits far below 2**32."""
        return self.next_u32() * limit >> 32

    def uniform(self) -> float:
        """Return a number from 0 (inclusive) to 1 (exclusive)."""
        return self.next_u32() / _U32_RANGE

    def bernoulli(self, probability: float) -> bool:
        """Whether an event with this probability happens."""
        return self.next_u32() < probability * _U32_RANGE

    def choice(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[self.next_u32() * len(options) >> 32]

    def normal(self) -> float:
        """Return a standard normal number within 3.5: a sum of four uniform ones, to depend on no system library."""
        word = self.next_u32()
        total = (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24)
        return (total / 255 - 2.0) * 1.7320508075688772


def _blocks(salt: bytes, stream: int, part: int, index: int) -> Iterator[tuple[int, ...]]:
    for block in count():
        yield _U32_BLOCK.unpack(blake2b(_COUNTER.pack(stream, part, block, index), salt=salt).digest())


class WeightedChoice(Generic[T]):
    """Options with integer weights."""

    __slots__ = ("_ends", "options", "total")

    def __init__(self, options: Sequence[T], weights: Sequence[int]) -> None:
        if len(options) != len(weights) or not options:
            raise ValueError("options and weights must be equally many and not empty")
        self.options = options
        self._ends = list(accumulate(weights))
        self.total = self._ends[-1]

    @property
    def weights(self) -> list[int]:
        """The weights of the options."""
        return [end - start for start, end in zip([0, *self._ends], self._ends, strict=False)]

    def pick(self, rng: StreamRandom) -> T:
        """Return one option by weight."""
        return self.options[bisect_right(self._ends, rng.next_u32() * self.total >> 32)]

    def pick_index(self, rng: StreamRandom) -> int:
        """Return the number of one option by weight."""
        return bisect_right(self._ends, rng.next_u32() * self.total >> 32)

    def index_at(self, position: int) -> int:
        """Return the number of the option whose cumulative weights contain ``position``."""
        return bisect_right(self._ends, position)

    def start(self, number: int) -> int:
        """Return where the cumulative weights of an option begin."""
        return self._ends[number - 1] if number else 0

    def end(self, number: int) -> int:
        """Return where the cumulative weights of an option end."""
        return self._ends[number]


class Permutation:
    """A seeded permutation of 0 .. left * right - 1, whose values are pairs (below ``left``, below ``right``).

    A Feistel network with modular addition: every pair occurs exactly once, so nothing made of a pair is drawn twice.
    """

    __slots__ = ("_keys", "left", "right", "size")

    def __init__(self, seed: SeedSequence, label: str, left: int, right: int) -> None:
        self.left, self.right = left, right
        self.size = left * right
        self._keys = [seed.constant(f"{label}/{turn}") | 1 for turn in range(_ROUNDS)]

    def pair(self, position: int) -> tuple[int, int]:
        """Return the pair at a position, which must be below ``size``."""
        a, b = divmod(position, self.right)
        left, right = self.left, self.right
        one, two, three = self._keys
        a = (a + _mix(b, one)) % left
        b = (b + _mix(a, two)) % right
        return (a + _mix(b, three)) % left, b


def _mix(value: int, key: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) * key & _MASK
    value = (value ^ (value >> 29)) * 0xBF58476D1CE4E5B9 & _MASK
    return value >> 20
