"""Words by message batches: handed in once whatever dies, judged record by record, paid once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from builders import SIMULATION, batch
from recorders import LogLines
from scripted_batches import Account, Connection, KilledError
from scripted_model import good_response
from unit.generation.conftest import TextHarness

from simcrm.cache import run_counters as counters
from simcrm.generation.message_batches import requests
from simcrm.generation.message_batches.job import JobStep, MessageBatchJob
from simcrm.generation.message_batches.progress import JobProgress, MessageBatchState
from simcrm.generation.message_batches.requests import RequestBuilder
from simcrm.generation.message_batches.time_limits import MAX_REFUSED, SUBMIT_UNKNOWN
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.batch_texts import texts_for_batch
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.stored_texts import last_error_category
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError, error_from_status
from simcrm.llm.model_prices import find_price
from simcrm.llm.providers import registry
from simcrm.llm.providers.base import BatchResult, LlmRequest, Usage
from simcrm.operations.export_training_data import TrainingReport, training_examples
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names

SIZE = 30
BATCHES = [batch(number=number, first_index=SIZE * number, count=SIZE) for number in range(4)]
RECORDS = SIZE * len(BATCHES)
REQUESTS = 3
"""Of a batch of 30 pairs, ten in each."""
TIMEOUT = LlmCallError(FailureCategory.TIMEOUT, can_retry=True)


@dataclass
class MessageBatchHarness:
    """Has the words of a simulation written as its state machine does: each step is a function of its own."""

    workshop: TextHarness
    account: Account
    steps: list[JobStep] = field(default_factory=list)

    def job(self) -> MessageBatchJob:
        return MessageBatchJob(self.workshop.session(), self.request_builder(), self.workshop.files)

    def request_builder(self, simulation_id: str = SIMULATION) -> RequestBuilder:
        prompt_builder = AccountPromptBuilder(self.workshop.generator().histories)
        batches = read_batches(self.workshop.files)
        return RequestBuilder(simulation_id, self.workshop.session().settings, prompt_builder, batches)

    def run_job(self) -> JobStep:
        step = self.job().run()
        self.workshop.time.seconds += step.wait_seconds
        self.steps.append(step)
        return step

    def run(self, most: int = 2_000) -> dict[int, RecordTextResult]:
        """What the generators of all batches find afterwards."""
        for _ in range(most):
            if self.run_job().done:
                return self.results()
        raise AssertionError("the words are never there")

    def results(self) -> dict[int, RecordTextResult]:
        results: dict[int, RecordTextResult] = {}
        for some in BATCHES:
            results |= texts_for_batch(
                self.workshop.files, self.workshop.generator().histories, some, self.workshop.session()
            )
        return results

    @property
    def progress(self) -> JobProgress:
        return self.workshop.files.read(file_names.MESSAGE_BATCHES, JobProgress) or JobProgress()


@pytest.fixture
def account(workshop: TextHarness, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The provider of message batches, with parcels of two batches."""
    made = Account(workshop.time.wall)
    kind = replace(registry.PROVIDERS["anthropic"], create_batches=made.create_provider)
    monkeypatch.setitem(registry.PROVIDERS, "anthropic", kind)
    monkeypatch.setattr(requests, "MAX_RECORDS", 2 * SIZE)
    return made


@pytest.fixture
def office(workshop: TextHarness, account: Account) -> MessageBatchHarness:
    workshop.fields = {"totalRecords": RECORDS, "ai": {"mode": "BATCH", "recordsPerCall": 10}}
    workshop.files.write_lines(file_names.BATCHES, [some.to_row() for some in BATCHES])
    return MessageBatchHarness(workshop, account)


def reasons(told: dict[int, RecordTextResult]) -> dict[str | None, int]:
    found = [record.provenance.reason for record in told.values()]
    return {reason: found.count(reason) for reason in set(found)}


def paid_once(account: Account) -> bool:
    return len(account.paid_requests) == REQUESTS * len(BATCHES) and set(account.paid_requests.values()) == {1}


def test_all_words_are_the_models_and_no_record_is_asked_for_on_its_own(office: MessageBatchHarness) -> None:
    results = office.run()

    assert set(results) == set(range(RECORDS))
    assert all(record.text is not None for record in results.values())
    assert office.workshop.model.requests == []
    assert len(office.account.batches) == 2
    assert paid_once(office.account)


def test_a_record_gets_the_answer_to_its_own_facts(office: MessageBatchHarness) -> None:
    results = office.run()

    for index, record in results.items():
        person = office.workshop.generator().histories.generator.facts(index).person
        assert record.text is not None
        assert (record.text.job_title or "").startswith(f"j for {person.first} {person.last}")


def test_metadata_tells_the_models_share_and_the_prompt(office: MessageBatchHarness) -> None:
    origin = office.run()[0].provenance

    assert (origin.method, origin.model, origin.prompt_version) == ("ai", "claude-haiku-4-5-20251001", "pairs/v2")
    assert (origin.attempts, origin.latency_ms) == (1, 0)
    assert origin.tokens == origin.input_tokens + origin.output_tokens == 15


def test_tokens_are_counted_once_at_half_the_price(office: MessageBatchHarness) -> None:
    office.run()
    office.run()

    count = REQUESTS * len(BATCHES)
    usage = Usage(100 * count, 50 * count)
    found = office.workshop.counters()
    assert int(found[counters.AI_TOKENS]) == usage.total
    each = find_price("anthropic", "claude-haiku-4-5").micro_usd(Usage(100, 50))
    assert int(found[counters.AI_COST_MICRO_USD]) == count * each / 2


def test_one_line_tells_that_a_message_batch_was_handed_in_and_one_that_it_was_taken_in(
    office: MessageBatchHarness, log_lines: LogLines
) -> None:
    office.account.fate = expire_some
    office.run()

    handed_in, taken_in = log_lines.with_event_id("AI_BATCH_SUBMITTED"), log_lines.with_event_id("AI_BATCH_SETTLED")
    assert [line["requests"] for line in handed_in] == [2 * REQUESTS] * 2
    assert [line["batchId"] for line in taken_in] == ["msgbatch_0", "msgbatch_1"]
    assert sum(line["fallback"] for line in taken_in) == 10 * len(BATCHES)
    assert len(log_lines.with_event_id("AI_GEN_FALLBACK")) == 10 * len(BATCHES)


def test_it_is_looked_at_more_and_more_rarely(office: MessageBatchHarness) -> None:
    office.account.looks = 40
    office.run()

    waits = [step.wait_seconds for step in office.steps if not step.done]
    assert (waits[0], waits[-1]) == (2, 300)
    assert waits == sorted(waits)


def expire_some(custom_id: str, request: LlmRequest) -> BatchResult:
    """The first request of each batch expires."""
    number, first = map(int, custom_id.split("-")[1:3])
    if first == SIZE * number:
        return BatchResult(custom_id, None, FallbackReason.BATCH_EXPIRED)
    return BatchResult(custom_id, good_response(request))


def fate_of_first(
    fate: Callable[[str, LlmRequest], BatchResult | None],
) -> Callable[[str, LlmRequest], BatchResult | None]:
    """A fate of the first request of each batch; the others succeed."""

    def chosen(custom_id: str, request: LlmRequest) -> BatchResult | None:
        number, first = map(int, custom_id.split("-")[1:3])
        return fate(custom_id, request) if first == SIZE * number else BatchResult(custom_id, good_response(request))

    return chosen


def without(reason: FallbackReason) -> Callable[[str, LlmRequest], BatchResult | None]:
    return fate_of_first(lambda custom_id, _request: BatchResult(custom_id, None, reason))


def saying(text: str, **changes: Any) -> Callable[[str, LlmRequest], BatchResult | None]:
    return fate_of_first(
        lambda custom_id, request: BatchResult(custom_id, good_response(request, text=text, **changes))
    )


def one_missing(custom_id: str, request: LlmRequest) -> BatchResult:
    rows = json.loads(good_response(request).text)["r"]
    return BatchResult(custom_id, good_response(request, text=json.dumps({"r": rows[1:]})))


@pytest.mark.parametrize(
    ("fate", "reason", "category", "records"),
    [
        (without(FallbackReason.BATCH_EXPIRED), "batch_expired", "timeout", 10),
        (without(FallbackReason.BATCH_ERRORED), "batch_errored", "model_error", 10),
        (without(FallbackReason.BATCH_CANCELLED), "batch_cancelled", "unknown", 10),
        (fate_of_first(lambda _id, _request: None), "batch_missing", "model_error", 10),
        (saying("Sure! Here they are"), "invalid_answer", "model_error", 10),
        (saying('{"r": [{"k": 0, "n"', was_truncated=True), "invalid_answer", "model_error", 10),
        (saying("", was_refused=True), "refusal", "model_error", 10),
        (fate_of_first(one_missing), "invalid_answer", "model_error", 1),
    ],
    ids=["expired", "errored", "cancelled", "missing", "no JSON", "cut off", "refused", "a record missing"],
)
def test_what_has_no_words_falls_back_alone(
    office: MessageBatchHarness, fate: Any, reason: str, category: str, records: int
) -> None:
    office.account.fate = fate

    results = office.run()

    fallen = [record for record in results.values() if record.text is None]
    assert len(fallen) == records * len(BATCHES)
    assert {(record.provenance.method, record.provenance.reason) for record in fallen} == {("fallback", reason)}
    assert last_error_category(results.values()) == {counters.AI_LAST_ERROR: category}
    assert office.workshop.model.requests == []
    assert paid_once(office.account)


def test_a_request_is_an_example_for_fine_tuning_as_it_was_sent(office: MessageBatchHarness) -> None:
    office.account.fate = fate_of_first(one_missing)
    office.workshop.fields |= {"activities": {"enabled": True}}
    write_plan(office.workshop.files, office.workshop.generator().plan)
    results, report = office.run(), TrainingReport()

    made = [example["messages"] for example in training_examples(office.workshop.files, report)]

    sent = {request.prompt: request for _, requests in office.account.batches.values() for _, request in requests}
    whole = [texts for texts in made if texts[1]["content"] in sent]
    assert (len(made), len(whole)) == (len(sent), len(sent) - len(BATCHES))
    for system, user, assistant in whole:
        request = sent[user["content"]]
        assert system["content"] == request.system
        assert json.loads(assistant["content"]) == json.loads(good_response(request).text)
    accepted = sum(record.text is not None for record in results.values())
    assert sum(len(json.loads(texts[2]["content"])["r"]) for texts in made) == report.accepted == accepted
    assert report.rejected == {"invalid_answer": len(BATCHES)}


# What dies


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_function_killed_while_it_hands_in_pays_for_nothing_twice(
    office: MessageBatchHarness, where: str, at: int
) -> None:
    script: list[BaseException | None] = [*[None] * at, KilledError()]
    setattr(office.account, where, script)
    with pytest.raises(KilledError):
        office.run()

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert paid_once(office.account)


@pytest.mark.parametrize(
    "failure", [TIMEOUT, error_from_status(502, None), LlmCallError(FailureCategory.NETWORK, can_retry=True)]
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_an_unclear_answer_is_cleared_up_before_anything_is_handed_in_again(
    office: MessageBatchHarness, where: str, failure: LlmCallError
) -> None:
    setattr(office.account, where, [failure])

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert paid_once(office.account)


def test_what_is_unclear_is_left_alone_while_it_may_still_be_under_way(office: MessageBatchHarness) -> None:
    office.account.after = [KilledError()]
    with pytest.raises(KilledError):
        office.run()
    before = office.account.calls.copy()

    step = office.job().run()

    assert not step.done
    assert office.account.calls == before
    assert office.progress.message_batches[0].state is MessageBatchState.SUBMITTING


def test_a_message_batch_of_somebody_else_is_never_taken_for_ours(office: MessageBatchHarness) -> None:
    script: list[BaseException | None] = [KilledError()]
    office.account.before = script
    with pytest.raises(KilledError):
        office.run()
    strange = [(f"strange-{number}", request) for number, request in enumerate(some_requests(office))]
    stranger = office.account.add(strange)

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert office.progress.foreign_batch_ids == (stranger,)
    assert len(office.account.batches) == 3


def some_requests(office: MessageBatchHarness) -> list[LlmRequest]:
    return [asked.request for asked in office.request_builder("another").build_for(range(2))]


def test_two_functions_at_once_hand_nothing_in_twice(office: MessageBatchHarness) -> None:
    first, second = office.job(), office.job()

    assert not first.run().done
    assert second.run() == JobStep(done=False, wait_seconds=SUBMIT_UNKNOWN.seconds)
    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert paid_once(office.account)


@pytest.mark.parametrize("breaks", [0, 3])
def test_results_that_break_off_are_read_again(office: MessageBatchHarness, breaks: int) -> None:
    office.account.breaks = breaks

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert paid_once(office.account)
    assert office.account.calls["results"] == 3


def test_a_function_killed_while_it_takes_in_counts_nothing_twice(
    office: MessageBatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("simcrm.generation.message_batches.results.TextStore.save", die)
        with pytest.raises(KilledError):
            office.run()

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert int(office.workshop.counters()[counters.AI_TOKENS]) == 150 * REQUESTS * len(BATCHES)


def test_words_that_are_there_are_asked_for_by_nobody_again(office: MessageBatchHarness) -> None:
    office.run()
    calls = office.account.calls.copy()

    assert office.run_job() == JobStep(done=True)
    assert office.account.calls == calls


def test_no_time_is_no_reason_to_begin_a_parcel(office: MessageBatchHarness) -> None:
    office.workshop.session_seconds = 100.0

    step = office.job().run()

    assert not step.done
    assert office.account.calls["submit"] == 0


# Whole runs that fall back


def refused_key(workshop: TextHarness, account: Account) -> None:
    del workshop
    account.accepted = lambda _key: False


def no_key(workshop: TextHarness, _account: Account) -> None:
    workshop.key = ""


def disable_model(workshop: TextHarness, _account: Account) -> None:
    workshop.environment = {"AI_ENABLED": "false"}


def no_batches(workshop: TextHarness, _account: Account) -> None:
    workshop.fields["ai"] |= {"provider": "openai", "model": "claude-haiku-4-5"}


def bad_request(_workshop: TextHarness, account: Account) -> None:
    account.before = [error_from_status(400, None)]


def poor(workshop: TextHarness, _account: Account) -> None:
    workshop.fields["ai"] |= {"maxCostUsd": 0.0001}


def poor_without_cache(workshop: TextHarness, _account: Account) -> None:
    workshop.cache = redis.Redis(unix_socket_path="/nowhere/redis.sock", decode_responses=True)
    workshop.fields["ai"] |= {"maxCostUsd": 5.0}


def queue_stays_full(_workshop: TextHarness, account: Account) -> None:
    account.before = [error_from_status(429, None)] * 500


@pytest.mark.parametrize(
    ("set_up", "reason", "category"),
    [
        (refused_key, "auth", "auth"),
        (no_key, "no_api_key", None),
        (disable_model, "ai_disabled", None),
        (no_batches, "no_batches", None),
        (bad_request, "http_400", "model_error"),
        (poor, "budget_spent", "unknown"),
        (poor_without_cache, "budget_unknown", "unknown"),
        (queue_stays_full, "rate_limit", "rate_limit"),
    ],
)
def test_a_run_that_cannot_be_asked_for_falls_back_whole(
    office: MessageBatchHarness, set_up: Callable[[TextHarness, Account], None], reason: str, category: str | None
) -> None:
    set_up(office.workshop, office.account)

    results = office.run()

    assert reasons(results) == {reason: RECORDS}
    assert {record.provenance.category for record in results.values()} == {category}
    assert office.account.batches == {}
    assert office.workshop.model.requests == []


def test_a_rotated_key_is_read_anew_once(office: MessageBatchHarness) -> None:
    office.workshop.fresh_key = "key-2"
    office.account.accepted = lambda key: key == "key-2"

    assert reasons(office.run()) == {None: RECORDS}
    assert office.account.keys[:2] == ["key-1", "key-2"]
    assert office.account.calls["submit"] == 3


def test_a_key_that_is_refused_later_lets_all_fall_back_and_is_booked_in_full(office: MessageBatchHarness) -> None:
    office.workshop.fields["ai"] |= {"maxCostUsd": 5.0}
    office.run_job()
    office.account.accepted = lambda _key: False

    results = office.run()

    assert reasons(results) == {"auth": RECORDS}
    spent, reserved = money(office)
    assert (spent > 0, reserved) == (True, 0)


def test_a_full_queue_is_waited_for(office: MessageBatchHarness) -> None:
    office.account.before = [None, *[error_from_status(429, None)] * 3]

    assert reasons(office.run()) == {None: RECORDS}
    assert paid_once(office.account)


def test_patience_with_a_full_queue_ends(office: MessageBatchHarness) -> None:
    queue_stays_full(office.workshop, office.account)
    begun = office.workshop.time.seconds

    office.run()

    waited = office.workshop.time.seconds - begun
    assert MAX_REFUSED.total_seconds() <= waited < MAX_REFUSED.total_seconds() * 1.5


def test_a_message_batch_that_is_gone_falls_back(office: MessageBatchHarness) -> None:
    office.run_job()
    office.account.batches.clear()

    assert reasons(office.run()) == {"http_404": RECORDS}


def test_a_provider_that_is_down_for_a_while_is_waited_for(office: MessageBatchHarness) -> None:
    office.account.standing_failures = [error_from_status(500, None)] * 20

    assert reasons(office.run()) == {None: RECORDS}


def test_a_message_batch_that_never_ends_is_given_up_after_a_day(office: MessageBatchHarness) -> None:
    office.account.looks = 10_000

    results = office.run()

    assert reasons(results) == {"batch_expired": RECORDS}
    assert len(office.steps) < 1_000


# Money


def money(office: MessageBatchHarness) -> tuple[int, int]:
    """Spent and reserved, in millionths of a dollar."""
    cache = office.workshop.cache
    assert cache is not None
    spent, reserved = cache.hmget(office.workshop.session().cost_budget.key, ["spent", "reserved"])
    return int(spent or 0), int(reserved or 0)


def test_money_is_reserved_before_a_parcel_is_handed_in_and_settled_when_it_is_taken_in(
    office: MessageBatchHarness,
) -> None:
    office.workshop.fields["ai"] |= {"maxCostUsd": 5.0}
    office.account.before = [KilledError()]
    with pytest.raises(KilledError):
        office.run_job()
    before = money(office)
    office.run()

    assert (before[0], before[1] > 0) == (0, True)
    assert money(office) == (int(office.workshop.counters()[counters.AI_COST_MICRO_USD]), 0)


def test_a_ceiling_lets_as_many_batches_through_as_it_pays_for_and_never_more(office: MessageBatchHarness) -> None:
    session = office.workshop.session()
    built = map(office.request_builder().build_for, ([position] for position in range(len(BATCHES))))
    prices = [sum(asked.max_cost(session.settings.model_price) for asked in some) for some in built]
    office.account.fate = expensive
    ceiling = prices[0] + prices[1] + 10
    office.workshop.fields["ai"] |= {"maxCostUsd": ceiling / 1e6}

    results = office.run()

    assert reasons(results) == {None: 2 * SIZE, "budget_spent": 2 * SIZE}
    assert money(office)[0] <= ceiling


def expensive(custom_id: str, request: LlmRequest) -> BatchResult:
    return BatchResult(custom_id, good_response(request, usage=Usage(600, request.max_tokens)))


def test_what_a_parcel_leaves_over_pays_for_the_next(office: MessageBatchHarness) -> None:
    session = office.workshop.session()
    price = sum(asked.max_cost(session.settings.model_price) for asked in office.request_builder().build_for([0]))
    office.workshop.fields["ai"] |= {"maxCostUsd": 1.5 * price / 1e6}

    results = office.run()

    assert reasons(results) == {None: RECORDS}
    assert len(office.account.batches) == len(BATCHES)


# Taking back


def test_what_is_under_way_can_be_cancelled(office: MessageBatchHarness) -> None:
    office.run_job()

    assert office.job().cancel() == JobStep(done=True)
    assert office.account.cancelled == ["msgbatch_0", "msgbatch_1"]


def test_one_that_has_ended_by_itself_does_not_keep_the_others_from_being_cancelled(
    office: MessageBatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run_job()
    cancelled = office.account.cancelled
    failures = {"msgbatch_0": error_from_status(400, None)}
    fail_to_cancel(monkeypatch, failures)

    assert office.job().cancel() == JobStep(done=True)
    assert cancelled == ["msgbatch_1"]


def test_what_may_be_cancelled_later_is_an_error_after_the_others_are_cancelled(
    office: MessageBatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run_job()
    fail_to_cancel(monkeypatch, {"msgbatch_0": error_from_status(529, None)})

    with pytest.raises(LlmCallError, match="rate_limit"):
        office.job().cancel()
    assert office.account.cancelled == ["msgbatch_1"]


def fail_to_cancel(monkeypatch: pytest.MonkeyPatch, failures: dict[str, LlmCallError]) -> None:
    cancel = Connection.cancel

    def failing(connection: Connection, batch_id: str) -> None:
        if batch_id in failures:
            raise failures[batch_id]
        cancel(connection, batch_id)

    monkeypatch.setattr(Connection, "cancel", failing)


def test_an_aborted_run_hands_nothing_in(office: MessageBatchHarness) -> None:
    office.workshop.is_aborted = lambda: True

    assert office.run_job() == JobStep(done=True)
    assert office.account.calls == {}
    assert office.progress == JobProgress()


def test_an_abort_while_parcels_go_out_ends_them_with_what_has_gone_out(office: MessageBatchHarness) -> None:
    office.workshop.is_aborted = lambda: len(office.account.batches) == 1

    assert office.run_job() == JobStep(done=True)
    assert office.account.cancelled == ["msgbatch_0"]
    assert len(office.account.batches) == 1
    assert len(office.progress.message_batches) == 1


def test_an_abort_while_a_parcel_is_packed_gives_its_money_back(office: MessageBatchHarness) -> None:
    office.workshop.fields["ai"]["maxCostUsd"] = 1
    looks = iter([False])
    office.workshop.is_aborted = lambda: next(looks, True)

    assert office.run_job() == JobStep(done=True)
    assert office.account.calls == {}
    assert office.progress.message_batches == ()
    assert money(office) == (0, 0)


def test_results_of_an_aborted_run_are_not_waited_for(office: MessageBatchHarness) -> None:
    office.run_job()
    office.workshop.is_aborted = lambda: True

    assert office.run_job() == JobStep(done=True)
    assert office.account.cancelled == ["msgbatch_0", "msgbatch_1"]
    assert office.account.calls["standing"] == 0


def test_a_parcel_never_has_more_than_a_message_batch_may(
    office: MessageBatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_BYTES", 1)

    assert reasons(office.run()) == {None: RECORDS}
    assert [len(requests) for _, requests in office.account.batches.values()] == [REQUESTS] * len(BATCHES)


def test_custom_ids_are_such_as_the_api_takes(office: MessageBatchHarness) -> None:
    office.run()

    assert all(
        len(custom_id) <= 64 and custom_id.replace("-", "").isalnum() for custom_id in office.account.paid_requests
    )
