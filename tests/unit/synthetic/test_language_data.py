"""A language may be a variant of another, with its own spelling, rules, labels and words."""

import json
from pathlib import Path

import pytest
from unit.synthetic.test_packs import pack, write_pack

from simcrm.synthetic import load_scenario
from simcrm.synthetic.data_files import data_names, read_data
from simcrm.synthetic.grammar import Noun
from simcrm.synthetic.language_data import Spelling, activity_texts, base_language, language_data, source_texts
from simcrm.synthetic.scenario import Vocabulary
from simcrm.synthetic.scenario_packs import translated_vocabulary

VARIANTS = [name for name in data_names("languages") if base_language(name)]
SPELLING = Spelling({"color": "colour", "license": "licence", "sales tax": "VAT"})


def test_british_english_is_a_variant() -> None:
    assert "en_GB" in VARIANTS
    assert base_language("en_GB") == "en"
    assert base_language("en") is None


@pytest.mark.parametrize(
    ("text", "respelled"),
    [
        ("a color", "a colour"),
        ("Color first", "Colour first"),
        ("colorful licenses", "colorful licenses"),
        ("[color|license]: {color} {form license}", "[colour|licence]: {color} {form license}"),
        ("Sales tax and sales tax", "VAT and VAT"),
        ("COLOR", "COLOR"),
    ],
)
def test_spelling_replaces_words_and_capitalized_words_but_no_slots(text: str, respelled: str) -> None:
    assert SPELLING.respell(text) == respelled


def test_spelling_leaves_guards_and_keys_as_they_are() -> None:
    rules = {"color": ["{color}", {"if": "source=color", "say": ["the color"]}]}

    assert SPELLING.respell(rules) == {"color": ["{color}", {"if": "source=color", "say": ["the colour"]}]}


def test_a_noun_keeps_its_gender_and_has_its_forms_in_the_spelling() -> None:
    noun = SPELLING.respell(Noun("color", "f", {"a": "a color"}))

    assert (noun, noun.gender, noun.forms) == ("colour", "f", {"a": "a colour"})


@pytest.mark.parametrize("kind", ["B2B", "B2C"])
@pytest.mark.parametrize("language", VARIANTS)
def test_a_rule_of_its_own_replaces_that_of_the_base(language: str, kind: str) -> None:
    spelling = Spelling(read_data(f"languages/{language}.json")["spelling"])
    base = base_language(language)
    for folder, merged in (
        ("activity_texts", json.loads(activity_texts(language, kind)[1])["rules"]),
        ("source_texts", source_texts(language, kind)["rules"]),
    ):
        general = read_data(f"{folder}/{base}-{kind}.json")["rules"]
        name = f"{language}-{kind}"
        own = read_data(f"{folder}/{name}.json")["rules"] if name in data_names(folder) else {}
        assert own.keys() <= general.keys()
        assert merged == {**spelling.respell(general), **own}


@pytest.mark.parametrize("language", VARIANTS)
def test_labels_and_titles_of_its_own_are_added_to_those_of_the_base(language: str) -> None:
    own, merged = read_data(f"languages/{language}.json"), language_data(language)
    base = language_data(own["base"])

    assert merged["labels"].keys() >= base["labels"].keys()
    assert merged["titles"]["functions"].keys() == base["titles"]["functions"].keys()
    assert merged["labels"]["date"] == own["labels"]["date"] != base["labels"]["date"]
    assert merged["labels"]["weekdays"] == base["labels"]["weekdays"]


def test_words_of_a_pack_of_the_user_are_in_the_spelling_of_the_variant(tmp_path: Path) -> None:
    document = pack()
    words = document["segments"][0]["texts"]["en"]
    words["offers"][0].update(product="Honey Color Meter", pains=["vacations without labels"])
    words["triggers"] = ["the neighbor sells honey"]
    (segment,) = load_scenario("b2b-bees", (write_pack(tmp_path, document),)).segments

    british = translated_vocabulary("en_GB", segment)

    assert isinstance(british, Vocabulary)
    assert british.offers[0].product == "Honey Colour Meter"
    assert british.offers[0].pains == ("holidays without labels",)
    assert british.triggers == ("the neighbour sells honey",)
    assert british.trades == segment.texts["en"].trades


@pytest.mark.parametrize("language", VARIANTS)
def test_no_word_of_a_spelling_is_replaced_by_itself_or_by_one_that_is_replaced(language: str) -> None:
    words = read_data(f"languages/{language}.json")["spelling"]

    assert not {word for word, own in words.items() if word == own}
    assert not words.keys() & {part for own in words.values() for part in own.split()}
