"""What no text of a language may contain, by rules that a program can check."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Blemish(NamedTuple):
    """A place in a text that breaks a rule."""

    rule: str
    excerpt: str


_EVERYWHERE = {
    "an unfilled slot": r"[{}\[\]|]|\bNone\b",
    "a doubled space": r"[^\n>]  +\S",
    "doubled punctuation": r"[,;:] ?[,;:.!?]|(?<!\.)\.\.(?!\.)|[、。]{2}|[!?]\.(?!\.)",
    "an empty bracket": r"\( *\)|« *»|「」|\"\"",
}
_NO_SPACE_BEFORE_MARKS = {"a space before punctuation": r"\w +[,.;:!?](?=\s|$)"}
_VOWEL = "[aeiouyàâéèêëîïôûœAEIOUYÀÂÉÈÊËÎÏÔÛŒ]"
_MONTHS = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "fr": "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    "it": "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "nl": "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
    "pt": "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
}
_ENGLISH_WORDS = {
    "an English word": r"(?i)\b(?:the|and|with|you|your|they|their|from|this|that|which|about|because|please|thanks|"
    r"meeting notes|follow-up call|next steps|would|should|could|been|we're|it's|don't)\b"
}

_RULES: dict[str, dict[str, str]] = {
    "de": {
        **_NO_SPACE_BEFORE_MARKS,
        **_ENGLISH_WORDS,
        "a date in another order": rf"\b(?:{_MONTHS['de']}) \d{{1,2}}\b(?!\d)|\b\d{{1,2}} (?:{_MONTHS['de']})\b",
        "a contraction that is missing": r"\b(?:in|an|von|zu) dem (?=[A-ZÄÖÜ]\w+[.,])|\bzu der (?=[A-ZÄÖÜ]\w+[.,])",
        "a case after a preposition": r"\b(?:mit|bei|von|aus|nach|zu) (?:die\b|den Herr\b|der Herrn?\b)",
        "a straight quotation mark": '"',
    },
    "en": {
        **_NO_SPACE_BEFORE_MARKS,
        "an article before the wrong sound": (
            r"\b[Aa] (?=[aeio](?!ne\b|nce\b|u[rc]))(?!euro|eu)|"
            r"\b[Aa]n (?=[bcdfgjklmnpqrstvwxyz](?!\w*[A-Z]))(?!hour|honest|heir|HR|MRI|SLA|NDA|RFP|MSP|FAQ|X)"
        ),
        "a modal after a wish": (
            r"\bwould be great\b(?<!that would be great)(?<!it would be great)(?<!call would be great)"
        ),
    },
    "en_US": {"a date in another order": rf"\b\d{{1,2}} (?:{_MONTHS['en']})\b"},
    "en_GB": {
        "a date in another order": rf"\b(?:{_MONTHS['en']}) \d{{1,2}}\b(?! ?\d{{2}})",
        "an American word": r"(?i)\b(?:color|center|centers|favorite|organiz\w+|recogniz\w+|analyz\w+|gotten|"
        r"vacation\w*|zip code|"
        r"401k|medicare|medicaid|fiscal|check-in desk|cell phone|parking lot|stor(?:e|es) associate|EVP|SVP|"
        r"North America|"
        r"reach(?:ed|ing)? out|touch(?:ed|ing)? base|fall semester|labor|program\b(?!m)|catalog\b|(?-i:gray)|inquir\w+|"
        r"license plate|mom|math|sales tax|attorney|realtor|downtown|sidewalk)\b",
    },
    "es": {
        **_NO_SPACE_BEFORE_MARKS,
        **_ENGLISH_WORDS,
        "y before the sound i": r"\by (?=[iIíÍ](?!\w*[A-Z])|[Hh]i(?![aeoó]))",
        "o before the sound o": r"\bo (?=[oOóÓ]|[Hh]o)",
        "a contraction that is missing": r"\b(?:de|a) el\b(?! (?:[A-Z]))",
        "an opening mark that is missing": r"(?m)^[^¿\n]*\?|^[^¡\n]*!(?!\w)",
        "a date in another order": rf"\b(?:{_MONTHS['es']}) \d{{1,2}}\b|\b\d{{1,2}} (?:{_MONTHS['es']})\b",
    },
    "fr": {
        **_ENGLISH_WORDS,
        "a space that is missing before a high mark": r"(?<!\bRe)(?<!\d)(?<![\s])[;:!?](?=\s|$)",
        "a space that may break before a high mark": r" [;:!?»](?=\s|$)|« ",
        "a space before a comma or period": r"\w +[,.](?=\s|$)",
        "an elision that is missing": (
            r"(?<![-\w])(?:[Ll]e|[Ll]a|[Dd]e|[Qq]ue|[Jj]e|[Ss]e|[Nn]e|[Mm]e|[Tt]e|jusque|lorsque|puisque) "
            rf"(?={_VOWEL})(?!onz|oui\b|ouistiti|yaourt|un\b|[YO]\w)"
        ),
        "a contraction that is missing": (
            r"\bà les?\b(?! \w+(?:er|ir|re)\b)|\bde les?\b(?! \w+(?:er|ir|re|oir)\b)|\bà Le[s]? [A-Z]|"
            r"\bde Le[s]? [A-Z]"
        ),
        "the first of a month as a number": rf"\b1 (?:{_MONTHS['fr']})\b",
        "a date in another order": rf"\b(?:{_MONTHS['fr']}) \d{{1,2}}\b(?!\d)",
        "si before il": r"\bsi ils?\b",
    },
    "it": {
        **_NO_SPACE_BEFORE_MARKS,
        **_ENGLISH_WORDS,
        "a contraction that is missing": r"\b(?:di|a|da|in|su) (?:il|lo|la|i|gli|le|l')\b(?! (?:quale|quali))",
        "an elision that is missing": (
            r"\b(?:una|della|alla|nella|sulla|dalla|questa|quella) (?=[aeiouAEIOU]\w{3,})(?!\w*[A-Z])"
        ),
        "un with an apostrophe before a consonant": r"\bun'(?=[^aeiouAEIOUhHàèéìòù])",
        "the first of a month as a number": rf"\b1 (?:{_MONTHS['it']})\b",
        "a date in another order": rf"\b(?:{_MONTHS['it']}) \d{{1,2}}\b(?!\d)",
        "an accent as an apostrophe": r"\b(?:e'|perche'|piu'|puo'|gia'|cosi')(?=\s)",
    },
    "ja": {
        "a sentence that ends in a particle": r"(?:が|を|(?<!にち)(?<!ばん)は|へ)。",
        "a word that breaks off": r"あり(?:が|の)、",
        "a half-width mark": r"[\u3040-\u30ff\u4e00-\u9fff][,.!?](?:\s|$|[\u3040-\u30ff\u4e00-\u9fff])",
        "a legal form twice": r"(?:株式会社|有限会社|合同会社).*(?:組合|法人)(?!向け)\b|(?:組合|法人)株式会社",
    },
    "nl": {
        **_NO_SPACE_BEFORE_MARKS,
        **_ENGLISH_WORDS,
        "a date in another order": rf"\b(?:{_MONTHS['nl']}) \d{{1,2}}\b(?!\d)",
        "a month or weekday with a capital": (
            r"(?<=[a-z,] )(?:Januari|Februari|Maart|Mei|Juni|Juli|Maandag|Dinsdag|Woensdag|Donderdag|Vrijdag)\b"
        ),
        "a capital after a given name": r"\b(?:mevrouw|meneer|de heer) (?:de|van|den|ter) [A-Z]",
    },
    "pt": {
        **_NO_SPACE_BEFORE_MARKS,
        **_ENGLISH_WORDS,
        "a contraction that is missing": (
            r"\b(?:em|de|por) (?:o|a|os|as)\b(?! (?:que|se|\w+(?:ar|er|ir)\b))|\ba (?:os?|"
            r"as?)\b(?= [a-zç]+)(?! (?:que))"
        ),
        "a numeral of the wrong gender": (
            r"\b(?:[Dd]ois|[Uu]m) (?:tentativas?|ligações|reuniões|semanas?|pessoas?|horas?|visitas?|perguntas?|"
            r"lojas?|vagas?|licenças?|propostas?)\b|\b(?:[Dd]uas|[Uu]ma) (?:dias?|usuários?|meses|e-mails?|"
            r"contratos?|contatos?|minutos?)\b"
        ),
        "a city without its article": r"\b(?:em|de) (?:Rio de Janeiro|Recife)\b",
        "the first of a month as a number": rf"\b1 de (?:{_MONTHS['pt']})\b",
        "a date in another order": rf"\b(?:{_MONTHS['pt']}) \d{{1,2}}\b|\b\d{{1,2}} (?:{_MONTHS['pt']})\b",
    },
}  # fmt: skip


def find_blemishes(text: str, locale: str) -> Iterator[Blemish]:
    """Yield what breaks the rules of a locale's language, or of the locale alone, in a text."""
    for rule, pattern in _patterns(locale).items():
        match = pattern.search(text)
        if match:
            begin, end = match.span()
            yield Blemish(rule, text[max(0, begin - 30) : end + 30])


@cache
def _patterns(locale: str) -> dict[str, re.Pattern[str]]:
    rules = {**_EVERYWHERE, **_RULES.get(locale[:2], {}), **_RULES.get(locale, {})}
    return {rule: re.compile(pattern) for rule, pattern in rules.items()}
