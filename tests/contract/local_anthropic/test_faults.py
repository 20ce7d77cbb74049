"""What goes wrong with messages reaches the official SDK as it would from the API."""

import json
import time
from typing import Any

import anthropic
import pytest
from contract.local_anthropic.client import Claude, Control, Make, message_text, request

ERRORS: list[tuple[int, type[anthropic.APIStatusError], str]] = [
    (400, anthropic.BadRequestError, "invalid_request_error"),
    (401, anthropic.AuthenticationError, "authentication_error"),
    (403, anthropic.PermissionDeniedError, "permission_error"),
    (404, anthropic.NotFoundError, "not_found_error"),
    (429, anthropic.RateLimitError, "rate_limit_error"),
    (500, anthropic.InternalServerError, "api_error"),
    (503, anthropic.InternalServerError, "api_error"),
    (529, anthropic.InternalServerError, "overloaded_error"),
]


@pytest.mark.parametrize(("status", "error", "name"), ERRORS)
def test_a_scripted_status_is_the_sdks_error_with_its_type_and_wait(
    claude: Claude, control: Control, status: int, error: type[anthropic.APIStatusError], name: str
) -> None:
    control.fault(status=status, retryAfter=7)

    with pytest.raises(error) as caught:
        claude.call("messages.create", **request())

    assert (caught.value.status_code, caught.value.type) == (status, name)
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id == caught.value.response.json()["request_id"]
    assert len(claude.records()) == 4


def test_another_key_is_refused(make_claude: Make, control: Control) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        make_claude(key="sk-other").call("messages.create", **request())

    assert control.stats()["requests"]["POST /v1/messages"] == {"401": 1}


def test_a_body_beyond_the_limit_is_refused(claude: Claude, control: Control) -> None:
    control.set(maxMessageBytes=200)

    with pytest.raises(anthropic.APIStatusError) as caught:
        claude.call("messages.create", **request())

    assert (caught.value.status_code, caught.value.response.json()["error"]["type"]) == (413, "request_too_large")


def test_a_slow_answer_runs_into_the_clients_time_out_and_leaves_nothing_behind(
    make_claude: Make, control: Control
) -> None:
    control.fault(kind="slow", delaySeconds=30)

    with pytest.raises(anthropic.APITimeoutError):
        make_claude(timeout=0.3).call("messages.create", **request())

    deadline = time.monotonic() + 60
    while control.stats()["inFlight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert control.stats()["requests"]["POST /v1/messages"] == {"499": 1}


def test_a_dropped_connection_is_a_connection_error(claude: Claude, control: Control) -> None:
    control.fault(kind="drop")

    with pytest.raises(anthropic.APIConnectionError):
        claude.call("messages.create", **request())

    assert len(claude.records()) == 4
    assert control.stats()["requests"]["POST /v1/messages"] == {"0": 1, "200": 1}


def test_a_refusal_says_so_and_says_nothing_else(claude: Claude, control: Control) -> None:
    control.fault(kind="refusal")

    message = claude.call("messages.create", **request())

    assert (message.stop_reason, message.stop_details.type, message_text(message)) == ("refusal", "refusal", "")


@pytest.mark.parametrize(("kind_of_fault", "stop"), [("truncated", "end_turn"), ("max_tokens", "max_tokens")])
def test_a_text_that_ends_in_the_middle_is_no_json(
    claude: Claude, control: Control, kind_of_fault: str, stop: str
) -> None:
    control.fault(kind=kind_of_fault)

    message = claude.call("messages.create", **request())

    assert message.stop_reason == stop
    assert message_text(message).startswith('{"r":[{')
    with pytest.raises(json.JSONDecodeError):
        json.loads(message_text(message))


def test_a_talkative_answer_is_no_json(claude: Claude, control: Control) -> None:
    control.fault(kind="not_json")

    assert message_text(claude.call("messages.create", **request())).startswith("Of course!")


@pytest.mark.parametrize(
    ("rule", "keys"),
    [
        ({"kind": "missing_records", "count": 2}, [0, 1]),
        ({"kind": "extra_records"}, [0, 1, 2, 3, 1003]),
        ({"kind": "bad_record", "record": 2}, [0, 1, 2, 3]),
    ],
)
def test_records_can_be_missing_strange_or_blank(
    claude: Claude, control: Control, rule: dict[str, Any], keys: list[int]
) -> None:
    control.fault(**rule)

    records = claude.records()

    assert [record["k"] for record in records] == keys
    blank = [record["k"] for record in records if not record["n"].strip()]
    assert blank == ([1] if rule["kind"] == "bad_record" else [])
