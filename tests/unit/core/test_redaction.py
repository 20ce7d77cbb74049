import logging

import pytest
from recorders import LogLines

from simcrm.core.log import log_event
from simcrm.core.redaction import MASK, MAX_QUOTED_CHARACTERS, redact, redact_and_truncate
from simcrm.hubspot.errors import error_from_response
from simcrm.hubspot.input_errors import input_error_from_call, parse_batch_error

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
    assert redact(f'{{"authorization": "{key}", "x": 1}}') == f'{{"authorization": "{MASK}", "x": 1}}'


def test_the_password_of_an_address_is_masked_and_the_address_stays() -> None:
    assert redact("rediss://user:s3cret@cache.example:6379/0") == f"rediss://{MASK}@cache.example:6379/0"


@pytest.mark.parametrize(
    "text", ["Property values were not valid", "skip-this-one-please", "the pattern pat-terns", "https://a.example/b@c"]
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert redact_and_truncate(text) == text


def test_a_whole_payload_does_not_fit_into_a_quotation() -> None:
    assert len(redact_and_truncate("word " * 1_000)) == MAX_QUOTED_CHARACTERS + len("...")


@pytest.mark.parametrize("status", [400, 423, 429, 500, 503])
def test_what_a_portal_repeats_of_a_request_is_not_repeated(status: int) -> None:
    echo = f"you sent {KEYS[0]} and " + "payload " * 500

    message = str(error_from_response(status, {"message": echo}, None))

    assert KEYS[0] not in message
    assert len(message) < MAX_QUOTED_CHARACTERS + 100


def test_a_conflict_is_known_by_the_whole_message_and_quoted_in_short() -> None:
    long = "x" * 2 * MAX_QUOTED_CHARACTERS
    entry = parse_batch_error({"message": f"{long} {KEYS[0]}", "category": "CONFLICT"})
    call = input_error_from_call(error_from_response(409, {"message": long}, None))  # type: ignore[arg-type]

    assert entry.is_conflict
    assert call.is_conflict
    assert max(len(entry.message), len(call.message)) < MAX_QUOTED_CHARACTERS + 100


def test_a_log_line_masks_keys_in_every_field(log_lines: LogLines) -> None:
    log_event("STEP_WRITTEN", "done", level=logging.INFO, reason=f"with {KEYS[2]}", count=3)

    (line,) = log_lines.with_event_id("STEP_WRITTEN")
    assert (line["reason"], line["count"]) == (f"with {MASK}", 3)
