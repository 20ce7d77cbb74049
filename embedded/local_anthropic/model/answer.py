"""Messages that answer a request, spoiled if a fault says so."""

import json
import re
from dataclasses import dataclass
from typing import Any

from local_anthropic.errors import new_id
from local_anthropic.gateway.anthropic_faults import AnthropicFaultKind, AnthropicFaultRule
from local_anthropic.model.account_answer import read_account_schema, write_account_answer
from local_anthropic.model.account_lies import Lie, tell_lie
from local_anthropic.model.account_phrases import find_language
from local_anthropic.model.account_question import parse_account_question
from local_anthropic.model.answer_writer import write_json, write_prose
from local_anthropic.model.model_list import LocalModel
from local_anthropic.model.tokens import count_tokens

_KEYS = ("k", "x")
_LAST_DIGITS = re.compile(r"\d+$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n")
_TALK = "Of course! Here is what you asked for, written with care:\n\n- "


@dataclass(frozen=True, slots=True)
class MessageTask:
    """What an answer is written from; without ``schema_text`` it is prose. Tokens are counted as the model does."""

    model: LocalModel
    prompt: str
    system: str
    schema_text: str | None
    max_tokens: int
    input_tokens: int
    thinking_tokens: int


@dataclass(frozen=True, slots=True)
class MessageReply:
    """An answer: its text, why it stopped, and its output tokens including those for thinking."""

    task: MessageTask
    text: str
    stop_reason: str
    output_tokens: int

    def message(self, tier: str) -> dict[str, Any]:
        """Return the message as in the API; ``tier`` is standard or batch."""
        thinking = {"type": "thinking", "thinking": "", "signature": new_id("sig")}
        blocks = [{"type": "text", "text": self.text}] if self.text else []
        refusal = {"type": "refusal", "category": None, "explanation": None}
        return {
            "id": new_id("msg"),
            "type": "message",
            "role": "assistant",
            "model": self.task.model.id,
            "content": ([thinking] if self.task.thinking_tokens else []) + blocks,
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "stop_details": refusal if self.stop_reason == "refusal" else None,
            "usage": self._usage(tier),
        }

    def _usage(self, tier: str) -> dict[str, Any]:
        return {
            "input_tokens": self.task.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"thinking_tokens": min(self.task.thinking_tokens, self.output_tokens)},
            "service_tier": tier,
        }


def reply_to(task: MessageTask, fault: AnthropicFaultRule | None) -> MessageReply:
    """Write the answer, spoiled by the fault if there is one."""
    kind = fault.kind if fault else None
    if kind is AnthropicFaultKind.REFUSAL:
        return MessageReply(task, "", "refusal", 1)
    text = _text(task, fault)
    tokens = task.thinking_tokens + task.model.scale_tokens(count_tokens(text))
    is_cut_short = kind is AnthropicFaultKind.MAX_TOKENS
    allowed = task.thinking_tokens + (tokens - task.thinking_tokens) // 2 if is_cut_short else task.max_tokens
    if tokens > allowed:
        return MessageReply(task, _cut(text, task, allowed, tokens), "max_tokens", allowed)
    return MessageReply(task, text, "end_turn", max(1, tokens))


def _cut(text: str, task: MessageTask, allowed: int, tokens: int) -> str:
    """Truncate a text to the allowed tokens minus those for thinking."""
    share = max(0, allowed - task.thinking_tokens)
    return text[: len(text) * share // max(1, tokens - task.thinking_tokens)]


def _text(task: MessageTask, fault: AnthropicFaultRule | None) -> str:
    kind = fault.kind if fault else None
    if kind is AnthropicFaultKind.EMPTY:
        return ""
    if task.schema_text is None:
        written = write_prose(task.prompt)
    else:
        value = _write_value(task, task.schema_text, fault)
        if fault:
            _spoil(value, fault)
        written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if kind is AnthropicFaultKind.TRUNCATED:
        return written[: len(written) // 2]
    return _TALK + written.strip('{}[]"') if kind is AnthropicFaultKind.NOT_JSON else written


def _write_value(task: MessageTask, schema_text: str, fault: AnthropicFaultRule | None) -> Any:
    """Write about the accounts of a question, true or not, or else whatever the schema asks for."""
    accounts, schema = parse_account_question(task.prompt), read_account_schema(schema_text)
    if not accounts or schema is None:
        return write_json(schema_text, task.system or task.prompt, task.prompt)
    language = find_language(task.system)
    value = write_account_answer(accounts, schema, language)
    if fault and fault.lie is not None:
        instruction = _SENTENCE_END.split(task.system.strip(), maxsplit=1)[0]
        tell_lie(value, accounts, language, Lie(fault.lie, fault.count, instruction))
    return value


def _spoil(value: Any, fault: AnthropicFaultRule) -> None:
    rows = _rows(value)
    count = fault.count or 1
    if rows is None:
        return
    if fault.kind is AnthropicFaultKind.MISSING_RECORDS:
        del rows[-min(count, len(rows)) :]
    elif fault.kind is AnthropicFaultKind.EXTRA_RECORDS and rows:
        rows += [_copy_under_unknown_key(rows[-1], number) for number in range(1, count + 1)]
    elif fault.kind is AnthropicFaultKind.BAD_RECORD and fault.record <= len(rows):
        rows[fault.record - 1] = _blank(rows[fault.record - 1])


def _rows(value: Any) -> list[Any] | None:
    """Return the records in an answer: the outermost list of objects."""
    if isinstance(value, list):
        return value if value and isinstance(value[0], dict) else None
    inner = value.values() if isinstance(value, dict) else ()
    return next((rows for each in inner if (rows := _rows(each)) is not None), None)


def _copy_under_unknown_key(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Copy a record under a key that was not asked for."""
    name, key = next(iter(row.items()))
    if isinstance(key, int):
        return {**row, name: key + number * 1000}
    return {**row, name: _LAST_DIGITS.sub(lambda digits: str(int(digits[0]) + number * 1000), key)}


def _blank(value: Any) -> Any:
    """Blank all texts but the keys of records and texts."""
    if isinstance(value, dict):
        return {name: inner if name in _KEYS else _blank(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_blank(inner) for inner in value]
    return " " if isinstance(value, str) else value
