"""The people and places of a locale: names by frequency, cities with their codes, phone formats."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from simcrm.synthetic.data_files import data_names, has_data, read_data
from simcrm.synthetic.errors import UnknownLocaleError
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

_PERCENT, _SCALE = 100, 1_000_000
_GENERAL = 25
"""How much more frequent a given name of no origin is among surnames of none than one of an origin. Assumed."""

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
        self._mobiles = _to_weighted_choice(facts["mobiles"]) if "mobiles" in facts else None
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
        self.surname_choice = WeightedChoice(range(len(self.surnames)), names["surnameWeights"])
        origins = _read_origins(self.name)
        self._origin_of = {surname: origin for origin, own in origins.items() for surname in own["surnames"]}
        self._given_choices = _given_choices(self.given_names, names["givenWeights"], origins)

    def _read_places(self, places: dict[str, Any]) -> None:
        self._regions: dict[str, str] = places["regions"]
        self._places = WeightedChoice(places["places"], places["weights"])

    def person(self, rng: StreamRandom) -> Person:
        """Draw a person by the frequency of names, whose given name goes with the surname."""
        surname = self.surname_choice.pick(rng)
        return self.person_at(self.given_name_choice(surname).pick(rng), surname)

    def given_name_choice(self, surname_number: int) -> WeightedChoice[int]:
        """Return the numbers of given names as frequent as among people of a surname."""
        return self._given_choices[self._origin_of.get(self.surnames[surname_number], "")]

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
    def places(self) -> list[Place]:
        """All places."""
        return [self._place_at(number) for number in range(len(self._places.options))]

    def place(self, rng: StreamRandom, *, large: bool = False) -> Place:
        """Draw a city by weight; for ``large``, the larger of two draws."""
        number = self._places.pick_index(rng)
        if large:
            number = min(number, self._places.pick_index(rng))
        return self._place_at(number)

    def _place_at(self, number: int) -> Place:
        city, region, areas, codes = self._places.options[number].split("|")
        return Place(city, self._regions[region], region, areas.split(","), codes.split(","))

    def phone(self, place: Place, rng: StreamRandom) -> str:
        """Draw a phone number of a place, from a range reserved for fiction if the country has one."""
        form = self._phones.pick(rng).replace("{area}", rng.choice(place.area_codes))
        return fill_pattern(form, rng)

    def mobile(self, place: Place, rng: StreamRandom) -> str:
        """Draw a mobile number; empty if the country has no valid one that rings nobody."""
        if self._mobiles is None:
            return ""
        return fill_pattern(self._mobiles.pick(rng).replace("{area}", rng.choice(place.area_codes)), rng)

    def address(self, rng: StreamRandom) -> str:
        """Draw a street with a number as the country writes it; low numbers are more frequent."""
        form, street = self._addresses.pick(rng), rng.choice(self._streets)
        number = 1 + int(self._max_house_number * rng.uniform() ** 2)
        return fill_pattern(form.format(street=street, number=number), rng)

    def postal_code(self, place: Place, rng: StreamRandom) -> str:
        """Draw a postal code of a place."""
        return fill_pattern(rng.choice(place.postal_codes), rng)


def _read_origins(locale: str) -> dict[str, Any]:
    """Return the names of a locale that belong together, by origin; a locale may have none."""
    name = f"locales/{locale}/origins.json"
    return read_data(name) if has_data(name) else {}


def _given_choices(
    names: Sequence[str], weights: Sequence[int], origins: Mapping[str, Any]
) -> dict[str, WeightedChoice[int]]:
    """Return the given names by the origin of surnames; "" is that of all others.

    ``share`` is how many people in a hundred with a surname of an origin have a given name of it as well. The others
    have a name of no origin, as nearly all people with another surname do.
    """
    origin_of = {name: origin for origin, own in origins.items() for name in own["given"]}
    own_origins = [origin_of.get(name, "") for name in names]
    choices = {"": [weight * (1 if own else _GENERAL) for weight, own in zip(weights, own_origins, strict=True)]}
    for origin, own in origins.items():
        totals = {
            part: sum(weight for weight, found in zip(weights, own_origins, strict=True) if found == part)
            for part in ("", origin)
        }
        shares = {"": _PERCENT - own["share"], origin: own["share"]}
        choices[origin] = [
            weight * shares[found] * _SCALE // totals[found] if found in shares else 0
            for weight, found in zip(weights, own_origins, strict=True)
        ]
    return {origin: WeightedChoice(range(len(names)), own) for origin, own in choices.items()}


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
