"""Request the texts of many accounts in concurrent calls; a bad text is asked for once more, then it is composed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from simcrm.generation.text.account_prompts import AccountPrompt, TextId
from simcrm.generation.text.answer_parser import Reason
from simcrm.generation.text.call_queue import Call, CallQueue
from simcrm.generation.text.prompt_requests import build_request, estimate_input_tokens, estimate_output_tokens
from simcrm.generation.text.record_text import RecordTextResult, merge_by_index
from simcrm.generation.text.result_recorder import ResultRecorder, count_rejections
from simcrm.llm.call_pace import CallLimits, CallPace
from simcrm.llm.caller import LlmCaller, LlmCallResult
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.providers.base import LlmRequest, Usage

SaveResults = Callable[[str, Sequence[RecordTextResult]], None]
"""Stores the results of a call under its name as soon as they are paid for; called in a thread."""


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes the texts of one simulation's accounts in one invocation."""

    caller: LlmCaller
    recorder: ResultRecorder
    save: SaveResults
    pace: CallPace

    async def write(self, accounts: Sequence[AccountPrompt]) -> dict[int, RecordTextResult]:
        """Write the texts of accounts; return them, or the reason why there are none, by contact."""
        queue = CallQueue(accounts, self.recorder.settings.records_per_call)
        results: list[RecordTextResult] = []
        running: set[asyncio.Task[list[RecordTextResult]]] = set()
        while queue or running:
            while queue and len(running) < self.pace.concurrency:
                running.add(asyncio.create_task(self._make_call(queue.take(self.pace.call_tokens), queue)))
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                results += task.result()
        return merge_by_index(results)

    async def _make_call(self, call: Call, queue: CallQueue) -> list[RecordTextResult]:
        """Make a call and store its results; queue what is to be asked again."""
        results = await self._call(call, queue)
        if results:
            await asyncio.to_thread(self.save, call_name(call), results)
        return results

    async def _call(self, call: Call, queue: CallQueue) -> list[RecordTextResult]:
        settings, chunk = self.recorder.settings, call.accounts
        if self.caller.auth_failure_flag.is_set_locally:
            return list(self.recorder.fail(chunk, FailureCategory.AUTH, FailureCategory.AUTH))
        request = build_request(settings, chunk)
        expected = Usage(estimate_input_tokens(request), estimate_output_tokens(chunk))
        limits = self.pace.limits_for(expected.output_tokens, request.max_tokens, self._seconds_left)
        is_divisible = queue.can_divide(call)
        try:
            result = await self._complete(call, request, expected, limits, repeats_cut_off=not is_divisible)
        except LlmCallError as failure:
            if failure.is_cut_off:
                self.pace.record_timeout(limits)
            if failure.is_cut_off and is_divisible:
                queue.put_back(call)
                return []
            return list(self.recorder.fail(chunk, failure.category, failure.reason))
        self.pace.record_answer(result.response.usage.output_tokens, result.seconds)
        is_last = call.is_last or (result.response.was_refused and len(chunk) == 1)
        outcome = self.recorder.record(chunk, result, request.system, is_last=is_last)
        count_rejections(outcome.rejected)
        if not is_last:
            queue.ask_again(ask_again_about(chunk, outcome.rejected, outcome.results))
        return outcome.results

    async def _complete(
        self, call: Call, request: LlmRequest, expected: Usage, limits: CallLimits, *, repeats_cut_off: bool
    ) -> LlmCallResult:
        """Call the model within its limits and the time that is left.

        Raises:
            LlmCallError: there is no response.
        """
        if self._seconds_left < expected.output_tokens / limits.tokens_per_second:
            raise LlmCallError(FailureCategory.TIMEOUT, FallbackReason.OUT_OF_TIME)
        return await self.caller.call(
            replace(request, max_tokens=limits.max_tokens),
            expected,
            call.accounts[0].lead.index,
            limits.timeout_seconds,
            repeats_cut_off=repeats_cut_off,
        )

    @property
    def _seconds_left(self) -> float:
        return self.caller.clock.deadline - self.caller.clock.now()


def ask_again_about(
    chunk: Sequence[AccountPrompt], rejected: dict[TextId, Reason], results: Sequence[RecordTextResult]
) -> list[AccountPrompt]:
    """Return what to ask again about accounts: the texts that could not be used, and what was wrong with them."""
    names = {result.index: result.text.company_name for result in results if result.text is not None}
    complaints = {text_id: str(reason) for text_id, reason in rejected.items()}
    accounts = (account.only(rejected.__contains__).complaining(complaints) for account in chunk)
    return [account.with_name(names.get(account.lead.index)) for account in accounts if not account.is_empty]


def call_name(call: Call) -> str:
    """Return a name of a call that is always the same: its first contact, and a hash of what it asks for."""
    asked = f"{call.is_last} {[text_id for account in call.accounts for text_id in account.text_ids]}"
    return f"{call.accounts[0].lead.index:07d}-{blake2b(asked.encode(), digest_size=6).hexdigest()}"
