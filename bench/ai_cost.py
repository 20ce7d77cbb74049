"""What a model's texts cost: whole accounts a call, one by one and in message batches, beside one call a text."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ai_tokens import total_usage
from ai_world import Exchange, LlmBench

from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt, TextId
from simcrm.generation.text.prompt_requests import RequestSettings, build_request, group_into_calls, request_settings
from simcrm.generation.text.record_text import ACTIVITY_KEYS, KEY, PEOPLE_KEY, RECORD_KEYS, RECORDS_KEY
from simcrm.llm.model_prices import ModelPrice, load_prices
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage

RECORDS = 1000
PREDECESSOR = Usage(435, 284)
"""Tokens of a pair when one call asks for all of one pair by long keys."""
_PREDECESSORS = Usage(PREDECESSOR.input_tokens * RECORDS, PREDECESSOR.output_tokens * RECORDS)
NO_STORY = {"activities": {"enabled": False}}
SHORT_LETTERS = "nct"
"""Notes, calls and tasks."""
_ACTIVITIES, _CODE = RECORD_KEYS["activities"], ACTIVITY_KEYS["code"]


class TextCost(NamedTuple):
    """Tokens of the same texts: called one by one, in message batches, and with one call a text."""

    sync: Usage
    batch: Usage
    alone: Usage

    def usd_per_1000(self, units: int, alone_name: str = "") -> dict[str, dict[str, float]]:
        """Return dollars for a thousand units by model and kind; those of one call a text only if it has a name."""
        return {name: dict(self._row(price, units, alone_name)) for name, price in load_prices().items()}

    def _row(self, price: ModelPrice, units: int, alone_name: str) -> Iterator[tuple[str, float]]:
        yield "sync", usd_per_1000(price, self.sync, units)
        yield "batch", usd_per_1000(price, self.batch, units, in_batch=True)
        if alone_name:
            yield alone_name, usd_per_1000(price, self.alone, units)


def usd_per_1000(model_price: ModelPrice, usage: Usage, units: int, *, in_batch: bool = False) -> float:
    """Dollars for a thousand units."""
    return round(model_price.micro_usd(usage, in_batch=in_batch) / units / 1000, 4)


@dataclass(frozen=True)
class Accounts:
    """The questions about the accounts of a simulation, batch by batch, and how they are asked."""

    batches: list[list[AccountPrompt]]
    settings: RequestSettings

    @classmethod
    def from_plan(cls, here: LlmBench, **fields: Any) -> "Accounts":
        """Build the questions of a simulation."""
        plan = here.plan("stories", RECORDS, **fields)
        assert plan.ai is not None  # noqa: S101
        histories = RowGenerator.from_plan(plan).histories
        builder = AccountPromptBuilder(histories)
        batches = [builder.build_prompts(batch) for batch in histories.batches()]
        return cls(batches, request_settings(plan.ai, plan.input, None))

    def requests(self) -> list[LlmRequest]:
        """Return the requests that are sent for them."""
        chunks = (chunk for prompts in self.batches for chunk in group_into_calls(self.settings, prompts))
        return [build_request(self.settings, chunk) for chunk in chunks]

    def only(self, wanted: Callable[[TextId], bool]) -> "Accounts":
        """Return the questions for some of the texts."""
        batches = [[account.only(wanted) for account in prompts] for prompts in self.batches]
        return Accounts([[each for each in prompts if not each.is_empty] for prompts in batches], self.settings)

    @property
    def accounts(self) -> list[AccountPrompt]:
        """All of them."""
        return [account for prompts in self.batches for account in prompts]

    @property
    def texts(self) -> int:
        """How many texts about activities they ask for."""
        return sum(len(account.activities) for account in self.accounts)


def _is_field(text_id: TextId) -> bool:
    return text_id[1] in RECORD_KEYS


def _is_short(text_id: TextId) -> bool:
    return not _is_field(text_id) and text_id[1][0] in SHORT_LETTERS


class Answers:
    """What was answered about accounts, by the keys of accounts, people and texts."""

    def __init__(self, calls: Iterable[Exchange]) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._parts: dict[tuple[str, str], dict[str, Any]] = {}
        for _, answer in calls:
            for row in json.loads(answer.text)[RECORDS_KEY]:
                self._rows[row[KEY]] = self._rows.get(row[KEY], {}) | row
                for part in (*row.get(PEOPLE_KEY, ()), *row.get(_ACTIVITIES, ())):
                    self._parts[row[KEY], part.get(KEY) or part[_CODE]] = part

    def find(self, account: AccountPrompt) -> LlmResponse:
        """Return the part of the answers that is about what is asked about an account."""
        row, name = self._rows[account.code], account.code
        found = {KEY: name} | {RECORD_KEYS[field]: row[RECORD_KEYS[field]] for field in account.company_fields}
        if people := [self._parts[name, record.code] for record in account.records if record.person_fields]:
            found[PEOPLE_KEY] = people
        if texts := [self._parts[name, activity.code] for _, activity in account.activities]:
            found[_ACTIVITIES] = texts
        text = json.dumps({RECORDS_KEY: [found]}, ensure_ascii=False, separators=(",", ":"))
        return LlmResponse(text, Usage())


def one_call_a_text(asked: Accounts, answers: Answers) -> Usage:
    """Count each text in a call of its own, with its account's lines up to its scene, and so the fields of a person."""
    parts = [part for account in asked.accounts for part in _single_texts(account)]
    return total_usage([(build_request(asked.settings, [part]), answers.find(part)) for part in parts])


def _single_texts(account: AccountPrompt) -> Iterator[AccountPrompt]:
    for record in account.records:
        ids = [{(record.index, activity.key)} for activity in record.activities]
        fields = {(record.index, name) for name in record.fields}
        yield from (account.only(wanted.__contains__) for wanted in [fields, *ids] if wanted)


def count_cost(here: LlmBench) -> dict[str, Any]:
    """Tokens and dollars of a thousand contacts, alone and with their activities, and of a thousand texts."""
    here.set()
    _, pairs = here.write_texts("pairs", RECORDS, **NO_STORY)
    pair_calls = here.take_calls()
    _, stories = here.write_texts("stories", RECORDS)
    calls = here.take_calls()
    sync, batch = (Accounts.from_plan(here, ai={"mode": mode}) for mode in ("SYNC", "BATCH"))
    batch_calls = here.ask(batch.requests())
    pair_cost = TextCost(
        total_usage(pair_calls), _ask(here, Accounts.from_plan(here, ai={"mode": "BATCH"}, **NO_STORY)), _PREDECESSORS
    )
    answers = Answers(calls)
    fields = one_call_a_text(sync.only(_is_field), answers)
    texts = one_call_a_text(sync.only(lambda text_id: not _is_field(text_id)), answers)
    story_cost = TextCost(total_usage(calls), total_usage(batch_calls), _sum(fields, texts))
    before = story_cost._replace(alone=_sum(_PREDECESSORS, texts))
    return {
        "valid": {"pairs": _valid(pairs), "stories": _valid(stories)},
        "calls": {"pairs": len(pair_calls), "stories": len(calls), "batch": len(batch_calls), "activities": sync.texts},
        "tokensPerPair": _per_record(pair_cost.sync),
        "tokensPerStory": _per_record(story_cost.sync),
        "usdPer1000Pairs": pair_cost.usd_per_1000(RECORDS, "predecessor"),
        "usdPer1000Stories": before.usd_per_1000(RECORDS, "predecessor"),
        "usdPer1000Contacts": story_cost.usd_per_1000(RECORDS),
        "usdPer1000Texts": story_cost.usd_per_1000(sync.texts, "oneCallAText"),
        "usdPer1000ShortTexts": _short_texts(here, sync, batch, answers),
        "usdPer1000Accounts": story_cost.usd_per_1000(len(sync.accounts), "oneCallAText"),
    }


def _short_texts(here: LlmBench, sync: Accounts, batch: Accounts, answers: Answers) -> dict[str, dict[str, float]]:
    alone, bundled = sync.only(_is_short), batch.only(_is_short)
    cost = TextCost(_ask(here, alone), _ask(here, bundled), one_call_a_text(alone, answers))
    return cost.usd_per_1000(alone.texts, "oneCallAText")


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens)


def _ask(here: LlmBench, asked: Accounts) -> Usage:
    return total_usage(here.ask(asked.requests()))


def _valid(results: Mapping[int, Any]) -> int:
    return sum(record.text is not None for record in results.values())


def _per_record(usage: Usage) -> dict[str, float]:
    return {"input": round(usage.input_tokens / RECORDS, 1), "output": round(usage.output_tokens / RECORDS, 1)}
