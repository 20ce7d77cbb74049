"""The official SDK, blocking and asynchronous, works against the stand-in as it does against the API."""

import asyncio
import http.client
import inspect
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterable, Callable, Iterator
from datetime import datetime
from functools import reduce
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

HAIKU = "claude-haiku-4-5-20251001"
KEY = "sk-ant-test"
RECORD = {
    "type": "object",
    "properties": {
        "k": {"type": "integer", "description": "number of the record"},
        "n": {"type": "string", "description": "company name"},
        "j": {"type": "string", "description": "job title"},
    },
    "required": ["k", "n", "j"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"r": {"type": "array", "items": RECORD}},
    "required": ["r"],
    "additionalProperties": False,
}
FACTS = "\n".join(f"{number} Ada Lovelace{number}; medical practice; Reading" for number in range(4))


def request(**changes: Any) -> dict[str, Any]:
    """A request for the words of four records."""
    given = {
        "model": HAIKU,
        "max_tokens": 1000,
        "system": "You write CRM entries.",
        "messages": [{"role": "user", "content": FACTS}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    return given | changes


class Claude:
    """A client of either kind; ``call("messages.create", ...)`` is the same for both."""

    def __init__(self, url: str, kind: str, key: str = KEY, timeout: float = 20) -> None:
        make: Any = anthropic.Anthropic if kind == "sync" else anthropic.AsyncAnthropic
        self._client = make(api_key=key, base_url=url, max_retries=0, timeout=timeout)
        self._runner = asyncio.Runner()
        self.url = url
        self.kind = kind

    def call(self, method: str, *given: Any, **named: Any) -> Any:
        """Call a method of the client by its path; pages and streams come back as lists."""
        return self._runner.run(self._called(method, *given, **named))

    async def _called(self, method: str, *given: Any, **named: Any) -> Any:
        found = reduce(getattr, method.split("."), self._client)(*given, **named)
        result = await found if inspect.isawaitable(found) else found
        if isinstance(result, AsyncIterable):
            return [each async for each in result]
        return list(result) if method.endswith(("list", "results")) else result

    def records(self, **changes: Any) -> list[dict[str, Any]]:
        """The records of a message."""
        return list(json.loads(text_of(self.call("messages.create", **request(**changes))))["r"])

    def close(self) -> None:
        self._runner.run(self._closed())
        self._runner.close()

    async def _closed(self) -> None:
        closing = self._client.close()
        if inspect.isawaitable(closing):
            await closing


class Control:
    """The control endpoints of the server."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=20)
        connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, content
        return json.loads(content) if content else None

    def fault(self, **rule: Any) -> None:
        self.ask("POST", "/_local/faults", rule)

    def set(self, **settings: Any) -> None:
        self.ask("PUT", "/_local/settings", settings)

    def stats(self) -> dict[str, Any]:
        return dict(self.ask("GET", "/_local/stats"))

    def calls(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/_local/calls")["calls"])


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A stand-in as a process of its own."""
    command = [sys.executable, "-m", "anthropic_stand_in", "--port", "0", "--key", KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.fixture
def control(url: str) -> Iterator[Control]:
    """The server, with nothing scripted and its settings put back afterwards."""
    control = Control(url)
    control.ask("POST", "/_local/reset")
    before = control.ask("GET", "/_local/settings")
    yield control
    control.set(**before)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def claude(url: str, control: Control, kind: str) -> Iterator[Claude]:
    assert control.stats()["totalRequests"] == 0
    claude = Claude(url, kind)
    yield claude
    claude.close()


Make = Callable[..., Claude]


@pytest.fixture
def make_claude(url: str, kind: str) -> Iterator[Make]:
    """Make clients with another key or time-out."""
    made: list[Claude] = []

    def make(**options: Any) -> Claude:
        made.append(Claude(url, kind, **options))
        return made[-1]

    yield make
    for claude in made:
        claude.close()


def test_a_message_answers_the_schema_with_one_record_for_each_that_the_prompt_numbers(claude: Claude) -> None:
    message = claude.call("messages.create", **request())

    records = json.loads(text_of(message))["r"]
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
        assert int(headers[f"anthropic-ratelimit-{name}-limit"]) >= int(headers[f"anthropic-ratelimit-{name}-remaining"])
        assert datetime.fromisoformat(headers[f"anthropic-ratelimit-{name}-reset"]).tzinfo is not None
    assert headers["request-id"].startswith("req_")
    assert "retry-after" not in headers


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

    deadline = time.monotonic() + 5
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

    assert (message.stop_reason, message.stop_details.type, text_of(message)) == ("refusal", "refusal", "")


@pytest.mark.parametrize(("kind_of_fault", "stop"), [("truncated", "end_turn"), ("max_tokens", "max_tokens")])
def test_a_text_that_ends_in_the_middle_is_no_json(
    claude: Claude, control: Control, kind_of_fault: str, stop: str
) -> None:
    control.fault(kind=kind_of_fault)

    message = claude.call("messages.create", **request())

    assert message.stop_reason == stop
    assert text_of(message).startswith('{"r":[{')
    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(message))


def test_a_talkative_answer_is_no_json(claude: Claude, control: Control) -> None:
    control.fault(kind="not_json")

    assert text_of(claude.call("messages.create", **request())).startswith("Of course!")


def test_an_answer_never_has_more_tokens_than_were_allowed(claude: Claude) -> None:
    message = claude.call("messages.create", **request(max_tokens=20))

    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 20)
    assert text_of(message).startswith('{"r":[')


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


def test_a_limit_refuses_with_the_time_to_wait_and_serves_after_it(claude: Claude, control: Control) -> None:
    control.set(requestsPerMinute=60, burstSeconds=1)
    claude.records()

    with pytest.raises(anthropic.RateLimitError, match="60 requests per minute") as caught:
        claude.records()

    wait = caught.value.response.headers["retry-after"]
    assert wait == "1"
    assert caught.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    time.sleep(float(wait))
    assert len(claude.records()) == 4


def batch(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [{"custom_id": f"batch-{number}", "params": request(**changes)} for number in range(count)]


def ended(claude: Claude, batch_id: str) -> Any:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = claude.call("messages.batches.retrieve", batch_id)
        if found.processing_status == "ended":
            return found
        time.sleep(0.02)
    raise AssertionError("the batch does not end")


def test_a_batch_goes_from_in_progress_to_results_in_another_order(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0.3)
    made = claude.call("messages.batches.create", requests=batch(20))
    assert (made.processing_status, made.request_counts.processing, made.results_url) == ("in_progress", 20, None)

    done = ended(claude, made.id)
    results = claude.call("messages.batches.results", made.id)

    assert (done.request_counts.succeeded, done.request_counts.processing) == (20, 0)
    names = [row.custom_id for row in results]
    assert sorted(names) == sorted(f"batch-{number}" for number in range(20))
    assert names != [f"batch-{number}" for number in range(20)]
    assert all(len(json.loads(text_of(row.result.message))["r"]) == 4 for row in results)
    assert {row.result.message.usage.service_tier for row in results} == {"batch"}
    assert control.stats()["batchTokens"][HAIKU]["outputTokens"] > 0


def test_results_of_a_batch_that_runs_are_not_there(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=60)
    made = claude.call("messages.batches.create", requests=batch(1))

    with pytest.raises(anthropic.AnthropicError):
        claude.call("messages.batches.results", made.id)


def test_requests_of_a_batch_fail_one_by_one(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0)
    control.fault(inBatches=True, kind="expired", skip=1)
    control.fault(inBatches=True, status=529)
    requests = [*batch(3), {"custom_id": "bad", "params": request(model="claude-unknown")}]

    made = claude.call("messages.batches.create", requests=requests)
    done = ended(claude, made.id)

    counts = done.request_counts
    assert (counts.succeeded, counts.expired, counts.errored, counts.canceled) == (1, 1, 2, 0)
    rows = {row.custom_id: row.result for row in claude.call("messages.batches.results", made.id)}
    assert rows["bad"].error.error.type == "not_found_error"
    assert rows["batch-0"].error.error.type == "overloaded_error"
    assert (rows["batch-1"].type, rows["batch-2"].type) == ("expired", "succeeded")


def test_a_cancelled_batch_keeps_what_was_done_and_cancels_the_rest(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=60)
    made = claude.call("messages.batches.create", requests=batch(5))

    stopped = claude.call("messages.batches.cancel", made.id)
    done = ended(claude, made.id)

    assert stopped.processing_status == "canceling"
    assert (done.request_counts.canceled, done.cancel_initiated_at is not None) == (5, True)
    assert {row.result.type for row in claude.call("messages.batches.results", made.id)} == {"canceled"}


def test_batches_are_listed_the_newest_first_over_pages_and_deleted(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0)
    made = [claude.call("messages.batches.create", requests=batch(1)).id for _ in range(3)]

    listed = claude.call("messages.batches.list", limit=2)
    assert [found.id for found in listed] == made[::-1]

    assert claude.call("messages.batches.delete", made[0]).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        claude.call("messages.batches.retrieve", made[0])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["same", "same"], "unique"),
        (["a" * 65], "requests.0.custom_id: String should have at most 64 characters"),
        (["with space"], "custom_id: String should match pattern"),
        ([], "requests: List should have at least 1 item"),
        (["a", "b", "c", "d"], "at most 3 items"),
    ],
)
def test_a_batch_that_the_api_refuses_is_refused(
    claude: Claude, control: Control, names: list[str], words: str
) -> None:
    control.set(maxBatchRequests=3)

    with pytest.raises(anthropic.BadRequestError, match=words):
        claude.call("messages.batches.create", requests=[{"custom_id": name, "params": request()} for name in names])


def test_a_batch_can_be_made_although_its_answer_is_lost(claude: Claude, control: Control) -> None:
    control.fault(kind="drop", path="batches$", afterWork=True)

    with pytest.raises(anthropic.APIConnectionError):
        claude.call("messages.batches.create", requests=batch(2))

    assert [found.request_counts.processing for found in claude.call("messages.batches.list")] in ([2], [0])


def test_the_journal_tells_each_call_with_its_tokens_and_fault(claude: Claude, control: Control) -> None:
    control.fault(status=529, skip=1)
    claude.records()
    with pytest.raises(anthropic.InternalServerError):
        claude.records()

    calls = control.calls()

    assert [(call["status"], call["fault"]) for call in calls] == [(200, ""), (529, "status")]
    assert calls[0]["model"] == HAIKU
    assert calls[0]["inputTokens"] > calls[0]["outputTokens"] > 0
    assert calls[0]["at"] <= calls[1]["at"]


def test_many_calls_are_open_at_once_and_each_takes_its_time(url: str, control: Control) -> None:
    control.set(latencyBaseMs=300)

    async def ask() -> float:
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as client:
            started = time.monotonic()
            await asyncio.gather(*(client.messages.create(**request()) for _ in range(30)))
            return time.monotonic() - started

    assert 0.3 <= asyncio.run(ask()) < 3
    assert control.stats()["peakInFlight"] == 30


def test_two_hundred_small_messages_a_second_are_served(url: str, control: Control) -> None:
    assert control.stats()["inFlight"] == 0
    body = json.dumps(request())
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)

    def rate() -> float:
        started = time.monotonic()
        for _ in range(100):
            connection.request("POST", "/v1/messages", body, headers)
            assert json.loads(connection.getresponse().read())["type"] == "message"
        return 100 / (time.monotonic() - started)

    best = max(rate() for _ in range(5))
    connection.close()

    assert best >= 200
