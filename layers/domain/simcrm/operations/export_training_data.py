"""Export what a model wrote for a simulation as fine-tuning examples: prompts as sent, with accepted responses.

Nothing is stored for this: prompts are rebuilt from the plan's prompts and facts, and responses are in ``words/``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt, TextId
from simcrm.generation.text.apply_text import CONTACT_TEXT_PROPERTIES
from simcrm.generation.text.prompt_requests import RequestSettings, build_request, group_into_calls, request_settings
from simcrm.generation.text.record_text import (
    ACTIVITY_KEYS,
    FIRST_NAME_KEY,
    KEY,
    PEOPLE_KEY,
    RECORD_KEYS,
    RECORDS_KEY,
    RecordTextResult,
)
from simcrm.generation.text.stored_texts import read_texts, texts_by_index
from simcrm.generation.text.text_kinds import TEXT_PROPERTIES as ACTIVITY_PROPERTIES
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
    *ACTIVITY_PROPERTIES,
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
    prompt_builder, settings = AccountPromptBuilder.from_plan(plan), request_settings(plan.ai, plan.input, models)
    seen: set[str] = set()
    for row in files.read_lines(file_names.BATCHES) or []:
        batch = Batch.from_row(row)
        accounts = prompt_builder.build_prompts(batch)
        altered = altered_records(Ledger(files).read_batch(batch.number))
        _count_records(training_report, accounts, (read_texts(files, batch.number) or {}).values(), altered)
        is_batch = plan.input.ai.mode == "BATCH"
        requests = list(group_into_calls(settings, accounts)) if is_batch else None
        for accepted in _accepted_by_call(files, batch.number, accounts, requests):
            texts = {text_id: text for text_id, text in accepted.items() if text_id[0] not in altered}
            if not texts:
                continue
            example = _example(settings, [account.only(texts.__contains__) for account in accounts], texts)
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
    accounts: Iterable[AccountPrompt],
    results: Iterable[RecordTextResult],
    altered: set[int],
) -> None:
    locales = {record.index: account.locale for account in accounts for record in account.records}
    for record in results:
        if not _is_accepted(record) or record.index in altered:
            training_report.rejected[ALTERED if _is_accepted(record) else record.provenance.reason or "unknown"] += 1
            continue
        training_report.accepted += 1
        training_report.rejected.update(record.rejected.values())
        training_report.input_tokens += record.provenance.input_tokens
        training_report.output_tokens += record.provenance.output_tokens
        training_report.languages[locales[record.index]] += 1


def _accepted_by_call(
    files: SimulationFiles,
    batch: int,
    accounts: Sequence[AccountPrompt],
    requests: Sequence[Sequence[AccountPrompt]] | None,
) -> Iterator[dict[TextId, Any]]:
    """Yield the accepted texts of each call.

    A file holds one call; if ``requests`` were sent in a message batch, it holds the whole batch.
    """
    for name in files.list_names(file_names.call_texts_prefix(batch)):
        results = texts_by_index(files.read_lines(name) or [])
        texts = dict(_texts(accounts, results))
        calls = [accounts] if requests is None else requests
        for call in calls:
            asked = {text_id for account in call for text_id in account.text_ids}
            yield {text_id: text for text_id, text in texts.items() if text_id in asked}


def _texts(accounts: Sequence[AccountPrompt], results: Mapping[int, RecordTextResult]) -> Iterator[tuple[TextId, Any]]:
    """Yield each accepted text as a response holds it."""
    for account in accounts:
        for record in account.records:
            result = results.get(record.index)
            if result is None or not _is_accepted(result) or result.text is None:
                continue
            for name in record.fields:
                if (value := getattr(result.text, name)) is not None:
                    names = [value, result.text.other_name or value]
                    yield (record.index, name), names if name == "company_name" else value
            for activity in record.activities:
                if (text := result.text.activity(activity.key)) is not None:
                    written = text.model_dump(exclude_none=True)
                    yield (record.index, activity.key), {**written, ACTIVITY_KEYS["code"]: activity.code}


def _is_accepted(result: RecordTextResult) -> bool:
    return result.provenance.method == AI and result.text is not None


def _example(settings: RequestSettings, accounts: Sequence[AccountPrompt], texts: Mapping[TextId, Any]) -> JsonObject:
    chunk = [account for account in accounts if not account.is_empty]
    request = build_request(settings, chunk)
    answer = {RECORDS_KEY: [_answer_row(account, texts) for account in chunk]}
    messages = {
        "system": request.system,
        "user": request.prompt,
        "assistant": json.dumps(answer, ensure_ascii=False),
    }
    return {"messages": [{"role": role, "content": text} for role, text in messages.items()]}


def _answer_row(account: AccountPrompt, texts: Mapping[TextId, Any]) -> JsonObject:
    """Return the answer about an account, as the schema of its request wants it."""
    row: JsonObject = {KEY: account.code}
    row |= {RECORD_KEYS[name]: texts[account.lead.index, name] for name in account.company_fields}
    people = [
        {KEY: record.code, FIRST_NAME_KEY: record.first_name}
        | {RECORD_KEYS[name]: texts[record.index, name] for name in record.person_fields}
        for record in account.records
        if record.person_fields
    ]
    activities = [texts[index, activity.key] for index, activity in account.activities]
    lists = {PEOPLE_KEY: people, RECORD_KEYS["activities"]: activities}
    return row | {key: rows for key, rows in lists.items() if rows}
