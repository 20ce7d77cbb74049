"""Assign contacts to companies if contacts share companies."""

from functools import lru_cache
from itertools import accumulate

from simcrm.synthetic.scenario import CountRange
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

COMPANIES_PER_BLOCK = 16
"""Companies in a block share a fixed number of contacts, so a contact's company is found without counting from 0."""


class CompanyAssignment:
    """Spreads contacts over companies, ``mean`` per company, in the range set by the scenario."""

    def __init__(self, seed: SeedSequence, mean: int, ratio: CountRange) -> None:
        self._seed, self._mean, self._ratio = seed, mean, ratio
        self._ends = lru_cache(maxsize=64)(self._block_ends)

    def company_and_position(self, index: int) -> tuple[int, int]:
        """Return the index of the contact's company and the contact's position in it, from 0."""
        if self._mean == 1:
            return index, 0
        block, offset = divmod(index, COMPANIES_PER_BLOCK * self._mean)
        ends = self._ends(block)
        company = next(number for number, end in enumerate(ends) if offset < end)
        return block * COMPANIES_PER_BLOCK + company, offset - (ends[company - 1] if company else 0)

    def _block_ends(self, block: int) -> list[int]:
        """Return where the contacts of each company in a block end."""
        rng = self._seed.stream(RandomStream.COMPANY_ASSIGNMENT, block)
        middle = (self._ratio.low + self._ratio.high) / 2
        low = max(1, round(self._mean * self._ratio.low / middle))
        high = max(low + 1, round(self._mean * self._ratio.high / middle))
        sizes = [low + rng.randbelow(high - low + 1) for _ in range(COMPANIES_PER_BLOCK)]
        surplus = sum(sizes) - COMPANIES_PER_BLOCK * self._mean
        place = 0
        while surplus:
            step = 1 if surplus > 0 else -1
            if sizes[place % COMPANIES_PER_BLOCK] - step >= 1:
                sizes[place % COMPANIES_PER_BLOCK] -= step
                surplus -= step
            place += 1
        return list(accumulate(sizes))
