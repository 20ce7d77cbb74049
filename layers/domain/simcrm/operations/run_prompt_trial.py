"""``POST /api/boss/ai-config/test``: try a prompt on sample records before it is put into use."""

from typing import Annotated, Literal

from pydantic import Field

from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidInputError
from simcrm.core.json_types import JsonObject
from simcrm.generation.text.prompt_trial import MAX_RECORDS, PromptTrial, run_prompt_trial
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import Prompt, validate_prompt
from simcrm.llm.rotating_key import ReadKey
from simcrm.llm.settings import Name
from simcrm.models.request_model import RequestModel

DRAFT_VERSION = "draft"


class PromptTrialRequest(RequestModel):
    """What to try: a text, a stored version, or by default the prompt in use."""

    prompt: Literal["pairs", "stories"] = "pairs"
    text: str | None = None
    version: Annotated[str, Field(pattern=r"^(v[1-9]|u[1-9][0-9]{0,5})$")] | None = None
    provider: Name | None = None
    model: Name | None = None
    scenario: Name = "B2B"
    locale: Name = "en_US"
    theme: Annotated[str, Field(max_length=2_000)] | None = None
    records: Annotated[int, Field(ge=1, le=MAX_RECORDS)] = 3


def prompt_trial_document(
    trial_request: PromptTrialRequest, prompts: PromptStore, config: LlmCallConfig, read_key: ReadKey
) -> JsonObject:
    """Return the prompt, each record's text, tokens and cost; ``composed`` counts records the model did not write.

    Raises:
        InvalidInputError: a field is invalid; the error names it.
    """
    names = trial_request.model_dump(include={"provider", "model", "scenario", "locale", "theme", "records"})
    try:
        document = run_prompt_trial(PromptTrial(_choose_prompt(trial_request, prompts), **names), config, read_key)
    except InvalidInputError as error:
        raise InvalidInputError(error.field.removeprefix("ai."), error.problem) from error
    except LlmConfigError as error:
        raise InvalidInputError("model", str(error)) from error
    return {**document, "composed": sum(record["reason"] is not None for record in document["records"])}


def _choose_prompt(trial_request: PromptTrialRequest, prompts: PromptStore) -> Prompt:
    field = "version" if trial_request.text is None else "text"
    try:
        if trial_request.text is not None:
            validate_prompt(trial_request.text)
            return Prompt(trial_request.prompt, DRAFT_VERSION, trial_request.text)
        return prompts.read(trial_request.prompt, trial_request.version)
    except LlmConfigError as error:
        raise InvalidInputError(field, str(error)) from error
