"""How an account's texts sound: drawn for each account, with examples of every kind in every language."""

import pytest

from simcrm.generation.text.text_data import language_facts
from simcrm.generation.text.text_gate import TextLimits, find_markup
from simcrm.generation.text.text_kinds import EMAIL_LETTER, NOUNS
from simcrm.generation.text.voices import draw_codes, draw_voice, openings, style_examples
from simcrm.models.owner import Owner
from simcrm.synthetic import locale_names
from simcrm.synthetic.seeded_random import SeedSequence

SEED = SeedSequence("voices")
ANN, BOB = Owner("1", "Ann", "Hill", "ann@example.com"), Owner("2", "Bob", "Hill", "bob@example.com")


@pytest.mark.parametrize("locale", locale_names())
def test_every_language_has_three_examples_of_each_kind_openings_and_facts_for_the_gate(locale: str) -> None:
    for letter, noun in NOUNS.items():
        shown = {line for turn in range(12) for line in style_examples(locale, [letter], turn)}
        assert len(shown) == (4 if letter == EMAIL_LETTER else 3)
        assert all(line.startswith(f"{noun}: ") for line in shown)
        assert [line for line in shown if find_markup(line, TextLimits(60, is_list=True))] == []
    assert len(openings(locale[:2])) == 10
    assert {"functionWords", "outcomes", "assistant"} <= language_facts(locale[:2]).keys()


def test_a_seller_writes_in_one_tone_and_accounts_differ_in_habits_names_and_lengths() -> None:
    anns, bobs = ([draw_voice(SEED, number, owner) for number in range(100)] for owner in (ANN, BOB))

    tones = [{voice.style.rsplit(", ", 1)[0] for voice in voices} for voices in (anns, bobs)]
    assert [len(own) for own in tones] == [1, 1]
    assert len({voice.style for voice in anns}) > 10
    assert len({voice.naming_idea for voice in anns}) > 15
    assert len({voice.length for voice in anns}) == 3


@pytest.mark.parametrize("count", [1, 80, 81, 400])
def test_codes_are_numbers_of_their_own_that_nobody_counts_to(count: int) -> None:
    codes = draw_codes(SEED, 7, count)

    assert len(set(codes)) == len(codes) == count
    assert min(codes) >= 20
    assert max(codes) < 1_000
    assert list(codes) != sorted(codes) or count == 1
    assert list(codes) == list(draw_codes(SEED, 7, count))
