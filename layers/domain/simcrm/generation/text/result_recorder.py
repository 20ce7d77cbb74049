"""Turn the answer to a call into the results of its records: stored, counted and logged."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.generation.text.account_prompts import AccountPrompt, RecordPrompt, TextId
from simcrm.generation.text.answer_parser import Answer, Reason, parse_answer
from simcrm.generation.text.prompt_requests import RequestSettings
from simcrm.generation.text.record_text import RecordTextResult, TextProvenance, usage_share
from simcrm.generation.text.text_gate import TextGate
from simcrm.llm.caller import LlmCallResult
from simcrm.llm.errors import FailureCategory, FallbackReason
from simcrm.llm.log_events import LlmEventLog


class RecordedAnswer(NamedTuple):
    """What came of a call: a result for each record, and why some texts could not be used."""

    results: list[RecordTextResult]
    rejected: dict[TextId, Reason]


FindGate: TypeAlias = Callable[[str, str], TextGate]
"""Returns what judges the texts of a locale that were written by some instructions."""


@dataclass(frozen=True, slots=True)
class ResultRecorder:
    """Builds and logs the results of records; ``wall`` returns epoch seconds."""

    settings: RequestSettings
    log: LlmEventLog
    wall: Callable[[], float]
    gate: FindGate

    def record(
        self, chunk: Sequence[AccountPrompt], call: LlmCallResult, instructions: str, *, is_last: bool
    ) -> RecordedAnswer:
        """Return the results of a call; rejected texts are settled only if it ``is_last``."""
        answer = self._read(chunk, call, instructions)
        for (index, key), reason in answer.rejected.items():
            self.log.rejection(index, key, reason.reason)
        keys = {(record.index, key): record for account in chunk for record in account.records for key in record.keys}
        shares = Counter(index for index, _ in keys)
        records = {record.index: record for record in keys.values()}
        results = [
            self._result(record, answer, self._provenance(chunk, call, shares[index], len(keys)), is_last=is_last)
            for index, record in records.items()
        ]
        return RecordedAnswer(results, answer.rejected)

    def fail(self, chunk: Sequence[AccountPrompt], category: str, reason: str) -> Iterator[RecordTextResult]:
        """Yield the fallback results of records for which no response came."""
        for record in (record for account in chunk for record in account.records if record.keys):
            self.log.fallback(record.index, category, reason)
            yield RecordTextResult(
                index=record.index,
                provenance=TextProvenance(method="fallback", reason=reason, category=category),
                rejected=dict.fromkeys(record.keys, reason),
            )

    def _read(self, chunk: Sequence[AccountPrompt], call: LlmCallResult, instructions: str) -> Answer:
        if call.response.was_refused:
            reason = Reason(FallbackReason.REFUSAL)
            return Answer(rejected={text_id: reason for account in chunk for text_id in account.text_ids})
        return parse_answer(call.response.text, chunk, lambda locale: self.gate(locale, instructions))

    def _result(
        self, record: RecordPrompt, answer: Answer, provenance: TextProvenance, *, is_last: bool
    ) -> RecordTextResult:
        text = answer.record_text(record.index)
        rejected = {key: reason.reason for (index, key), reason in answer.rejected.items() if index == record.index}
        if text is not None:
            self.log.success(record.index, provenance.latency_ms, provenance.tokens)
        elif is_last:
            was_refused = FallbackReason.REFUSAL in rejected.values()
            reason = FallbackReason.REFUSAL if was_refused else FallbackReason.INVALID_ANSWER
            self.log.fallback(record.index, FailureCategory.MODEL_ERROR, reason)
            why = {"method": "fallback", "reason": reason, "category": FailureCategory.MODEL_ERROR}
            provenance = provenance.model_copy(update=why)
        else:
            provenance = provenance.model_copy(update={"method": "fallback"})
        return RecordTextResult(
            index=record.index, provenance=provenance, text=text, rejected=rejected if is_last else {}
        )

    def _provenance(self, chunk: Sequence[AccountPrompt], call: LlmCallResult, part: int, whole: int) -> TextProvenance:
        usage = usage_share(call.response.usage, part, whole)
        return TextProvenance(
            method="ai",
            model=self.settings.model_name,
            generated_at=datetime.fromtimestamp(self.wall(), UTC),
            latency_ms=call.latency_ms,
            attempts=call.attempts,
            tokens=usage.total,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            prompt_version=self.settings.prompt_for(chunk).label,
        )


def count_rejections(rejected: Mapping[TextId, Reason]) -> None:
    """Count the texts that were not used, by reason."""
    for reason, count in Counter(reason.reason for reason in rejected.values()).items():
        cloudwatch_metrics.record(Metric.AI_TEXTS_REJECTED, count, reason)
