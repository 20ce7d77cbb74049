"""What providers say about errors, as far as it may be logged."""

from typing import Any

import pytest

from simcrm.llm.providers.error_messages import MAX_LOGGED_CHARACTERS, explain_error, loggable_message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"error": {"message": "no", "type": "invalid_request_error", "param": "seed", "code": "bad"}},
            "no (seed, bad)",
        ),
        ({"error": {"message": "bad n", "param": "n", "code": None}}, "bad n"),
        ({"error": {"message": "no", "code": 400}}, "no"),
        ({"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}, "model: m"),
        ({"error": "no"}, "no"),
        ({"object": "error", "message": "no", "code": 40301}, "no"),
        (
            {"detail": [{"loc": ["body", "max_tokens"], "msg": "no"}, {"msg": "nor this"}]},
            "no (body, max_tokens); nor this",
        ),
        ({"detail": "no"}, "no"),
        ("404 page not found", "404 page not found"),
        ({"error": {}}, ""),
        (["no", "nor this"], "no; nor this"),
        (None, ""),
        (7, ""),
    ],
)
def test_an_explanation_is_found_wherever_it_is(body: Any, expected: str) -> None:
    assert explain_error(body) == expected


@pytest.mark.parametrize(
    ("explanation", "expected"),
    [
        ("Incorrect API key provided: sk-proj-abcdefghijklmnop.", "Incorrect API key provided: ***."),
        ("Incorrect API key provided: sk-pr***op", "Incorrect API key provided: ***"),
        ("header was 'Bearer gsk_12345'", "header was '***'"),
        ("the key gsk_of-the-user is unknown", "the key *** is unknown"),
        ("cannot reach http://user:word@host/v1", "cannot reach http://***@host/v1"),
        (" two\n  lines\t", "two lines"),
        ("", ""),
    ],
)
def test_no_key_is_logged(explanation: str, expected: str) -> None:
    assert loggable_message(explanation, "gsk_of-the-user") == expected


def test_a_message_is_as_long_as_a_line_may_be_and_no_longer() -> None:
    assert loggable_message("x" * MAX_LOGGED_CHARACTERS) == "x" * MAX_LOGGED_CHARACTERS
    assert loggable_message("x" * 201) == "x" * 197 + "..."
