"""Questions about accounts, and schemas for their answers."""

import json
from typing import Any

from local_anthropic.model.account_answer import read_account_schema, write_account_answer
from local_anthropic.model.account_question import parse_account_question

LANGUAGES = ("de", "en", "en_GB", "es", "fr", "it", "ja", "nl", "pt")
LENGTHS = {"m42": 40, "n47": 25, "e17": 60, "e71": 30, "t83": 10, "c55": 80, "k12": 35, "g15": 30, "d11": 50, "w23": 15}
_TEXT = {"type": "string"}


def object_schema(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of a closed object."""
    properties = required | (optional or {})
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def array_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXTS = array_of(object_schema({"x": _TEXT, "b": _TEXT}, {"t": _TEXT, "m": {"type": "integer"}}))
PEOPLE = array_of(object_schema(dict.fromkeys("kfjcr", _TEXT)))


def answer_schema(**fields: Any) -> dict[str, Any]:
    """Return the schema of an answer whose accounts have these fields beside their key."""
    return object_schema({"r": array_of(object_schema({"k": _TEXT} | fields))})


SCHEMA = answer_schema(n=array_of(_TEXT), s=_TEXT, i=array_of(_TEXT), p=PEOPLE, a=TEXTS)


def account_lines(
    number: int = 31, language: str = "de", facts: str = "name: anything", pain: str = "Stillstand"
) -> str:
    """Return a question about one account with a text of each kind in two scenes."""
    unit, factor = ("characters", 3) if language == "ja" else ("words", 1)
    size = {code: f"{words * factor} {unit}" for code, words in LENGTHS.items()}
    return (
        f"a{number} machinery, 140 staff, Chemnitz; via trade show Hannover Messe; "
        f"buys Test Automation, per site, EUR; seller Jonas Weber: dry, abbreviates; {facts}\n"
        "r57 Stefan Köhler; head of maintenance; champion; hot 78\n"
        "r58 Ines Wolf; finance executive; decides; warm 51\n"
        f"2026-03-12 Thu discovery, meeting 45 min: r57 r58; known: problem {pain} / 38 users / r58 decides\n"
        f"m42 meeting notes, {size['m42']}\n"
        f"n47 note, {size['n47']}, +35m\n"
        f"e17 mail to r57, {size['e17']}\n"
        f"e71 mail from r57, answers e17, {size['e71']}\n"
        f"t83 task send material, due 2026-03-13, {size['t83']}\n"
        "2026-03-19 Thu demo, call 30 min: r58; next: decision\n"
        f"c55 call, {size['c55']}\n"
        f"k12 ticket, {size['k12']}\n"
        f"g15 agenda, {size['g15']}\n"
        f"d11 deal, {size['d11']}\n"
        f"w23 why it ended, {size['w23']}\n"
    )


def measure_text(text: str, language: str) -> int:
    """Return the length of a text in words, in Japanese in characters."""
    return len(text) if language == "ja" else sum(any(map(str.isalnum, word)) for word in text.split())


def write_answer(question: str, language: str = "de", schema: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the accounts of the answer to a question."""
    shapes = read_account_schema(json.dumps(schema or SCHEMA))
    assert shapes is not None
    rows: list[dict[str, Any]] = write_account_answer(parse_account_question(question), shapes, language)["r"]
    return rows
