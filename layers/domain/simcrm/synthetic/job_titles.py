"""Draw seniority, department, job title and buyer role, consistent with each other and with the company's size."""

from typing import NamedTuple

from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Person
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

SMALL, MEDIUM = 20, 200
_LEVELS = ("owner", "executive", "vp", "director", "manager", "senior", "staff")
_BY_SIZE = {
    "small": WeightedChoice(_LEVELS, (30, 8, 0, 12, 26, 10, 14)),
    "medium": WeightedChoice(_LEVELS, (3, 13, 10, 20, 28, 12, 14)),
    "large": WeightedChoice(_LEVELS, (0, 6, 13, 24, 31, 14, 12)),
}
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


def position(
    language: Language, functions: WeightedChoice[str], employees: int, person: Person, rng: StreamRandom
) -> Position:
    """Draw a position in a company of this size, with a title in the language that agrees with the person's sex."""
    size = "small" if employees < SMALL else "medium" if employees < MEDIUM else "large"
    level = _BY_SIZE[size].pick(rng)
    function = functions.pick(rng)
    return Position(level, function, title(language, level, function, person, rng))


def title(language: Language, level: str, function: str, person: Person, rng: StreamRandom) -> str:
    """Draw a job title."""
    titles = language.titles
    department_words = titles["functions"][function]
    return language.templates.expand(
        rng.choice(titles["patterns"][level]), _TitleWords(department_words, language.endings[person.sex], rng), rng
    )


class _TitleWords(dict[str, str]):
    """Slots of a title: a word of the department, drawn on use, or an ending that agrees with the person's sex."""

    def __init__(self, department_words: dict[str, list[str]], endings: dict[str, str], rng: StreamRandom) -> None:
        super().__init__(endings)
        self._department_words, self._endings, self._draws = department_words, endings, rng

    def __missing__(self, slot: str) -> str:
        word = self._draws.choice(self._department_words[slot])
        return word.format_map(self._endings) if "{" in word else word


def buyer_role(seniority: str, rng: StreamRandom) -> str:
    """Draw the buyer role for a seniority, which is empty for a consumer."""
    return _ROLE_BY_LEVEL.get(seniority, _CONSUMER_ROLE).pick(rng)
