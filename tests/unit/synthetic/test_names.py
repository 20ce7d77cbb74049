"""Given names and surnames of people: as frequent as in the country, and from one origin."""

import json
from collections import Counter

import pytest

from simcrm.synthetic.data_files import DATA, read_data
from simcrm.synthetic.locales import Person, load_locale
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

PEOPLE = 6_000
WITH_ORIGINS = sorted(path.parent.name for path in DATA.glob("locales/*/origins.json"))


def people(locale: str) -> list[Person]:
    seed = SeedSequence("names")
    return [load_locale(locale).person(seed.stream(RandomStream.PERSON, index)) for index in range(PEOPLE)]


@pytest.mark.parametrize("locale", WITH_ORIGINS)
def test_a_given_name_goes_with_the_surname(locale: str) -> None:
    origins = read_data(f"locales/{locale}/origins.json")
    given_of = {name: origin for origin, own in origins.items() for name in own["given"]}
    surname_of = {name: origin for origin, own in origins.items() for name in own["surnames"]}
    pairs = Counter((surname_of.get(person.last, ""), given_of.get(person.first, "")) for person in people(locale))

    assert not [pair for pair in pairs if all(pair) and pair[0] != pair[1]], "no two different origins"
    for origin, own in origins.items():
        total = sum(count for (surname, _), count in pairs.items() if surname == origin)
        share = pairs[origin, origin] / max(1, total)
        assert total < 30 or abs(share - own["share"] / 100) < 0.15
    others = {given: count for (surname, given), count in pairs.items() if not surname}
    assert sum(count for given, count in others.items() if given) < 0.02 * sum(others.values())


@pytest.mark.parametrize("locale", WITH_ORIGINS)
def test_every_name_with_an_origin_is_a_name_of_the_locale(locale: str) -> None:
    names = load_locale(locale)
    origins = json.loads((DATA / "locales" / locale / "origins.json").read_text(encoding="utf-8"))
    given = [name for own in origins.values() for name in own["given"]]
    surnames = [name for own in origins.values() for name in own["surnames"]]

    assert set(given) <= set(names.given_names)
    assert set(surnames) <= set(names.surnames)
    assert len(set(given)) == len(given)
    assert len(set(surnames)) == len(surnames)


def test_surnames_are_as_frequent_as_in_the_country() -> None:
    found = Counter(person.last for person in people("de_DE"))

    assert [name for name, _ in found.most_common(2)] == ["M\u00fcller", "Schmidt"]
