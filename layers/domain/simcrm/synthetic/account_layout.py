"""Lay out a simulation's contacts over its accounts: which account a contact belongs to, and which contacts it has."""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from simcrm.synthetic.scenario import CountRange, ScenarioPack
from simcrm.synthetic.scenario_packs import load_scenario
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.settings import GenerationSettings

ACCOUNTS_PER_BLOCK = 16
"""Accounts in a block share a fixed number of contacts, so a contact's account is found without counting from 0."""


class AccountPlace(NamedTuple):
    """The place of a contact: its account, and its position among the account's contacts, from 0."""

    account: int
    position: int


def account_sizes(requested: CountRange | int | None, own: CountRange) -> CountRange:
    """Return how many contacts accounts have: a range as requested, or a scenario's own range, scaled to a mean."""
    if requested is None:
        return own
    if isinstance(requested, CountRange):
        return requested
    low = max(1, round(2 * requested * own.low / (own.low + own.high)))
    return CountRange(low, 2 * requested - low)


class AccountLayout:
    """Spreads contacts over accounts of ``sizes`` contacts; equal seeds and sizes give equal layouts.

    ``total`` is the number of all contacts, which may cut the last account short; without it, every account is whole.
    """

    def __init__(self, seed: SeedSequence, sizes: CountRange, total: int | None = None) -> None:
        self._seed, self.sizes, self._total = seed, sizes, total
        self._block_contacts = (ACCOUNTS_PER_BLOCK * (sizes.low + sizes.high) + 1) // 2
        self._ends = lru_cache(maxsize=64)(self._block_ends)

    @property
    def shares_companies(self) -> bool:
        """Whether an account may have several contacts."""
        return self.sizes.high > 1

    @property
    def mean(self) -> float:
        """The mean number of contacts per account."""
        return self._block_contacts / ACCOUNTS_PER_BLOCK

    def place(self, index: int) -> AccountPlace:
        """Return the account and position of the contact with this index."""
        if self.sizes.high == 1:
            return AccountPlace(index, 0)
        block, offset = divmod(index, self._block_contacts)
        ends = self._ends(block)
        number = bisect_right(ends, offset)
        return AccountPlace(block * ACCOUNTS_PER_BLOCK + number, offset - (ends[number - 1] if number else 0))

    def contacts(self, account: int) -> range:
        """Return the indexes of an account's contacts."""
        first, end = self.first_index(account), self.first_index(account + 1)
        return range(first, end if self._total is None else min(end, self._total))

    def first_index(self, account: int) -> int:
        """Return the index of an account's first contact, which is the number of contacts of all accounts before it."""
        block, number = divmod(account, ACCOUNTS_PER_BLOCK)
        return block * self._block_contacts + (self._ends(block)[number - 1] if number else 0)

    def accounts(self, total: int) -> int:
        """Return the number of accounts that this many contacts belong to; the last one may not be complete."""
        return self.place(total - 1).account + 1 if total else 0

    def _block_ends(self, block: int) -> list[int]:
        """Return where the contacts of each account in a block end."""
        rng, (low, high) = self._seed.stream(RandomStream.ACCOUNT_LAYOUT, block), (self.sizes.low, self.sizes.high)
        sizes = [low + rng.randbelow(high - low + 1) for _ in range(ACCOUNTS_PER_BLOCK)]
        surplus, number = sum(sizes) - self._block_contacts, 0
        while surplus:
            step = 1 if surplus > 0 else -1
            if low <= sizes[number % ACCOUNTS_PER_BLOCK] - step <= high:
                sizes[number % ACCOUNTS_PER_BLOCK] -= step
                surplus -= step
            number += 1
        return list(accumulate(sizes))


def create_layout(settings: GenerationSettings) -> AccountLayout:
    """Return how the contacts of a simulation are spread over its accounts; far cheaper than a generator.

    Raises UnknownScenarioError, PackError and DataFileError.
    """
    pack = load_scenario(settings.scenario, settings.pack_paths)
    own = (settings.parameters or pack.parameters).contacts_per_company
    is_default = own == pack.parameters.contacts_per_company
    if settings.contacts_per_company is None and pack.is_consumer and is_default:
        own = CountRange(1, 1)  # a household is one contact unless somebody asks for more
    sizes = account_sizes(settings.contacts_per_company, own)
    return AccountLayout(scenario_seed(settings, pack), sizes, settings.total_records)


def scenario_seed(settings: GenerationSettings, pack: ScenarioPack) -> SeedSequence:
    """Return the seed of everything that is drawn for a simulation of this scenario."""
    return SeedSequence(f"{settings.seed}/{pack.name}")
