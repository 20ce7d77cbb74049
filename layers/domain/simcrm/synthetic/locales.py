"""The people and places of a locale: names by frequency, cities with their codes, phone formats."""

from functools import cache
from typing import Any, NamedTuple

from simcrm.synthetic.data_files import data_names, read_data
from simcrm.synthetic.errors import UnknownLocaleError
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


class Place(NamedTuple):
    """A city and the data that matches it.

    ``code`` is the region's code; area codes and postal codes may contain # for a digit and @ for a letter.
    """

    city: str
    region: str
    code: str
    area_codes: list[str]
    postal_codes: list[str]


class Person(NamedTuple):
    """A person; the Latin forms of the name are used in addresses. ``sex`` is f or m."""

    first: str
    last: str
    first_latin: str
    last_latin: str
    sex: str


class Locale:
    """One locale's data."""

    def __init__(self, name: str) -> None:
        self.name = name
        facts: dict[str, Any] = read_data(f"locales/{name}/locale.json")
        self.language: str = facts["language"]
        self.country: str = facts["country"]
        self.currency: str = facts["currency"]
        self.event_cities: list[str] = facts["eventCities"]
        self.domain_label: str = facts["domainLabel"]
        self.top_level_domains: dict[str, int] = facts["topLevelDomains"]
        self.freemail_weights: dict[str, int] = facts["freemail"]
        self.firm_mail: str = facts["firmMail"]
        self._phones = _to_weighted_choice(facts["phones"])
        self._streets: list[str] = facts["streets"]
        self._addresses = _to_weighted_choice(facts["addresses"])
        self._max_house_number: int = facts["maxHouseNumber"]
        self._read_names(read_data(f"locales/{name}/names.json"))
        self._read_places(read_data(f"locales/{name}/places.json"))

    def _read_names(self, names: dict[str, Any]) -> None:
        self.given_names: list[str] = names["given"]
        self.surnames: list[str] = names["surnames"]
        self.given_latin: list[str] = names.get("givenLatin", self.given_names)
        self.surnames_latin: list[str] = names.get("surnameLatin", self.surnames)
        self.given_sex: str = names["givenSex"]
        self.given_name_choice = WeightedChoice(range(len(self.given_names)), names["givenWeights"])
        self.surname_choice = WeightedChoice(range(len(self.surnames)), names["surnameWeights"])
        of_one_origin: dict[str, list[str]] = names.get("surnamesOf", {})
        self._surnames_of = {
            self.given_names.index(given): self._choose_among(surnames, names["surnameWeights"])
            for given, surnames in of_one_origin.items()
        }

    def _choose_among(self, surnames: list[str], weights: list[int]) -> WeightedChoice[int]:
        numbers = [number for number, surname in enumerate(self.surnames) if surname in surnames]
        return WeightedChoice(numbers, [weights[number] for number in numbers])

    def _read_places(self, places: dict[str, Any]) -> None:
        self._regions: dict[str, str] = places["regions"]
        self._places = WeightedChoice(places["places"], places["weights"])

    def person(self, rng: StreamRandom) -> Person:
        """Draw a person by the frequency of names; some given names go with surnames of their origin only."""
        given = self.given_name_choice.pick(rng)
        return self.person_at(given, self._surnames_of.get(given, self.surname_choice).pick(rng))

    def person_at(self, given_number: int, surname_number: int) -> Person:
        """Return the person whose given name and surname have these numbers."""
        return Person(
            self.given_names[given_number],
            self.surnames[surname_number],
            self.given_latin[given_number],
            self.surnames_latin[surname_number],
            self.given_sex[given_number],
        )

    @property
    def cities(self) -> list[str]:
        """The names of all cities."""
        return [place.partition("|")[0] for place in self._places.options]

    def place(self, rng: StreamRandom, *, large: bool = False) -> Place:
        """Draw a city by weight; for ``large``, the larger of two draws."""
        number = self._places.pick_index(rng)
        if large:
            number = min(number, self._places.pick_index(rng))
        city, region, areas, codes = self._places.options[number].split("|")
        return Place(city, self._regions[region], region, areas.split(","), codes.split(","))

    def phone(self, place: Place, rng: StreamRandom) -> str:
        """Draw a phone number of a place, from a range reserved for fiction if the country has one."""
        form = self._phones.pick(rng).replace("{area}", rng.choice(place.area_codes))
        return fill_pattern(form, rng)

    def address(self, rng: StreamRandom) -> str:
        """Draw a street with a number as the country writes it; low numbers are more frequent."""
        form, street = self._addresses.pick(rng), rng.choice(self._streets)
        number = 1 + int(self._max_house_number * rng.uniform() ** 2)
        return fill_pattern(form.format(street=street, number=number), rng)

    def postal_code(self, place: Place, rng: StreamRandom) -> str:
        """Draw a postal code of a place."""
        return fill_pattern(rng.choice(place.postal_codes), rng)


def fill_pattern(pattern: str, rng: StreamRandom) -> str:
    """Replace each # in a pattern by a digit and each @ by a letter."""
    marks = pattern.count("#")
    if marks:
        digits = f"{rng.randbelow(10**marks):0{marks}d}"
        for digit in digits:
            pattern = pattern.replace("#", digit, 1)
    while "@" in pattern:
        pattern = pattern.replace("@", rng.choice(_LETTERS), 1)
    return pattern


def locale_names() -> tuple[str, ...]:
    """Return the names of all locales."""
    return tuple(data_names("locales"))


@cache
def load_locale(name: str) -> Locale:
    """Load a locale by name. Raises UnknownLocaleError and DataFileError."""
    if name not in locale_names():
        raise UnknownLocaleError(name, locale_names())
    return Locale(name)


def _to_weighted_choice(weights: dict[str, int]) -> WeightedChoice[str]:
    return WeightedChoice(list(weights), list(weights.values()))
