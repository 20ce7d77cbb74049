"""Email addresses, unique by construction: at a company's domain in its format, or at a consumer's mail provider."""

from collections.abc import Mapping, Sequence

from simcrm.synthetic.locales import Locale, Person
from simcrm.synthetic.seeded_random import Permutation, SeedSequence, StreamRandom, WeightedChoice

SMALL_COMPANY = 20
_LARGE_COMPANY_FORMATS = WeightedChoice(
    ("first.last", "flast", "first_last", "firstl", "f.last", "first", "last"), (52, 30, 4, 4, 5, 3, 2)
)
_SMALL_COMPANY_FORMATS = WeightedChoice(("first.last", "flast", "first", "firstlast", "firstl"), (34, 20, 36, 4, 6))

_FORMS = {
    "first.last": "{first}.{last}",
    "flast": "{initial}{last}",
    "first": "{first}",
    "firstl": "{first}{last_initial}",
    "f.last": "{initial}.{last}",
    "firstlast": "{first}{last}",
    "last": "{last}",
    "first_last": "{first}_{last}",
}
_HALF_BITS = 14
_SLOT_BITS = 2 * _HALF_BITS
_TAGS = ["", *"jmalerdkscbt", "1", "7", "22", "84", "91", "77", "12", "88", "95", "23", "79", "99"]
_MIDDLE = frozenset("jmalerdkscbt")
_GMAIL_PATTERNS = {".": 62, "": 26, "flast": 12}
_PATTERNS = {".": 46, "": 16, "flast": 12, "_": 26}
_ENTRIES = 64


def address_format(employees: int, rng: StreamRandom) -> str:
    """Draw the address format of a company of this size."""
    return (_SMALL_COMPANY_FORMATS if employees < SMALL_COMPANY else _LARGE_COMPANY_FORMATS).pick(rng)


def local_part(email_format: str, person: Person) -> str:
    """Return the part before the @ in the company's format."""
    first, last = ascii_local_part(person.first_latin), ascii_local_part(person.last_latin)
    return _FORMS[email_format].format(first=first, last=last, initial=first[0], last_initial=last[0])


def colleague_address(email_format: str, earlier: Sequence[Person], person: Person) -> str:
    """Return the local part of a person, distinct from those of the colleagues before them."""
    preferred = local_part(email_format, person)
    taken = sum(local_part(email_format, other) == preferred for other in earlier)
    return f"{preferred}{taken + 1}" if taken else preferred


def ascii_local_part(name: str) -> str:
    """Return the letters of a Latin name in lower case."""
    lowered = name.lower()
    return lowered if lowered.isalpha() else "".join(letter for letter in lowered if letter.isalpha())


class ConsumerAddressBook:
    """People with addresses at mail providers.

    A permutation of the index gives each person their own slot. Slots are divided among surnames by frequency, and a
    surname's slots among given names, so names occur by frequency. The position among the slots of one name
    distinguishes namesakes in the address: the rarer the name, the fewer digits.
    """

    def __init__(self, seed: SeedSequence, locale: Locale, number: int, locales: int) -> None:
        self._locale, self._number, self._locales = locale, number, locales
        self._order = Permutation(seed, f"{locale.name}/people", 1 << _HALF_BITS, 1 << _HALF_BITS)
        self._entries = _entries(seed, locale)
        self._initials = _initial_runs(locale)
        self._joinable = _prefix_free(locale.given_latin)

    def person_and_address(self, index: int) -> tuple[Person, str, str]:
        """Return the person with this index, the local part of their address and its provider."""
        locale = self._locale
        first_half, second_half = self._order.pair(index)
        slot = first_half << _HALF_BITS | second_half
        surname, offset, slots = _share(locale.surname_choice, slot, 1 << _SLOT_BITS)
        given_names = locale.given_name_choice(surname)
        given_number, _, _ = _share(given_names, offset, slots)
        person = locale.person_at(given_number, surname)
        provider, pattern, copy, copies = self._entries[offset % _ENTRIES]
        if not pattern and ascii_local_part(person.first_latin) not in self._joinable:
            pattern = "begun"
        first_of_run = self._initials[given_number] if pattern == "flast" else given_number
        begin = -(-given_names.start(first_of_run) * slots // given_names.total)
        rank = (offset // _ENTRIES - begin // _ENTRIES) * copies + copy
        return person, _consumer_local(person, pattern, rank * self._locales + self._number), provider


def _share(table: WeightedChoice[int], position: int, slots: int) -> tuple[int, int, int]:
    """Return the option whose share of the slots contains a position, the position within it, and its size."""
    number = table.index_at(position * table.total // slots)
    begin = -(-table.start(number) * slots // table.total)
    end = -(-table.end(number) * slots // table.total)
    return number, position - begin, end - begin


def _consumer_local(person: Person, pattern: str, rank: int) -> str:
    first, last = ascii_local_part(person.first_latin), ascii_local_part(person.last_latin)
    if pattern == "flast":
        return f"{first[0]}{last}{2 * rank + 1}"
    if not pattern:
        return f"{first}{last}{2 * rank or ''}"
    if pattern == "begun":
        return f"{first}.{last}0{rank}"
    tag = _TAGS[rank] if rank < len(_TAGS) else str(rank + 100)
    return f"{first}{pattern}{tag}{pattern}{last}" if tag in _MIDDLE else f"{first}{pattern}{last}{tag}"


def _entries(seed: SeedSequence, locale: Locale) -> list[tuple[str, str, int, int]]:
    """Return providers and patterns in proportion to their weights, with numbered copies, in a seeded order."""
    pairs = []
    for provider, count in _portions(locale.freemail_weights, _ENTRIES).items():
        patterns = _GMAIL_PATTERNS if provider == "gmail.com" else _PATTERNS
        pairs += [
            (provider, pattern, copy, copies)
            for pattern, copies in _portions(patterns, count).items()
            for copy in range(copies)
        ]
    return sorted(pairs, key=lambda pair: seed.constant("/".join(map(str, pair))))


def _portions(weights: Mapping[str, int], count: int) -> dict[str, int]:
    """Divide a count by weights; the rest goes to the largest remainders."""
    total = sum(weights.values())
    portions = {name: weight * count // total for name, weight in weights.items()}
    by_rest = sorted(weights, key=lambda name: -(weights[name] * count % total))
    for name in by_rest[: count - sum(portions.values())]:
        portions[name] += 1
    return portions


def _prefix_free(names: Sequence[str]) -> frozenset[str]:
    """Return names none of which is a prefix of another: only these can precede a surname without a separator."""
    prefix_free: list[str] = []
    for name in sorted({ascii_local_part(name) for name in names}):
        if not (prefix_free and name.startswith(prefix_free[-1])):
            prefix_free.append(name)
    return frozenset(prefix_free)


def _initial_runs(locale: Locale) -> list[int]:
    """Return, for each given name, the first name in its run of names with the same initial."""
    runs: list[int] = []
    for number, name in enumerate(locale.given_latin):
        same = number and ascii_local_part(name)[:1] == ascii_local_part(locale.given_latin[number - 1])[:1]
        runs.append(runs[-1] if same else number)
    return runs
