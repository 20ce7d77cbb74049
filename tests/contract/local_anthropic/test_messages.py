"""The official SDK, blocking and asynchronous, asks for messages as it does the API."""

import json
from datetime import datetime
from typing import Any

import anthropic
import pytest
from contract.local_anthropic.client import FACTS, HAIKU, Claude, message_text, request
from pydantic import BaseModel


def test_a_message_answers_the_schema_with_one_record_for_each_that_the_prompt_numbers(claude: Claude) -> None:
    message = claude.call("messages.create", **request())

    records = json.loads(message_text(message))["r"]
    assert [record["k"] for record in records] == [0, 1, 2, 3]
    assert all(set(record) == {"k", "n", "j"} and record["n"] and record["j"] for record in records)
    assert len({record["n"] for record in records}) == 4
    assert (message.model, message.role, message.stop_reason) == (HAIKU, "assistant", "end_turn")
    assert message.usage.output_tokens > 4 * 5


def test_the_same_request_gets_the_same_words_and_another_one_others(claude: Claude) -> None:
    first, second = claude.records(), claude.records()

    other = claude.records(messages=[{"role": "user", "content": FACTS.replace("Reading", "Tulsa")}])

    assert first == second
    assert [record["n"] for record in other] != [record["n"] for record in first]


def test_an_alias_is_answered_by_the_model_it_stands_for(claude: Claude) -> None:
    assert claude.call("messages.create", **request(model="claude-haiku-4-5")).model == HAIKU


class Company(BaseModel):
    company_name: str
    employees: int
    is_public: bool


def test_the_sdk_parses_an_answer_into_a_model(claude: Claude) -> None:
    asked = request(output_format=Company)
    del asked["output_config"]

    company = claude.call("messages.parse", **asked).parsed_output

    assert isinstance(company, Company)
    assert company.company_name


def test_a_count_of_tokens_is_what_the_message_is_charged(claude: Claude) -> None:
    asked = request()
    del asked["max_tokens"]

    counted = claude.call("messages.count_tokens", **asked).input_tokens

    assert counted == claude.call("messages.create", **request()).usage.input_tokens


def test_a_newer_model_thinks_unless_told_not_to_and_counts_more_tokens(claude: Claude) -> None:
    old = claude.call("messages.create", **request()).usage
    thinking = claude.call("messages.create", **request(model="claude-haiku-5-5"))
    plain = claude.call("messages.create", **request(model="claude-haiku-5-5", thinking={"type": "disabled"}))

    assert [block.type for block in thinking.content] == ["thinking", "text"]
    assert [block.type for block in plain.content] == ["text"]
    assert thinking.usage.output_tokens > plain.usage.output_tokens > old.output_tokens
    assert thinking.usage.output_tokens_details.thinking_tokens > 0
    assert plain.usage.input_tokens == pytest.approx(1.3 * old.input_tokens, rel=0.02)


def test_models_are_listed_and_read(claude: Claude) -> None:
    listed = claude.call("models.list")

    assert {"claude-haiku-4-5-20251001", "claude-haiku-5-5"} <= {model.id for model in listed}
    assert claude.call("models.retrieve", "claude-haiku-4-5").max_tokens == 64_000


def test_every_answer_tells_the_limits_and_its_id(claude: Claude) -> None:
    response = claude.call("messages.with_raw_response.create", **request())

    headers = response.headers
    for name in ("requests", "input-tokens", "output-tokens", "tokens"):
        assert int(headers[f"anthropic-ratelimit-{name}-limit"]) >= int(
            headers[f"anthropic-ratelimit-{name}-remaining"]
        )
        assert datetime.fromisoformat(headers[f"anthropic-ratelimit-{name}-reset"]).tzinfo is not None
    assert headers["request-id"].startswith("req_")
    assert "retry-after" not in headers


def test_an_answer_never_has_more_tokens_than_were_allowed(claude: Claude) -> None:
    message = claude.call("messages.create", **request(max_tokens=20))

    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 20)
    assert message_text(message).startswith('{"r":[')


BAD: list[tuple[dict[str, Any], type[anthropic.APIStatusError], str]] = [
    ({"model": "claude-unknown"}, anthropic.NotFoundError, "model: claude-unknown"),
    ({"max_tokens": 0}, anthropic.BadRequestError, "max_tokens"),
    ({"max_tokens": 64_001}, anthropic.BadRequestError, "64001 > 64000"),
    ({"messages": []}, anthropic.BadRequestError, "messages"),
    ({"extra_body": {"temperature": 2}}, anthropic.BadRequestError, "temperature"),
    ({"extra_body": {"tone": "warm"}}, anthropic.BadRequestError, "tone: Extra inputs are not permitted"),
    ({"output_config": {"effort": "low"}}, anthropic.BadRequestError, "effort"),
    ({"model": "claude-haiku-5-5", "extra_body": {"temperature": 0.2}}, anthropic.BadRequestError, "temperature"),
]


@pytest.mark.parametrize(("changes", "error", "words"), BAD)
def test_a_request_that_the_api_refuses_is_refused(
    claude: Claude, changes: dict[str, Any], error: type[anthropic.APIStatusError], words: str
) -> None:
    with pytest.raises(error, match=words):
        claude.call("messages.create", **request(**changes))


def test_max_tokens_must_be_said(claude: Claude) -> None:
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: Field required"):
        claude.call("messages.create", **request(max_tokens=anthropic.NOT_GIVEN))


def test_a_schema_that_is_open_is_refused_by_name(claude: Claude) -> None:
    schema = {"type": "object", "properties": {}}

    with pytest.raises(anthropic.BadRequestError, match="'additionalProperties' must be explicitly set to false"):
        claude.call("messages.create", **request(output_config={"format": {"type": "json_schema", "schema": schema}}))
