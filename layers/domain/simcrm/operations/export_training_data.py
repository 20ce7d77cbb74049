"""Export what a model wrote for a simulation as fine-tuning examples: prompts as sent, with accepted responses.

Nothing is stored for this: prompts are rebuilt from the plan's prompts and facts, and responses are in ``words/``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import BODY_PROPERTY, CONTACT_TEXT_PROPERTIES, TITLE_PROPERTY
from simcrm.generation.text.prompt_requests import RequestSettings, build_request, group_into_calls, request_settings
from simcrm.generation.text.record_prompts import RecordPrompt, RecordPromptBuilder
from simcrm.generation.text.record_text import RECORD_NUMBER_KEY, RECORDS_KEY, RecordTextResult
from simcrm.generation.text.stored_texts import read_texts
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.simulation_files import SimulationFiles

AI = "ai"
ALTERED = "altered_for_portal"
TEXT_PROPERTIES = {
    "name",
    *CONTACT_TEXT_PROPERTIES.values(),
    *TITLE_PROPERTY.values(),
    *BODY_PROPERTY.values(),
    "simcrm_product_interest",
}
"""The properties that hold text written by a model."""


@dataclass(slots=True)
class TrainingReport:
    """The outcome of the records: tokens are those of accepted records, languages are locales."""

    examples: int = 0
    duplicates: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    languages: Counter[str] = field(default_factory=Counter)

    def to_document(self) -> JsonObject:
        """Return the report with its JSON names."""
        return {
            "examples": self.examples,
            "duplicates": self.duplicates,
            "accepted": self.accepted,
            "rejected": dict(self.rejected),
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "languages": dict(self.languages),
        }


def training_examples(
    files: SimulationFiles, training_report: TrainingReport, models: str | None = None
) -> Iterator[JsonObject]:
    """Yield an example for each call, as ``{"messages": [system, user, assistant]}``, and fill the report.

    If part of a response was not accepted, the prompt covers only the accepted records. Each request of a message
    batch is a call. A record is left out if the portal did not accept its text as written.

    Raises:
        LookupError: the simulation was not planned.
        LlmConfigError: its model has no known price.
    """
    plan = read_plan(files)
    if plan.ai is None:
        return
    prompt_builder, settings = RecordPromptBuilder.from_plan(plan), request_settings(plan.ai, plan.input, models)
    seen: set[str] = set()
    for row in files.read_lines(file_names.BATCHES) or []:
        batch = Batch.from_row(row)
        record_prompts = {record_prompt.index: record_prompt for record_prompt in prompt_builder.build_prompts(batch)}
        altered = altered_records(Ledger(files).read_batch(batch.number))
        _count_records(training_report, record_prompts, (read_texts(files, batch.number) or {}).values(), altered)
        requests = (
            list(group_into_calls(settings, list(record_prompts.values()))) if plan.input.ai.mode == "BATCH" else None
        )
        for call in _accepted_by_call(files, batch.number, requests):
            accepted = [(record_prompts[result.index], result) for result in call if result.index not in altered]
            if not accepted:
                continue
            example = _example(settings, accepted)
            text = json.dumps(example)
            training_report.duplicates += text in seen
            if text not in seen:
                seen.add(text)
                training_report.examples += 1
                yield example


def altered_records(entries: Iterable[LedgerEntry]) -> set[int]:
    """Return the records whose text was altered before it was sent to the portal, or left out."""
    return {int(entry.key.split(":")[2]) for entry in entries if TEXT_PROPERTIES & (entry.changed or {}).keys()}


def _count_records(
    training_report: TrainingReport,
    record_prompts: Mapping[int, RecordPrompt],
    results: Iterable[RecordTextResult],
    altered: set[int],
) -> None:
    for record in results:
        if not _is_accepted(record) or record.index in altered:
            training_report.rejected[ALTERED if _is_accepted(record) else record.provenance.reason or "unknown"] += 1
            continue
        training_report.accepted += 1
        training_report.input_tokens += record.provenance.input_tokens
        training_report.output_tokens += record.provenance.output_tokens
        training_report.languages[record_prompts[record.index].locale] += 1


def _accepted_by_call(
    files: SimulationFiles, batch: int, requests: Iterable[Sequence[RecordPrompt]] | None
) -> Iterator[list[RecordTextResult]]:
    """Yield the accepted records of each call, in the order of the request.

    A file holds one call; if ``requests`` were sent in a message batch, it holds the whole batch by index.
    """
    for name in files.list_names(file_names.call_texts_prefix(batch)):
        results = (RecordTextResult.model_validate(row) for row in files.read_lines(name) or [])
        accepted = {record.index: record for record in results if _is_accepted(record)}
        calls = (
            [accepted]
            if requests is None
            else [[record_prompt.index for record_prompt in request] for request in requests]
        )
        for call in calls:
            if call_results := [accepted[index] for index in call if index in accepted]:
                yield call_results


def _is_accepted(result: RecordTextResult) -> bool:
    return result.provenance.method == AI and result.text is not None


def _example(settings: RequestSettings, accepted: Sequence[tuple[RecordPrompt, RecordTextResult]]) -> JsonObject:
    request = build_request(settings, [record_prompt for record_prompt, _ in accepted])
    rows = [
        {RECORD_NUMBER_KEY: number, **_answer_row(brief, result)} for number, (brief, result) in enumerate(accepted)
    ]
    texts = {
        "system": request.system,
        "user": request.prompt,
        "assistant": json.dumps({RECORDS_KEY: rows}, ensure_ascii=False),
    }
    return {"messages": [{"role": role, "content": text} for role, text in texts.items()]}


def _answer_row(record_prompt: RecordPrompt, result: RecordTextResult) -> JsonObject:
    text = {} if result.text is None else result.text.model_dump(exclude_none=True)
    return {key: text[key] for key in record_prompt.response_keys}
