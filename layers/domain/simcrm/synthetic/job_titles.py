"""Draw the positions of an account's contacts: seniority, department and job title, by the size of the company."""

from collections.abc import Sequence
from typing import NamedTuple

from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Person
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

SMALL, MEDIUM, LARGE = 20, 100, 250
"""From ``MEDIUM`` staff on there are vice presidents, regions and grades; the head of a ``LARGE`` one is no owner."""
SHARED_DEPARTMENTS_FROM = 30
"""From this size on, a company has departments for finance and IT. Published: the first hires come at 30 to 50."""
USERS_SHARE, FINANCE_SHARE, IT_SHARE = 0.45, 0.15, 0.15
"""Where the colleagues of a lead work: where the product is used, in finance and in IT; the rest anywhere. Assumed."""
_LEVELS = ("owner", "executive", "vp", "director", "manager", "senior", "staff")
_LEVELS_BY_SIZE = (
    (SMALL, WeightedChoice(_LEVELS, (35, 0, 0, 12, 28, 10, 15))),
    (MEDIUM, WeightedChoice(_LEVELS, (5, 13, 0, 26, 30, 12, 14))),
    (LARGE, WeightedChoice(_LEVELS, (2, 11, 10, 22, 29, 12, 14))),
)
_LEVELS_OF_LARGE = WeightedChoice(_LEVELS, (1, 6, 13, 24, 31, 13, 12))
_STAFF = ("senior", "staff")
_DECIDING = ("owner", "executive", "vp", "director")
_DECIDING_LEVELS, _DECIDING_LEVELS_OF_SMALL = (
    WeightedChoice(("executive", "director"), (45, 55)),
    WeightedChoice(("owner", "director"), (80, 20)),
)
"""Who joins as the last of an account's people if nobody before could decide. Assumed."""
_DRAWS = 12
_ROLES = ("Decision Maker", "Influencer", "End User", "Champion")
_ROLE_BY_LEVEL = {
    "owner": WeightedChoice(_ROLES, (86, 4, 4, 6)),
    "executive": WeightedChoice(_ROLES, (78, 11, 2, 9)),
    "vp": WeightedChoice(_ROLES, (64, 19, 2, 15)),
    "director": WeightedChoice(_ROLES, (42, 27, 6, 25)),
    "manager": WeightedChoice(_ROLES, (14, 32, 20, 34)),
    "senior": WeightedChoice(_ROLES, (3, 32, 40, 25)),
    "staff": WeightedChoice(_ROLES, (2, 18, 66, 14)),
}
_CONSUMER_ROLE = WeightedChoice(_ROLES, (74, 8, 14, 4))
SENIORITY_RANK = {level: rank for rank, level in enumerate(reversed(_LEVELS))}


class Position(NamedTuple):
    """A person's position in a company."""

    seniority: str
    function: str
    title: str


class Employer(NamedTuple):
    """A company as far as it matters for titles: its headcount, the departments that use a product, and all of them."""

    employees: int
    users: WeightedChoice[str]
    departments: WeightedChoice[str]


def draw_positions(
    language: Language, employer: Employer, people: Sequence[Person], draws: Sequence[StreamRandom]
) -> list[Position]:
    """Draw the positions of an account's people, the lead first, with titles that agree with each person's sex.

    The lead works where the product is used. A company has one head at most, and no title above staff twice. Of several
    people, one at least is senior enough to decide.
    """
    taken: set[str] = set()
    positions: list[Position] = []
    for place, (person, rng) in enumerate(zip(people, draws, strict=True)):
        levels = _levels(employer.employees)
        if 0 < place == len(people) - 1 and not any(position.seniority in _DECIDING for position in positions):
            levels = _DECIDING_LEVELS_OF_SMALL if employer.employees < SMALL else _DECIDING_LEVELS
        positions.append(_draw_position(_TitleSource(language, employer, person, rng), levels, place, taken))
    return positions


class _TitleSource(NamedTuple):
    """What one person's position is drawn from."""

    language: Language
    employer: Employer
    person: Person
    rng: StreamRandom


def _draw_position(source: _TitleSource, levels: WeightedChoice[str], place: int, taken: set[str]) -> Position:
    """Draw a position that nobody has taken, and take it; positions of staff are never taken."""
    function = _draw_department(source.employer, place, source.rng)
    for _ in range(_DRAWS):
        level = levels.pick(source.rng)
        title, key = _draw_title(source, level, function)
        if level in _STAFF:
            return Position(level, function, title)
        keys = {key, *_unique_posts(level, function, source.employer.employees)}
        if not keys & taken:
            taken |= keys
            return Position(level, function, title)
    return Position("staff", function, _draw_title(source, "staff", function)[0])


def _unique_posts(level: str, function: str, employees: int) -> tuple[str, ...]:
    """Return what a company has only one of besides titles: an owner, and in a small one the head of a department."""
    if level == "owner":
        return ("owner",)
    if employees < SMALL:
        return (f"head of {function}",)
    if employees < MEDIUM and level in ("executive", "director"):
        return (level if level == "executive" else f"director of {function}",)
    return ()


def _levels(employees: int) -> WeightedChoice[str]:
    return next((levels for limit, levels in _LEVELS_BY_SIZE if employees < limit), _LEVELS_OF_LARGE)


def _draw_department(employer: Employer, place: int, rng: StreamRandom) -> str:
    if place == 0:
        return employer.users.pick(rng)
    draw = rng.uniform()
    if draw < USERS_SHARE:
        return employer.users.pick(rng)
    if employer.employees >= SHARED_DEPARTMENTS_FROM and draw < USERS_SHARE + FINANCE_SHARE + IT_SHARE:
        return "finance" if draw < USERS_SHARE + FINANCE_SHARE else "it"
    return employer.departments.pick(rng)


def _draw_title(source: _TitleSource, level: str, function: str) -> tuple[str, str]:
    """Draw a job title; return it and what is equal for all titles of one position, whoever holds it."""
    language = source.language
    words = _TitleWords(language.titles["functions"][function], language.endings["m"], source.rng)
    pattern = source.rng.choice(_patterns(language, level, function, source.employer.employees))
    neutral = language.templates.expand(pattern, words, source.rng)
    title = neutral
    for name, ending in language.endings[source.person.sex].items():
        title = title.replace(_marker(name), ending)
    return title, _abbreviate(neutral)


def _patterns(language: Language, level: str, function: str, employees: int) -> list[str]:
    """Return the patterns of a level: those of the department if it has its own, and more in companies of some size."""
    titles = language.titles
    if level == "owner" and employees >= LARGE:
        return list(titles["heads"])
    own = titles["functions"][function].get(level) if level == "owner" else None
    patterns: list[str] = own or titles["patterns"][level]
    return patterns + titles["largePatterns"].get(level, []) if employees >= MEDIUM else patterns


def _abbreviate(title: str) -> str:
    """Return the short form of a title such as Chief Financial Officer, so that CFO is known as the same."""
    words = title.split()
    is_chief = len(words) > 2 and words[0] == "Chief" and words[-1] == "Officer"  # noqa: PLR2004
    return "".join(word[0] for word in words) if is_chief else title


def _marker(name: str) -> str:
    return f"<{name}>"


class _TitleWords(dict[str, str]):
    """Slots of a title: a word of the department, drawn on use, or a mark for an ending that depends on the sex."""

    def __init__(self, department_words: dict[str, list[str]], endings: dict[str, str], rng: StreamRandom) -> None:
        super().__init__({name: _marker(name) for name in endings})
        self._department_words, self._rng = department_words, rng

    def __missing__(self, slot: str) -> str:
        word = self._rng.choice(self._department_words[slot])
        return word.format_map(self) if "{" in word else word


def draw_title(language: Language, position: Position, employees: int, person: Person, rng: StreamRandom) -> str:
    """Draw another title for the level and department of a position in a company of this size."""
    departments = WeightedChoice((position.function,), (1,))
    source = _TitleSource(language, Employer(employees, departments, departments), person, rng)
    return _draw_title(source, position.seniority, position.function)[0]


def buyer_role(seniority: str, rng: StreamRandom) -> str:
    """Draw the buyer role for a seniority, which is empty for a consumer."""
    return _ROLE_BY_LEVEL.get(seniority, _CONSUMER_ROLE).pick(rng)
