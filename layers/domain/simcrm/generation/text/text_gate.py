"""Judge a text that a model wrote before it is used: by its account's facts, and by how a seller writes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import NamedTuple

from simcrm.generation.text.firm_names import find_firm
from simcrm.generation.text.language_detection import find_foreign_part
from simcrm.generation.text.outcome_words import find_outcomes
from simcrm.generation.text.text_data import JAPANESE, read_text_data
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.text_checker import TextChecker, TextClaims

MAX_EXCERPT = 60
MAX_TITLE_WORDS, MAX_TITLE_CHARACTERS = 12, 100
MAX_RATIO = 2
"""The ratio of a body's length to what was asked for."""
EXTRA_WORDS, EXTRA_CHARACTERS = 10, 30
"""What a body may have beyond that, so that a short one may end its sentence."""
_WORDS_FOR_SENTENCE, _CHARACTERS_FOR_SENTENCE = 10, 25
"""From these asked lengths on, a body is more than one word or few characters."""
_MIN_CHARACTERS = 5
_ECHO_WORDS, _ECHO_CHARACTERS = 6, 14
"""The shortest run of the instructions that is an echo; characters in Japanese."""
_FILLER = "\ufffc"

_WORD = re.compile(r"\w+(?:['\u2019.,:/-]\w+)*")
_TOKEN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]|[^\W\u3041-\u30ff\u3400-\u9fff]+")
_MARKUP = re.compile(
    r"\*\*|__|`|\\n|(?<!\w)\*[^\s*](?:[^*\n]*[^\s*])?\*(?!\w)|(?<!\w)_[^\W_][^_\n]*_(?!\w)"
    r"|^[ \t]*#{1,6}[ \t]+\S|^[ \t]*[*•][ \t]+\S|^[ \t]*(?:-{3,}|={3,})[ \t]*$|^[ \t]*\|.*\|[ \t]*$"
    r"|\[[^\]\n]+\]\([^)\n]*\)|&(?:nbsp|amp|lt|gt|quot|#\d+);"
    r"|</?(?:a|b|body|br|code|div|em|h[1-6]|hr|html|i|img|li|ol|p|pre|script|span|strong|table|td|tr|u|ul)\b[^<>\n]*>",
    re.MULTILINE | re.IGNORECASE,
)
_LIST_LINE = re.compile(r"^[ \t]*[-\u2013][ \t]+\S.*", re.MULTILINE)
_PLACEHOLDER = re.compile(
    r"<[^\W\d_][\w'\u2019-]*(?:[ _][\w'\u2019-]+){0,3}>|\bX{3,}\b|\bx{4,}\b|_{3,}"
    r"|(?i:\blorem ipsum\b)|\bN\.\s?N\.(?!\w)"
)
_QUESTION_LINE = re.compile(
    r"(?<![0-9A-Za-z_@.-])[adwncmgetkr]\d{2,3}(?![0-9A-Za-z_-]|[.,]\d)"
    r"|\b\d{4}-\d{2}-\d{2} (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|\+\d{1,4}m\b|; (?:known|again, because): "
    r"|\A\d+ (?:words|characters)\.?\Z"
)
_TOP_LEVELS = (
    "ai|app|at|be|biz|br|ch|cloud|co|com|de|dev|edu|es|eu|example|fr|gov|info|invalid|io|it|jp|me|net|nl|org|pl|pt|se"
    "|shop|test|uk|us|xyz"
)
_LINK = re.compile(
    r"(?:https?://|www\.|[\w.+-]+@)(?P<host>[\w-]+(?:\.[\w-]+)*)\S*"
    rf"|(?<![\w.@-])(?P<domain>(?:[A-Za-z0-9][\w-]*\.)+(?:{_TOP_LEVELS}))(?![\w-])",
    re.ASCII,
)


class GateReason(StrEnum):
    """Why a text is not used: the checker's kinds of findings, and those of the gate."""

    AMOUNT = "amount"
    DATE = "date"
    WEEKDAY = "weekday"
    DURATION = "duration"
    PERCENTAGE = "percentage"
    NUMBER = "number"
    PERSON = "person"
    PRODUCT = "product"
    LEFTOVER = "leftover"
    ECHO = "echo"
    ASSISTANT = "assistant"
    FIRM = "firm"
    LINK = "link"
    LANGUAGE = "language"
    LENGTH = "length"
    MARKUP = "markup"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What form a text was asked in.

    ``words`` is its length in words, in Japanese in characters. ``is_list`` allows lines that begin with a hyphen, as
    those of an agenda do. Numbered lines are plain writing and allowed anywhere.
    """

    words: int
    is_title: bool = False
    is_list: bool = False


class Rejection(NamedTuple):
    """Why a text is not used, and what in it is wrong."""

    reason: GateReason
    excerpt: str


@dataclass(frozen=True)
class TextGate:
    """Judges what a model wrote in one language.

    ``language`` is a locale's or an ISO code; a variant counts as its language. ``instructions`` are what the model was
    told and must not repeat.
    """

    checker: TextChecker
    language: str
    instructions: str = field(default="", repr=False)

    def judge(
        self,
        text: str,
        claims: TextClaims,
        limits: TextLimits,
        outcomes: frozenset[DealOutcome] = frozenset(),
        domains: frozenset[str] = frozenset(),
    ) -> Rejection | None:
        """Return the first reason against a text, the most telling first; None if it may be used.

        ``outcomes`` are those of deals that are known when the text is written, ``domains`` those of the account and
        its seller.
        """
        return next(self._judge(text, claims, limits, outcomes, domains), None)

    def _judge(
        self,
        text: str,
        claims: TextClaims,
        limits: TextLimits,
        outcomes: frozenset[DealOutcome],
        domains: frozenset[str],
    ) -> Iterator[Rejection]:
        language, visible = self._language, _hide_names(text, claims, has_gaps=self._language != JAPANESE)
        yield from _reject(GateReason.ASSISTANT, _find(_assistant_phrases(), text))
        yield from _reject(GateReason.ECHO, self._find_echo(text))
        yield from _reject(GateReason.MARKUP, find_markup(text, limits))
        yield from _reject(GateReason.LEFTOVER, _find(_PLACEHOLDER, text) or _find(_placeholder_phrases(), visible))
        yield from _reject(GateReason.LINK, find_link(visible, domains))
        yield from _reject(GateReason.LANGUAGE, _unhide(find_foreign_part(visible, language), text, visible))
        yield from _reject(GateReason.LENGTH, describe_excess(visible if limits.is_title else text, language, limits))
        for finding in self.checker.check(text, claims):
            yield Rejection(GateReason(finding.kind.value), finding.excerpt[:MAX_EXCERPT])
        yield from _reject(GateReason.FIRM, find_firm(visible, language, is_title=limits.is_title))
        for outcome, words in find_outcomes(visible, language):
            if outcome not in outcomes:
                yield from _reject(GateReason.OUTCOME, words)

    @cached_property
    def _language(self) -> str:
        return self.language[:2]

    def _find_echo(self, text: str) -> str | None:
        """Return a part of the text that stands in the instructions, or that looks like a line of the question."""
        tokens = list(_TOKEN.finditer(text))
        # In Japanese a few characters in a row are no echo yet, but a few words of the instructions are.
        for size in {_ECHO_CHARACTERS, _ECHO_WORDS} if self._language == JAPANESE else {_ECHO_WORDS}:
            for first, last in zip(tokens, tokens[size - 1 :], strict=False):
                part = text[first.start() : last.end()]
                is_telling = size == _ECHO_CHARACTERS or part.isascii() or self._language != JAPANESE
                if is_telling and _as_run(part) in self._runs(size):
                    return part
        return _find(_QUESTION_LINE, text)

    @cached_property
    def _runs(self) -> Callable[[int], frozenset[str]]:
        """Returns the runs of so many words in the instructions."""

        @cache
        def runs(size: int) -> frozenset[str]:
            words = _TOKEN.findall(self.instructions.casefold())
            return frozenset(" ".join(words[place : place + size]) for place in range(len(words) - size + 1))

        return runs


def find_markup(text: str, limits: TextLimits) -> str | None:
    """Return the first sign of Markdown or HTML in a text, or None.

    A bare ``<`` or ``>`` is none, nor is an arrow; a title is one line.
    """
    if limits.is_title and "\n" in text.strip():
        return text.strip()
    return _find(_MARKUP, text) or (None if limits.is_list else _find(_LIST_LINE, text))


def find_link(text: str, domains: frozenset[str]) -> str | None:
    """Return the first address of the web or of e-mail that belongs to none of the domains, or None."""
    for match in _LINK.finditer(text):
        host = (match["host"] or match["domain"]).lower().rstrip(".")
        if not any(host == domain or host.endswith(f".{domain}") for domain in domains):
            return match[0]
    return None


def describe_excess(text: str, language: str, limits: TextLimits) -> str | None:
    """Return how a text's length differs from what was asked for, if it is of no use; otherwise None."""
    is_japanese = language == JAPANESE
    characters = len("".join(text.split()))
    length = characters if is_japanese else len(_WORD.findall(text))
    unit = "characters" if is_japanese else "words"
    if characters == 0:
        return "empty"
    if limits.is_title:
        is_long = len(text) > MAX_TITLE_CHARACTERS or (not is_japanese and length > MAX_TITLE_WORDS)
        return f"title of {length} {unit}" if is_long else None
    extra = EXTRA_CHARACTERS if is_japanese else EXTRA_WORDS
    least, asked = (_MIN_CHARACTERS, _CHARACTERS_FOR_SENTENCE) if is_japanese else (2, _WORDS_FOR_SENTENCE)
    is_short = length < least and limits.words >= asked
    is_long = length > MAX_RATIO * limits.words + extra
    return f"{length} {unit} instead of {limits.words}" if is_short or is_long else None


def _reject(reason: GateReason, excerpt: str | None) -> Iterator[Rejection]:
    if excerpt is not None:
        yield Rejection(reason, excerpt.strip()[:MAX_EXCERPT])


def _find(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match and match[0]


def _as_run(text: str) -> str:
    return " ".join(_TOKEN.findall(text.casefold()))


def _hide_names(text: str, claims: TextClaims, *, has_gaps: bool) -> str:
    """Return a text without the names and facts that it may quote, and without the names of people."""
    names = {name for person in claims.people for name in (person.first, person.last)}
    hidden = {*claims.phrases, *claims.products, *names} - {""}
    forms = {form for phrase in hidden for form in (phrase, phrase[0].upper() + phrase[1:]) if form in text}
    if not forms:
        return text
    alternatives = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    pattern = rf"(?<!\w)(?:{alternatives})(?!\w)" if has_gaps else alternatives
    return re.sub(pattern, lambda match: _FILLER * len(match[0]), text)


def _unhide(excerpt: str | None, text: str, visible: str) -> str | None:
    """Return a part of the visible text with the names in it."""
    place = -1 if excerpt is None else visible.find(excerpt)
    return None if excerpt is None else text[place : place + len(excerpt)]


@cache
def _assistant_phrases() -> re.Pattern[str]:
    """Compile what only a model says of itself, in all languages."""
    return _compile_phrases("assistant", re.IGNORECASE)


@cache
def _placeholder_phrases() -> re.Pattern[str]:
    return _compile_phrases("placeholders")


def _compile_phrases(name: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    facts = read_text_data("gate/languages").values()
    return re.compile("|".join(rf"(?<![^\W_])(?:{phrase})" for own in facts for phrase in own.get(name, ())), flags)
