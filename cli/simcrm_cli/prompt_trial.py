"""Try a prompt with the embedded stack's model, or with the user's own API key."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from simcrm.core.config import LlmCallConfig
from simcrm.generation.text.prompt_trial import PromptTrial, render_prompt_trial, run_prompt_trial
from simcrm.llm.providers.api_keys import KEY_VARIABLES, environment_key_reader
from simcrm_cli.errors import CliError
from simcrm_embedded.state import StackState


def render_trial(trial: PromptTrial, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the rendered prompt without calling a model."""
    return render_prompt_trial(trial, LlmCallConfig.load(env))


def run_trial(trial: PromptTrial, state: StackState | None, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the prompt and the model's answer, which costs real tokens unless a stand-in writes the texts.

    Raises:
        CliError: the model writes nothing or cannot be called.
    """
    if state is not None and state.model_url:
        stand_in = {"AI_PROVIDER": "anthropic", "AI_BASE_URL": state.model_url}
        env = {**env, **stand_in, KEY_VARIABLES["anthropic"]: state.model_key}
    config = LlmCallConfig.load(env)
    read_key = environment_key_reader(trial.provider or config.ai_provider, env)
    document = run_prompt_trial(trial, config, read_key)
    if all(record["reason"] for record in document["records"]):
        reason = document["records"][0]["reason"]
        raise CliError("NO_WORDS", f"The model wrote nothing ({reason}); --render-only shows only the prompt.")
    return document


def format_trial(document: Mapping[str, Any]) -> str:
    """Format a trial for people."""
    lines = [document["input"], *(line for record in document.get("records", ()) for line in _format_record(record))]
    if "costUsd" in document:
        tokens = f"{document['inputTokens']} tokens in, {document['outputTokens']} out"
        lines += ["", f"{document['model']}: {tokens}, {document['costUsd']:.6f} USD"]
    return "\n".join(lines)


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
