"""The rules that texts are made from."""

import pytest

from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.template_parser import find_slots, variants
from simcrm.synthetic.text_templates import TextTemplates


def texts(pattern: str, facts: dict[str, str] | None = None, **rules: list[str]) -> set[str]:
    grammar = TextTemplates({"top": [pattern], **rules})
    return {
        grammar.text("top", facts or {}, SeedSequence("s").stream(RandomStream.TEXTS, index)) for index in range(200)
    }


def test_brackets_choose_and_may_be_nested_or_empty() -> None:
    assert texts("[no|yes[, please|]].") == {"No.", "Yes, please.", "Yes."}


def test_braces_take_a_fact_or_another_rule() -> None:
    assert texts("{name} {verb}.", {"name": "Ann"}, verb=["came", "went"]) == {"Ann came.", "Ann went."}


def test_alternatives_are_about_equally_frequent() -> None:
    grammar = TextTemplates({"top": ["[a|b|c|d]"]})
    drawn = [grammar.text("top", {}, SeedSequence("s").stream(RandomStream.TEXTS, index)) for index in range(4000)]

    assert all(900 < drawn.count(letter) < 1100 for letter in "ABCD")


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        ("they came. she left", "They came. She left"),
        ("why now? because", "Why now? Because"),
        ("an empty  slot , here .", "An empty slot, here."),
        ("élan. über", "Élan. Über"),
        ("version 2.5 is fine", "Version 2.5 is fine"),
    ],
)
def test_sentences_begin_with_capitals_and_leave_no_gaps(raw: str, written: str) -> None:
    assert texts(raw) == {written}
    assert texts("{whole}", whole=[raw]) == {written}


def test_a_sentence_that_begins_with_a_slot_begins_with_a_capital() -> None:
    assert texts("{who} came. {who} left.", {"who": "they"}) == {"They came. They left."}


def test_a_stop_is_not_doubled_after_a_fact_that_ends_in_one() -> None:
    assert texts("due {day}.", {"day": "3.4."}) == {"Due 3.4."}


def test_the_slots_of_a_pattern_are_known() -> None:
    assert find_slots("[a {one}|{a two}] and {three}") == {"one", "two", "three"}


def test_a_slot_that_is_nothing_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody"):
        texts("{nobody}")


@pytest.mark.parametrize("pattern", ["[a", "a]", "a|b", "{a", "[a|{b]"])
def test_brackets_that_do_not_match_are_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|brace|unexpected"):
        variants(pattern)


def test_replaced_rules_leave_the_grammar_as_it_was() -> None:
    grammar = TextTemplates({"top": ["one"]})
    other = grammar.with_rules({"top": ["two"]})
    rng = SeedSequence("s").stream(RandomStream.TEXTS, 0)

    assert (grammar.text("top", {}, rng), other.text("top", {}, rng)) == ("One", "Two")
