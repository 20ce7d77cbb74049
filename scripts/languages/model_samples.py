"""Five accounts as the stand-in for a model writes them, beside the composed texts. See ``make samples``."""

import json
from collections.abc import Iterator
from html import unescape
from itertools import islice
from pathlib import Path

from written_texts import AS_OF

from local_anthropic.model.account_answer import read_account_schema, write_account_answer
from local_anthropic.model.account_phrases import find_language
from local_anthropic.model.account_question import parse_account_question
from simcrm.core.config import LlmCallConfig
from simcrm.core.json_types import JsonObject
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt
from simcrm.generation.text.answer_parser import parse_answer
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.prompt_requests import RequestSettings, build_request, request_settings
from simcrm.generation.text.record_text import RecordTextResult, TextProvenance
from simcrm.generation.text.text_kinds import find_text_kinds, text_key
from simcrm.llm.providers.base import LlmRequest
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import resolve_plan
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "samples" / "model"
LOCALES = ("de_DE", "en_US", "fr_FR", "ja_JP")
CONTACTS, ACCOUNTS = 60, 5
INTRODUCTION = (
    "Written by `make samples` with the stand-in; changes here are lost. To try a real model, send it the instructions "
    "and a question, and hold its answer against these.\n"
)
MIN_TEXTS, MAX_TEXTS = 8, 24
"""The accounts shown have a story and are short enough to be read."""


def model_page(locale: str) -> str:
    """Return the page of a locale as Markdown: each question with both texts; always the same bytes for one version."""
    settings, histories = _run(locale)
    composed = RowGenerator(histories)
    prompts = map(AccountPromptBuilder(histories).build_prompt, range(histories.arrivals.count))
    shown = list(islice((each for each in prompts if MIN_TEXTS <= len(each.activities) <= MAX_TEXTS), ACCOUNTS))
    requests = [build_request(settings, [prompt]) for prompt in shown]
    parts = [
        f"# {locale}: five accounts by a model and by rules\n",
        INTRODUCTION,
        f"## Instructions of the first question\n\n```\n{requests[0].system}\n```\n",
    ]
    for prompt, request in zip(shown, requests, strict=True):
        results = dict(_written(prompt, request, GateFactory(histories.generator)))
        parts.append(_account(prompt, request, composed, composed.with_texts(results)))
    return "\n".join(parts)


def _run(locale: str) -> tuple[RequestSettings, AccountHistories]:
    document = {
        "totalRecords": CONTACTS, "locale": locale, "seed": "samples", "timeScale": 0,
        "startTime": "2026-06-01T00:00:00Z", "endTime": "2026-09-01T00:00:00Z",
    }  # fmt: skip
    config = LlmCallConfig.load({})
    resolved = resolve_input(document, DeploymentSettings(config))
    plan = resolve_plan("samples", resolved.request, AS_OF, DEFAULT_PIPELINE, (), ai=resolved.llm)
    return request_settings(resolved.llm, resolved.request, None), AccountHistories.from_plan(plan)


def _written(prompt: AccountPrompt, request: LlmRequest, gates: GateFactory) -> Iterator[tuple[int, RecordTextResult]]:
    """Yield what the stand-in writes about an account, by contact, as far as the gate lets it through."""
    schema = read_account_schema(json.dumps(request.schema))
    accounts, language = parse_account_question(request.prompt), find_language(request.system)
    text = json.dumps(write_account_answer(accounts, schema, language)) if schema is not None else ""
    answer = parse_answer(text, [prompt], lambda locale: gates.gate(locale, request.system))
    for record in prompt.records:
        yield (
            record.index,
            RecordTextResult(
                index=record.index, provenance=TextProvenance(method="ai"), text=answer.record_text(record.index)
            ),
        )


def _account(prompt: AccountPrompt, request: LlmRequest, composed: RowGenerator, by_model: RowGenerator) -> str:
    name = composed.histories.history(prompt.number).facts.company.name
    texts = zip(_texts(composed, prompt), _texts(by_model, prompt), strict=True)
    rows = [f"**{head}**\n\n> {before}\n\nby the model:\n\n> {after}\n" for (head, before), (_, after) in texts]
    return "\n".join([f"## {name}\n\n```\n{request.prompt}\n```\n", *rows])


def _texts(generator: RowGenerator, prompt: AccountPrompt) -> Iterator[tuple[str, str]]:
    """Yield each text of an account's activities with its line of the question, in the order of the question."""
    batch = Batch(0, AS_OF, prompt.lead.index, len(prompt.records))
    rows = [item.row for item in generator.activity_rows(batch)]
    texts = dict(text for row in rows for text in _row_texts(row))
    for index, activity in prompt.activities:
        yield activity.render(), texts[index, activity.key]


def _row_texts(row: JsonObject) -> Iterator[tuple[tuple[int, str], str]]:
    properties = row["properties"]
    for kind in () if row.get("isChange") else find_text_kinds(properties, row["type"]):
        parts = [properties.get(kind.title_property or ""), properties[kind.body_property]]
        text = "\n\n".join(unescape(part.replace("<br>", "\n")) for part in parts if part)
        yield (row["index"], text_key(kind, row["ordinal"])), text.replace("\n", "\n> ").replace("\n> \n", "\n>\n")


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for locale in LOCALES:
        (FOLDER / f"{locale}.md").write_text(model_page(locale), encoding="utf-8")


if __name__ == "__main__":
    main()
