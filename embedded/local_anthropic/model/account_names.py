"""Invented names of companies in the style of an idea, from parts of names."""

import random
from string import ascii_uppercase

from local_anthropic.model.account_phrases import AccountPhrases, NameParts, fill_phrase, find_slots, seeded_random
from local_anthropic.model.account_question import AskedAccount

NAMES_PER_COMPANY = 2
_LOCAL_SHARE = 0.5
_STYLES = {
    "founder": ("surname", "founder", "family"),
    "town": ("town", "city", "place", "region", "river"),
    "coined": ("coined", "invented", "short", "abstract", "made-up", "made up"),
}


def name_company(account: AskedAccount, phrases: AccountPhrases) -> list[str]:
    """Return two names for a company, or the one that it has."""
    if account.given_name:
        return [account.given_name]
    draws = seeded_random("names", account.source)
    names: list[str] = []
    while len(names) < NAMES_PER_COMPANY:
        name = _draw_name(account, phrases.names, draws)
        if name not in names:
            names.append(name)
    return names


def _draw_name(account: AskedAccount, parts: NameParts, draws: random.Random) -> str:
    if parts.local is not None and draws.random() < _LOCAL_SHARE:
        parts = parts.local
    slots = _slots(account, parts, draws)
    patterns = [pattern for pattern in _patterns(account.name_idea, parts) if find_slots(pattern) <= slots.keys()]
    return fill_phrase(draws.choice(patterns or parts.patterns), slots, draws)


def _patterns(idea: str, parts: NameParts) -> list[str]:
    """Return the patterns of the style that an idea names, or those of any style."""
    style = next((style for style, words in _STYLES.items() if any(word in idea.lower() for word in words)), "patterns")
    patterns: list[str] = getattr(parts, style)
    return patterns


def _slots(account: AskedAccount, parts: NameParts, draws: random.Random) -> dict[str, str]:
    surname, other = draws.sample(parts.surnames, 2)
    initial, second = draws.sample(ascii_uppercase, 2)
    slots = {
        "surname": surname,
        "surname2": other,
        "initial": initial,
        "initial2": second,
        "coined": _coin_word(parts, draws),
        "trade": draws.choice(parts.trades),
    }
    return slots | ({"city": account.city} if account.city else {})


def _coin_word(parts: NameParts, draws: random.Random) -> str:
    middles = draws.choices(parts.middles, k=draws.randint(1, 2))
    return "".join([draws.choice(parts.heads), *middles, draws.choice(parts.tails)])
