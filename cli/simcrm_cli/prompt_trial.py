"""Try a prompt with the embedded stack's model, or with the user's own API key."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from simcrm.core.config import LlmCallConfig
from simcrm.generation.text.prompt_trial import PromptTrial, render_prompt_trial, run_prompt_trial
from simcrm.llm.providers.api_keys import KEY_VARIABLES, environment_key_reader
from simcrm_cli.errors import CliError
from simcrm_embedded.state import StackState

_STAND_IN_KEY = KEY_VARIABLES["anthropic"]
MAX_SHOWN_CHARACTERS = 2_000
"""Of an answer in an error message."""


def render_trial(trial: PromptTrial, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the rendered prompt without calling a model."""
    return render_prompt_trial(trial, LlmCallConfig.load(env))


def run_trial(trial: PromptTrial, state: StackState | None, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the prompt and the model's answer, which costs real tokens unless a stand-in writes the texts.

    Raises:
        CliError: the model writes nothing or cannot be called.
    """
    if state is not None:
        env = {**env, **state.model_variables, **({_STAND_IN_KEY: state.model_key} if state.model_key else {})}
    config = LlmCallConfig.load(env)
    read_key = environment_key_reader(trial.provider or config.ai_provider, env)
    document = run_prompt_trial(trial, config, read_key)
    if all(record["reason"] for record in document["records"]):
        raise CliError("NO_WORDS", _explain_failure(document))
    return document


def _explain_failure(document: Mapping[str, Any]) -> str:
    """Return why no record could be used, with the model's latest answer."""
    reasons, answers = [document["records"][0]["reason"]], document["answers"]
    problems = [answer["problem"] for answer in answers[-1:] if answer["problem"]]
    why = ": ".join(dict.fromkeys(reasons + problems))
    text = answers[-1]["text"] if answers else ""
    shown = f" It answered: {_shorten(text)}" if text else ""
    return f"The model wrote nothing usable ({why}); --render-only shows only the prompt.{shown}"


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."


def format_trial(document: Mapping[str, Any]) -> str:
    """Format a trial for people."""
    records = document.get("records", ())
    lines = [document["input"], *(line for record in records for line in _format_record(record))]
    if any(record["reason"] or record["rejected"] for record in records):
        lines += [line for answer in document["answers"] for line in _format_answer(answer)]
    if "costUsd" in document:
        tokens = f"{document['inputTokens']} tokens in, {document['outputTokens']} out"
        lines += ["", f"{document['model']}: {tokens}, {document['costUsd']:.6f} USD"]
    return "\n".join(lines)


def _format_answer(answer: Mapping[str, Any]) -> list[str]:
    problem = f" ({answer['problem']})" if answer["problem"] else ""
    return ["", f"The model answered{problem}:", _shorten(answer["text"])]


def _format_record(record: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield record["facts"]
    if record["reason"]:
        yield f"  fell back: {record['reason']}"
        return
    for name, texts in record["words"].items():
        yield f"  {name}: {texts if isinstance(texts, str) else ', '.join(texts)}"
    for activity in record["activities"]:
        yield f"  {' - '.join(text for text in (activity['facts'], activity['title'], activity['text']) if text)}"
    for name, reason in record["rejected"].items():
        yield f"  not used: {name}: {reason}"
