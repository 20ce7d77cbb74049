"""Notes what became of each record of an answer: in its words, in its origin and in a log line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.ai.answers import RecordWords, read_answer
from simcrm.ai.briefs import RecordBrief
from simcrm.ai.requests import RequestSettings
from simcrm.ai.told import Origin, Told, fallen, share
from simcrm.llm.caller import Called
from simcrm.llm.errors import Category, Reason
from simcrm.llm.log_events import AiLog


class Scribe(NamedTuple):
    """``wall`` gives epoch seconds."""

    settings: RequestSettings
    log: AiLog
    wall: Callable[[], float]

    def sort(self, chunk: Sequence[RecordBrief], called: Called) -> tuple[list[Told], list[RecordBrief]]:
        """The records whose words are usable, and the others."""
        found = {} if called.answer.refused else read_answer(called.answer, chunk)
        told = [self.written(brief, called, len(chunk), found) for brief in chunk if brief.index in found]
        return told, [brief for brief in chunk if brief.index not in found]

    def useless(self, bad: Iterable[RecordBrief], called: Called, records: int) -> Iterator[Told]:
        """Records that fall back because of what a call of so many records said, or did not say."""
        reason = Reason.REFUSAL if called.answer.refused else Reason.INVALID_ANSWER
        for brief in bad:
            self.log.fallback(brief.index, Category.MODEL_ERROR, reason)
            origin = self._origin("fallback", brief, called, records)
            yield Told(
                index=brief.index,
                origin=origin.model_copy(update={"reason": reason, "category": Category.MODEL_ERROR}),
            )

    def written(self, brief: RecordBrief, called: Called, records: int, found: Mapping[int, RecordWords]) -> Told:
        """A record by the model, one of so many in its call."""
        origin = self._origin("ai", brief, called, records)
        self.log.success(brief.index, origin.latency_ms, origin.tokens)
        return Told(index=brief.index, origin=origin, words=found[brief.index])

    def fall(self, brief: RecordBrief, category: str, reason: str) -> Told:
        """A record about which nobody answered."""
        self.log.fallback(brief.index, category, reason)
        return fallen(brief.index, reason, category)

    def _origin(self, method: str, brief: RecordBrief, called: Called, records: int) -> Origin:
        part = share(called.answer.usage, records)
        return Origin(
            method=method,
            model=self.settings.model_name,
            generated_at=datetime.fromtimestamp(self.wall(), UTC),
            latency_ms=called.latency_ms,
            attempts=called.attempts,
            tokens=part.total,
            input_tokens=part.input_tokens,
            output_tokens=part.output_tokens,
            prompt_version=self.settings.prompt_for(brief).label,
        )
