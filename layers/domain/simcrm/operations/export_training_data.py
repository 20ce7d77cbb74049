"""What a model wrote for a simulation, as examples to fine-tune another: questions as asked, accepted answers.

Nothing is kept for this: the question is made again from the plan's prompts and facts, the answer is in ``words/``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simcrm.core.json_types import JsonObject
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.text.apply_text import BODY, CONTACT_WORDS, TITLE
from simcrm.generation.text.batch_texts import read_words
from simcrm.generation.text.prompt_requests import RequestSettings, chunks, request_for, request_settings
from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.generation.text.record_text import Told
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.simulation_files import Artifacts

AI = "ai"
ALTERED = "altered_for_portal"
WORDS = {"name", *CONTACT_WORDS.values(), *TITLE.values(), *BODY.values(), "simcrm_product_interest"}
"""The properties that hold a model's words."""


@dataclass(slots=True)
class Report:
    """What became of the records: tokens are those of accepted ones, languages are locales."""

    examples: int = 0
    duplicates: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    languages: Counter[str] = field(default_factory=Counter)

    def document(self) -> JsonObject:
        """The report by its names in JSON."""
        return {
            "examples": self.examples,
            "duplicates": self.duplicates,
            "accepted": self.accepted,
            "rejected": dict(self.rejected),
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "languages": dict(self.languages),
        }


def training_examples(artifacts: Artifacts, report: Report, models: str | None = None) -> Iterator[JsonObject]:
    """An example for each call, as ``{"messages": [system, user, assistant]}``; fills the report as it goes.

    Where a part of a call's answer was not accepted, the question is for the accepted records alone. A request of a
    message batch is a call. A record is no example where the portal did not take its words as they were written.

    Raises:
        LookupError: the simulation was not planned.
        AiError: its model has no price here.
    """
    plan = read_plan(artifacts)
    if plan.ai is None:
        return
    maker, settings = BatchGenerator.of(plan), request_settings(plan.ai, plan.input, models)
    seen: set[str] = set()
    for row in artifacts.read_lines(file_names.BATCHES) or []:
        batch = Batch.from_row(row)
        briefs = {brief.index: brief for brief in maker.briefs(batch)}
        altered = altered_records(Ledger(artifacts).batch(batch.number))
        _judge(report, briefs, (read_words(artifacts, batch.number) or {}).values(), altered)
        requests = list(chunks(settings, list(briefs.values()))) if plan.input.ai.mode == "BATCH" else None
        for call in _calls(artifacts, batch.number, requests):
            taken = [(briefs[told.index], told) for told in call if told.index not in altered]
            if not taken:
                continue
            example = _example(settings, taken)
            text = json.dumps(example)
            report.duplicates += text in seen
            if text not in seen:
                seen.add(text)
                report.examples += 1
                yield example


def altered_records(entries: Iterable[LedgerEntry]) -> set[int]:
    """The records of which words were sent to the portal otherwise than they were written, or not at all."""
    return {int(entry.key.split(":")[2]) for entry in entries if WORDS & (entry.changed or {}).keys()}


def _judge(report: Report, briefs: Mapping[int, RecordBrief], told: Iterable[Told], altered: set[int]) -> None:
    for record in told:
        if not _is_accepted(record) or record.index in altered:
            report.rejected[ALTERED if _is_accepted(record) else record.origin.reason or "unknown"] += 1
            continue
        report.accepted += 1
        report.input_tokens += record.origin.input_tokens
        report.output_tokens += record.origin.output_tokens
        report.languages[briefs[record.index].locale] += 1


def _calls(artifacts: Artifacts, batch: int, requests: Iterable[Sequence[RecordBrief]] | None) -> Iterator[list[Told]]:
    """The accepted records of each call, in the order in which they were asked for.

    A file holds one call; where ``requests`` went out as a message batch, it holds all of the batch by index.
    """
    for name in artifacts.names(file_names.batch_words(batch)):
        told = (Told.model_validate(row) for row in artifacts.read_lines(name) or [])
        accepted = {record.index: record for record in told if _is_accepted(record)}
        calls = [accepted] if requests is None else [[brief.index for brief in request] for request in requests]
        for call in calls:
            if found := [accepted[index] for index in call if index in accepted]:
                yield found


def _is_accepted(told: Told) -> bool:
    return told.origin.method == AI and told.words is not None


def _example(settings: RequestSettings, asked: Sequence[tuple[RecordBrief, Told]]) -> JsonObject:
    request = request_for(settings, [brief for brief, _ in asked])
    rows = [{"k": number, **_answer(brief, told)} for number, (brief, told) in enumerate(asked)]
    texts = {"system": request.system, "user": request.prompt, "assistant": json.dumps({"r": rows}, ensure_ascii=False)}
    return {"messages": [{"role": role, "content": text} for role, text in texts.items()]}


def _answer(brief: RecordBrief, told: Told) -> JsonObject:
    words = {} if told.words is None else told.words.model_dump(exclude_none=True)
    return {name: words[name] for name in brief.fields}
