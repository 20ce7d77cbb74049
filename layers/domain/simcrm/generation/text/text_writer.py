"""Request the texts of many accounts in concurrent calls; a bad text is asked for once more, then it is composed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from simcrm.generation.text.account_prompts import AccountPrompt, TextId
from simcrm.generation.text.call_queue import Call, CallQueue
from simcrm.generation.text.prompt_requests import build_request, estimate_input_tokens, estimate_output_tokens
from simcrm.generation.text.record_text import RecordTextResult, merge_by_index
from simcrm.generation.text.responses import Reason
from simcrm.generation.text.text_results import ResultRecorder, count_rejections
from simcrm.llm.call_pace import CallPace
from simcrm.llm.caller import LlmCaller
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import Usage

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
        await asyncio.to_thread(self.save, call_name(call), results)
        return results

    async def _call(self, call: Call, queue: CallQueue) -> list[RecordTextResult]:
        settings, chunk = self.recorder.settings, call.accounts
        if self.caller.auth_failure_flag.is_set_locally:
            return list(self.recorder.fail(chunk, FailureCategory.AUTH, FailureCategory.AUTH))
        request = build_request(settings, chunk)
        expected = Usage(estimate_input_tokens(request), estimate_output_tokens(chunk))
        timeout = self.pace.timeout_for(expected.output_tokens)
        try:
            result = await self.caller.call(request, expected, chunk[0].lead.index, timeout)
        except LlmCallError as failure:
            if failure.category is FailureCategory.TIMEOUT:
                self.pace.record_timeout()
            return list(self.recorder.fail(chunk, failure.category, failure.reason))
        self.pace.record_answer(result.response.usage.output_tokens, result.seconds)
        is_last = call.is_last or (result.response.was_refused and len(chunk) == 1)
        outcome = self.recorder.record(chunk, result, request.system, is_last=is_last)
        count_rejections(outcome.rejected)
        if not is_last:
            queue.ask_again(ask_again_about(chunk, outcome.rejected, outcome.results))
        return outcome.results


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
