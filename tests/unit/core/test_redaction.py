import logging

import pytest
from recorders import LogLines

from simcrm.core import log
from simcrm.core.redaction import MASK, QUOTED_CHARACTERS, masked, quoted
from simcrm.hubspot.errors import error_of
from simcrm.hubspot.input_errors import refusal_of_call, refusal_of_entry

KEYS = [
    "pat-na1-0f3c2b6e-1111-4222-8333-944455556666",
    "pat-eu1-abcdef0123456789",
    "sk-ant-api03-AbCdEf_123-456789",
    "sk-proj-abcdefghijkl",
    "Bearer AbC.dEf-123",
    "basic dXNlcjpwYXNz",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_masked_wherever_it_stands(key: str) -> None:
    assert masked(f'{{"authorization": "{key}", "x": 1}}') == f'{{"authorization": "{MASK}", "x": 1}}'


def test_the_password_of_an_address_is_masked_and_the_address_stays() -> None:
    assert masked("rediss://user:s3cret@cache.example:6379/0") == f"rediss://{MASK}@cache.example:6379/0"


@pytest.mark.parametrize(
    "text", ["Property values were not valid", "skip-this-one-please", "the pattern pat-terns", "https://a.example/b@c"]
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert quoted(text) == text


def test_a_whole_payload_does_not_fit_into_a_quotation() -> None:
    assert len(quoted("word " * 1_000)) == QUOTED_CHARACTERS + len("...")


@pytest.mark.parametrize("status", [400, 423, 429, 500, 503])
def test_what_a_portal_repeats_of_a_request_is_not_repeated(status: int) -> None:
    echo = f"you sent {KEYS[0]} and " + "payload " * 500

    message = str(error_of(status, {"message": echo}, None))

    assert KEYS[0] not in message
    assert len(message) < QUOTED_CHARACTERS + 100


def test_a_conflict_is_known_by_the_whole_message_and_quoted_in_short() -> None:
    long = "x" * 2 * QUOTED_CHARACTERS
    entry = refusal_of_entry({"message": f"{long} {KEYS[0]}", "category": "CONFLICT"})
    call = refusal_of_call(error_of(409, {"message": long}, None))  # type: ignore[arg-type]

    assert entry.is_conflict
    assert call.is_conflict
    assert max(len(entry.message), len(call.message)) < QUOTED_CHARACTERS + 100


def test_a_log_line_masks_keys_in_every_field(log_lines: LogLines) -> None:
    log.event("STEP_WRITTEN", "done", level=logging.INFO, reason=f"with {KEYS[2]}", count=3)

    (line,) = log_lines.of("STEP_WRITTEN")
    assert (line["reason"], line["count"]) == (f"with {MASK}", 3)
