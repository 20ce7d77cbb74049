"""Words in the forms that texts ask for, and what a user's pack must say for them."""

import copy

import pytest

from simcrm.synthetic.grammar import Grammar, MissingFormError, Noun, requested_forms
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.text_templates import TextTemplates

FRENCH = Grammar(
    {
        "forms": {
            "a": [{"match": "^(?=[aeio])", "by": "an "}, {"by": "a "}],
            "\u00e0": [{"match": "^Le ", "by": "au "}, {"by": "\u00e0 "}],
            "le": [
                {"of": "mp fp", "by": "les "},
                {"of": "m f", "match": "(?i)^(?=[aeiou\u00e9h])", "by": "l'"},
                {"of": "f", "by": "la "},
                {"of": "m", "by": "le "},
            ],
            "plural": [{"match": "al$", "by": "aux"}, {"match": "$", "by": "s"}],
        },
        "plurals": {"one": [0, 1]},
    },
    {"f": {"e": "e"}, "m": {"e": ""}},
)


def write(pattern: str, **slots: str) -> str:
    rng = SeedSequence("s").stream(RandomStream.TEXTS, 0)
    return TextTemplates({"top": [pattern]}, FRENCH).text("top", slots, rng)


@pytest.mark.parametrize(
    ("form", "word", "made"),
    [
        ("a", "engineer", "an engineer"),
        ("a", "buyer", "a buyer"),
        ("\u00e0", "Le Mans", "au Mans"),
        ("\u00e0", "Lyon", "\u00e0 Lyon"),
        ("le", Noun("Journ\u00e9es DevOps", "fp"), "les Journ\u00e9es DevOps"),
        ("le", Noun("Automatisation", "f"), "l'Automatisation"),
        ("le", Noun("Gestion", "f"), "la Gestion"),
        ("le", Noun("Salon", "m"), "le Salon"),
        ("plural", "journal", "journaux"),
        ("plural", "outil", "outils"),
        ("plural", Noun("oeil", "m", {"plural": "yeux"}), "yeux"),
        ("e", Noun("Sylvie", "f"), "e"),
        ("e", Noun("Journ\u00e9es", "fp"), "e"),
        ("e", Noun("Luc", "m"), ""),
    ],
)
def test_a_form_follows_the_first_rule_that_fits(form: str, word: str, made: str) -> None:
    assert FRENCH.inflect(form, word) == made


def test_a_text_asks_for_forms_of_its_slots() -> None:
    assert write("{\u00e0 city} avec {name}, convaincu{e name}.", city="Le Mans", name=Noun("Sylvie", "f")) == (
        "Au Mans avec Sylvie, convaincue."
    )


@pytest.mark.parametrize(("form", "word"), [("le", "Salon"), ("e", "Sylvie"), ("e", Noun("Salon"))])
def test_a_word_without_gender_has_no_form_that_needs_one(form: str, word: str) -> None:
    with pytest.raises(MissingFormError, match=f'"{word}" has no form "{form}".* "gender"'):
        FRENCH.inflect(form, word)


def test_a_noun_keeps_its_gender_in_a_copy() -> None:
    noun = copy.deepcopy(Noun("oeil", "m", {"plural": "yeux"}))

    assert (noun, noun.gender, noun.forms) == ("oeil", "m", {"plural": "yeux"})


def test_numbers_have_a_plural_category() -> None:
    assert [FRENCH.plural_category(number) for number in (0, 1, 2, 21)] == ["one", "one", "other", "other"]
    assert FRENCH.plural_categories == ("one", "other")
    assert Grammar({}, {}).plural_category(1) == "other"


def test_the_forms_that_patterns_ask_for_are_found() -> None:
    assert set(requested_forms(["[{le event}|{event}] {\u00e0 city}", "{e other}"])) == {
        ("event", "le"),
        ("city", "\u00e0"),
        ("other", "e"),
    }
