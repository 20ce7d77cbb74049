"""How an account's texts sound: the seller's tone and habit, their lengths, the idea for its name, and examples."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from simcrm.generation.text.text_data import has_text_data, read_text_data
from simcrm.generation.text.text_kinds import NOUNS, TextKind
from simcrm.models.owner import Owner
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

STYLE_VERSION = "v2"
"""The version of the voices and examples, which rises with that of the built-in prompts."""
_LENGTH_BANDS = (0.75, 1.0, 1.0, 1.25)
_CHARACTERS_PER_WORD = 2.4
"""In Japanese, whose lengths are asked for in characters."""
_CODE_PART = 1
_SHORT_CODES, _LONG_CODES = range(20, 100), range(100, 1_000)


class Voice(NamedTuple):
    """The voice of an account: how its seller writes, and how long texts are relative to their usual length."""

    style: str
    naming_idea: str
    length: float


def draw_voice(seed: SeedSequence, account: int, owner: Owner) -> Voice:
    """Draw the voice of an account; a seller writes in the same tone everywhere."""
    data, rng = _voices(), seed.stream(RandomStream.VOICE, account)
    tone = data["tones"][_hash(owner.id or owner.email) % len(data["tones"])]
    return Voice(f"{tone}, {rng.choice(data['habits'])}", rng.choice(data["naming_ideas"]), rng.choice(_LENGTH_BANDS))


def draw_length(kind: TextKind, voice: Voice, language: str, rng: StreamRandom) -> int:
    """Draw how long a text is to be, in words, or in characters for Japanese."""
    low, high = kind.words
    words = (low + rng.randbelow(high - low + 1)) * voice.length
    return round(words * _CHARACTERS_PER_WORD) if language == "ja" else round(words)


def draw_codes(seed: SeedSequence, account: int, count: int) -> Sequence[int]:
    """Draw numbers for the codes of an account's texts, each once and in no order; none is a small number."""
    numbers = list(_SHORT_CODES if count <= len(_SHORT_CODES) else _LONG_CODES)
    rng = seed.stream(RandomStream.VOICE, account, _CODE_PART)
    for place in range(count):
        other = place + rng.randbelow(len(numbers) - place)
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers[:count]


def openings(language: str) -> list[str]:
    """Return how texts are too often begun in a language."""
    found: Mapping[str, list[str]] = _voices()["openings"]
    return found.get(language, [])


def style_examples(locale: str, letters: Iterable[str], turn: int) -> list[str]:
    """Return an example for each kind of text in a locale's language; each ``turn`` takes the next ones."""
    examples = _examples(locale)
    lines = []
    for letter in letters:
        if own := examples.get(letter):
            example = own[turn % len(own)]
            text = example if isinstance(example, str) else f"{example['t']} / {example['b']}"
            lines.append(f"{NOUNS[letter]}: " + text.replace("\n\n", "\n"))
    return lines


def _voices() -> dict[str, Any]:
    voices: dict[str, Any] = read_text_data(f"voices/{STYLE_VERSION}")
    return voices


def _examples(locale: str) -> dict[str, Any]:
    """Return the examples in a locale's own variant of its language, or in its language."""
    folder = f"styles/{STYLE_VERSION}/"
    examples: dict[str, Any] = {}
    for name in (locale, locale.partition("_")[0]):
        if has_text_data(folder + name):
            examples = read_text_data(folder + name)
            break
    return examples


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")
