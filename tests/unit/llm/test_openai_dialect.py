"""What is learned from the refusals of servers with OpenAI's API, in the words of such servers."""

import pytest

from simcrm.llm.providers.openai import extract_json
from simcrm.llm.providers.openai_dialect import (
    NEW_TOKEN_LIMIT,
    OLD_TOKEN_LIMIT,
    Dialect,
    DialectMemory,
    ResponseFormat,
    strict_schema,
)

STRICT, SCHEMA, JSON_OBJECT, NONE = ResponseFormat
FIRST = Dialect()
NEW_LIMIT = Dialect(token_limit=NEW_TOKEN_LIMIT)
SERVER = ("http://model.example/v1/", "m")
LIMIT_REFUSED = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)


@pytest.mark.parametrize(
    ("used", "status", "explanation", "expected"),
    [
        (FIRST, 400, LIMIT_REFUSED, NEW_LIMIT),
        (NEW_LIMIT, 400, LIMIT_REFUSED, NEW_LIMIT),
        (FIRST, 400, "'max_tokens' or 'max_completion_tokens' is too large: 4096", FIRST),
        (FIRST, 400, "Invalid schema for response_format 'records': 'required' is required (invalid)", Dialect(SCHEMA)),
        (Dialect(SCHEMA), 400, "'response_format.type' must be 'json_object' or 'text'", Dialect(JSON_OBJECT)),
        (Dialect(JSON_OBJECT), 400, "This response_format type is unavailable now", Dialect(NONE)),
        (Dialect(NONE), 400, "response_format", Dialect(NONE)),
        (NEW_LIMIT, 400, "does not support response format `json_schema`", Dialect(SCHEMA, NEW_TOKEN_LIMIT)),
        (FIRST, 422, "Input should be 'text' or 'json_object' (body, response_format, type)", Dialect(SCHEMA)),
        (FIRST, 400, "Failed to initialize samplers: failed to parse grammar", Dialect(SCHEMA)),
        (FIRST, 400, "Structured outputs are not supported", Dialect(SCHEMA)),
        (FIRST, 500, "response_format", FIRST),
        (FIRST, 401, LIMIT_REFUSED, FIRST),
        (FIRST, 400, "The model `m` does not exist", FIRST),
        (FIRST, 400, "This model's maximum context length is 4096 tokens", FIRST),
        (FIRST, 400, "", FIRST),
    ],
)
def test_a_refusal_says_what_to_try_next(used: Dialect, status: int, explanation: str, expected: Dialect) -> None:
    assert used.after_refusal(status, explanation) == expected


def test_what_is_learned_counts_for_its_server_and_model_only() -> None:
    memory = DialectMemory()

    assert memory.learn(SERVER, FIRST, 400, LIMIT_REFUSED)
    assert not memory.learn(SERVER, NEW_LIMIT, 400, "no such model")
    assert memory.read(SERVER) == NEW_LIMIT
    assert memory.read((SERVER[0], "another")) == memory.read(("http://another/", "m")) == FIRST


def test_calls_that_are_refused_together_teach_it_once() -> None:
    memory = DialectMemory()

    for _ in range(3):
        assert memory.learn(SERVER, FIRST, 400, "response_format")
    assert memory.learn(SERVER, FIRST, 400, LIMIT_REFUSED)

    assert memory.read(SERVER) == Dialect(SCHEMA, NEW_TOKEN_LIMIT)
    assert FIRST.token_limit == OLD_TOKEN_LIMIT


def test_a_strict_schema_requires_everything_and_lets_the_optional_be_null() -> None:
    row = {
        "type": "object",
        "properties": {"b": {"type": "string"}, "t": {"type": "string"}},
        "required": ["b"],
    }
    schema = {"type": "object", "properties": {"r": {"type": "array", "items": row}}, "required": ["r"]}

    assert strict_schema(schema) == {
        "type": "object",
        "properties": {
            "r": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"b": {"type": "string"}, "t": {"type": ["string", "null"]}},
                    "required": ["b", "t"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["r"],
        "additionalProperties": False,
    }
    assert row["required"] == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        '{"r": []}',
        ' \n{"r": []}\n',
        '```json\n{"r": []}\n```',
        '```\n{"r": []}\n```',
        'Here it is:\n```JSON\n{"r": []}\n```\nDone.',
        '<think>\nFirst {"r": 1}, or ```json\n{}\n```?\n</think>\n\n{"r": []}',
        'A template may open the tag itself.</think>{"r": []}',
        '<think></think>```json\n{"r": []}```',
    ],
)
def test_json_is_found_behind_thoughts_and_inside_fences(text: str) -> None:
    assert extract_json(text) == '{"r": []}'


@pytest.mark.parametrize("text", ["", "Sorry, I cannot.", '{"r": ["```json\\n{}\\n```"]}', "<think> without an end"])
def test_any_other_text_is_left_as_it_is(text: str) -> None:
    assert extract_json(text) == text
