"""The thin client, and Anthropic's SDK where it must do the same, against a server that answers as a script says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from contract.test_model_providers import FIELDS, KEY, ask, request
from model_server import ModelServer, Reply, completion, model_server

from simcrm.core.config import LlmCallConfig
from simcrm.generation.text.prompt_requests import response_schema
from simcrm.generation.text.prompt_trial import PromptTrial, run_prompt_trial
from simcrm.llm.errors import LlmCallError
from simcrm.llm.prompts import built_in_prompt
from simcrm.llm.providers.anthropic import AnthropicProvider
from simcrm.llm.providers.api_keys import environment_key_reader
from simcrm.llm.providers.base import LlmRequest, LlmResponse, RateLimitWindow
from simcrm.llm.providers.openai import OpenAiProvider
from simcrm.llm.providers.openai_dialect import DialectMemory, strict_schema


@pytest.fixture(scope="module", name="running")
def _running() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def server(running: ModelServer) -> ModelServer:
    """A server that answers well unless its script says otherwise."""
    running.reset()
    return running


class Client:
    """Calls a server, and keeps what was learned about it between calls."""

    def __init__(self, server: ModelServer, key: str = "sk-of-the-test") -> None:
        self._url, self._key, self._memory = f"{server.url}/v1/", key, DialectMemory()

    def ask(self, model: str = "some-model", **options: Any) -> LlmResponse:
        return ask(OpenAiProvider(self._key, self._url, self._memory), request(options, model))

    def fail(self) -> LlmCallError:
        with pytest.raises(LlmCallError) as raised:
            self.ask()
        return raised.value


def refusal(message: str, status: int = 400, **error: Any) -> Reply:
    return Reply({"error": {"message": message, "type": "invalid_request_error", **error}}, status)


def formats(server: ModelServer) -> list[Any]:
    """How the JSON of each response was requested."""
    asked = [body.get("response_format", {}) for body in server.bodies]
    return [one.get("json_schema", {}).get("strict", one.get("type")) for one in asked]


FORMAT_REFUSED = refusal("Invalid value for 'response_format'", param="response_format")
LIMIT_REFUSED = refusal("'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")


def test_an_openai_compatible_server_is_asked_by_schema(server: ModelServer) -> None:
    headers = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59"}
    server.reset(Reply(completion(), headers=headers))

    answer = Client(server).ask(reasoning_effort="minimal")

    assert (answer.text, answer.usage.total) == ('{"r": []}', 18)
    assert answer.rate_limits.requests == RateLimitWindow(60, 59)
    (received,) = server.received
    assert (received.path, received.keys) == ("/v1/chat/completions", {"sk-of-the-test"})
    assert (received.body["reasoning_effort"], received.body["max_tokens"]) == ("minimal", 400)
    schema = received.body["response_format"]["json_schema"]
    assert (schema["strict"], schema["schema"]) == (True, strict_schema(response_schema(FIELDS)))


def test_a_strict_schema_requires_the_title_that_ours_does_not(server: ModelServer) -> None:
    schema = response_schema(("activities",))
    asked = LlmRequest("some-model", "system", "0 Ada", schema, 400)
    ask(OpenAiProvider("sk", f"{server.url}/v1/", DialectMemory()), asked)

    strict = server.bodies[0]["response_format"]["json_schema"]["schema"]
    (row,) = strict["properties"].values()
    activity = row["items"]["properties"]["a"]["items"]
    assert activity["required"] == list(activity["properties"]) == ["x", "t", "b"]
    assert activity["properties"]["t"] == {"type": ["string", "null"]}
    assert activity["additionalProperties"] is False


def test_a_local_server_gets_no_key(server: ModelServer) -> None:
    server.reset(Reply(completion(choices=[{"message": {"content": "{}"}, "finish_reason": "length"}])))

    assert Client(server, key="").ask().was_truncated
    assert "authorization" not in server.received[0].headers


def test_the_limit_of_tokens_has_the_name_that_the_server_asks_for(server: ModelServer) -> None:
    client = Client(server)
    server.reset(LIMIT_REFUSED)

    client.ask()
    client.ask()

    limits = [{name: body[name] for name in body if name.startswith("max_")} for body in server.bodies]
    assert limits == [{"max_tokens": 400}, {"max_completion_tokens": 400}, {"max_completion_tokens": 400}]


def test_response_formats_are_tried_in_order_and_what_works_is_remembered(server: ModelServer) -> None:
    client = Client(server)
    text = '<think>Hm.</think>\n```json\n{"r": [1]}\n```'
    server.reset(FORMAT_REFUSED, FORMAT_REFUSED, FORMAT_REFUSED, Reply(completion(text)))

    answers = [client.ask(), client.ask()]

    assert [answer.text for answer in answers] == ['{"r": [1]}', '{"r": []}']
    assert formats(server) == [True, False, "json_object", None, None]
    systems = [body["messages"][0]["content"] for body in server.bodies]
    assert [json.dumps(response_schema(FIELDS), separators=(",", ":")) in text for text in systems] == [False] * 2 + [
        True
    ] * 3


def test_both_are_learned_in_one_call_and_for_one_model(server: ModelServer) -> None:
    client = Client(server)
    server.reset(LIMIT_REFUSED, FORMAT_REFUSED)

    client.ask()
    client.ask("another-model")

    assert formats(server) == [True, True, False, True]
    assert "max_tokens" in server.bodies[-1]


def test_a_server_that_refuses_everything_is_asked_once_in_each_way(server: ModelServer) -> None:
    server.reset(*[FORMAT_REFUSED] * 9)

    assert Client(server).fail().reason == "http_400"
    assert formats(server) == [True, False, "json_object", None]


def test_other_refusals_teach_nothing(server: ModelServer) -> None:
    client = Client(server)
    server.reset(refusal("The model `some-model` does not exist", 404), refusal("context length exceeded"))

    assert [client.fail().reason, client.fail().reason] == ["http_404", "http_400"]
    assert formats(server) == [True, True]


def test_learning_is_no_attempt_and_costs_nothing(server: ModelServer) -> None:
    server.reset(LIMIT_REFUSED, FORMAT_REFUSED, FORMAT_REFUSED)
    config = LlmCallConfig.load(
        {"AI_PROVIDER": "openai", "AI_BASE_URL": f"{server.url}/v1/", "AI_MODELS": '{"m": {"input": 1, "output": 5}}'}
    )
    trial = PromptTrial(built_in_prompt("pairs"), model="m", records=1)

    document = run_prompt_trial(trial, config, environment_key_reader("openai", {"OPENAI_API_KEY": "sk"}))

    assert (
        document["records"][0]["reason"] == "invalid_answer"
    )  # the server's answer has no records, so it is asked twice
    assert (len(server.received), document["inputTokens"], document["outputTokens"]) == (3 + 2, 2 * 11, 2 * 7)
    assert document["costUsd"] == pytest.approx((2 * 11 * 1 + 2 * 7 * 5) / 1e6)


@pytest.mark.parametrize(
    ("status", "category"), [(429, "rate_limit"), (401, "auth"), (500, "model_error"), (504, "timeout")]
)
def test_failures_of_an_openai_compatible_server(server: ModelServer, status: int, category: str) -> None:
    server.reset(Reply({"error": {"message": "no, sk-secret"}}, status, {"retry-after": "3"}))

    error = Client(server).fail()

    assert (error.category, error.provider_message) == (category, "no, ***")


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Mon, 02 Mar 2020 10:00:00 GMT"}, 0.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12ms"}, 0.012),
        ({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "1h"}, None),
        ({}, None),
    ],
)
def test_a_delay_is_understood_in_every_variant(
    server: ModelServer, headers: dict[str, str], delay: float | None
) -> None:
    server.reset(Reply({}, 429, headers))

    assert Client(server).fail().retry_after == delay


def test_a_date_is_a_delay_for_claude_too(server: ModelServer) -> None:
    server.reset(Reply({}, 529, {"retry-after": "Mon, 02 Mar 2020 10:00:00 GMT"}))

    with pytest.raises(LlmCallError) as raised:
        ask(AnthropicProvider(KEY, server.url), request())

    assert raised.value.retry_after == 0.0


def test_a_limit_of_all_tokens_bounds_both_kinds(server: ModelServer) -> None:
    tokens = {"x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "29000"}
    own = {"x-ratelimit-limit-output-tokens": "800", "x-ratelimit-remaining-output-tokens": "700"}
    server.reset(Reply(completion(), headers=tokens), Reply(completion(), headers=tokens | own))
    client = Client(server)

    both, apart = client.ask().rate_limits, client.ask().rate_limits

    assert (both.input_tokens, both.output_tokens) == (RateLimitWindow(30_000, 29_000),) * 2
    assert (apart.input_tokens, apart.output_tokens) == (RateLimitWindow(30_000, 29_000), RateLimitWindow(800, 700))


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ({"message": "busy", "code": 429}, "rate_limit"),
        ({"message": "busy", "code": "401"}, "auth"),
        ({"message": "busy", "code": "server_error"}, "model_error"),
        ({"message": "busy"}, "model_error"),
        ("busy", "model_error"),
    ],
)
def test_an_error_with_status_200_is_an_error(server: ModelServer, error: Any, category: str) -> None:
    server.reset(Reply({"error": error}))

    failure = Client(server).fail()

    assert failure.category == category
    assert failure.provider_message.startswith("busy")


def test_a_format_that_is_refused_with_status_200_is_learned_too(server: ModelServer) -> None:
    server.reset(Reply({"error": {"message": "response_format is not supported", "code": 400}}))

    assert Client(server).ask().text == '{"r": []}'
    assert formats(server) == [True, False]


def test_content_may_come_in_parts_and_tokens_uncounted(server: ModelServer) -> None:
    parts = [{"type": "text", "text": '{"r": '}, {"type": "text", "text": "[]}"}, {"type": "image"}]
    server.reset(Reply(completion(parts, usage=None)))

    answer = Client(server).ask()

    assert answer.text == '{"r": []}'
    assert (answer.usage.input_tokens > 100, answer.usage.output_tokens) == (True, 3)


def test_an_unreadable_answer_is_a_model_error(server: ModelServer) -> None:
    server.reset(Reply("<html>"))

    assert Client(server).fail().reason == "unreadable_answer"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("404 page not found", 404), "404 page not found"),
        (Reply("<html>Bad gateway</html>", 502), ""),
        (Reply({"detail": [{"loc": ["body", "model"], "msg": "unknown"}]}, 422), "unknown (body, model)"),
    ],
)
def test_a_failure_says_what_the_server_said(server: ModelServer, reply: Reply, said: str) -> None:
    server.reset(reply)

    assert Client(server).fail().provider_message == said


def test_claude_s_own_message_is_told_without_the_key(server: ModelServer) -> None:
    error = {"type": "invalid_request_error", "message": f"{KEY} has no credit"}
    server.reset(Reply({"type": "error", "error": error}, 400))

    with pytest.raises(LlmCallError) as raised:
        ask(AnthropicProvider(KEY, server.url), request())

    assert raised.value.provider_message == "*** has no credit"


def test_a_server_that_is_not_there_is_a_network_failure_that_says_so() -> None:
    with model_server() as gone:
        client = Client(gone)

    failure = client.fail()

    assert (failure.category, failure.provider_message.partition(":")[0]) == ("network", "ConnectError")
