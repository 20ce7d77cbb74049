"""``POST /api/boss/ai-config/test``: a prompt tried on sample records before it is taken into use."""

from typing import Annotated, Literal

from pydantic import Field

from simcrm.core.config import ModelCallConfig
from simcrm.core.errors import InvalidInputError
from simcrm.core.json_types import JsonObject
from simcrm.generation.text.prompt_trial import MOST_RECORDS, Trial, run_trial
from simcrm.llm.caller import ReadKey
from simcrm.llm.errors import AiError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import Prompt, check_prompt
from simcrm.llm.settings import Name
from simcrm.models.request_model import Options

DRAFT = "draft"


class PromptTest(Options):
    """What to try: a text, a version that is kept, or else the prompt in use."""

    prompt: Literal["pairs", "stories"] = "pairs"
    text: str | None = None
    version: Annotated[str, Field(pattern=r"^(v1|u[1-9][0-9]{0,5})$")] | None = None
    provider: Name | None = None
    model: Name | None = None
    scenario: Name = "B2B"
    locale: Name = "en_US"
    theme: Annotated[str, Field(max_length=2_000)] | None = None
    records: Annotated[int, Field(ge=1, le=MOST_RECORDS)] = 3


def try_prompt(test: PromptTest, prompts: PromptStore, config: ModelCallConfig, read_key: ReadKey) -> JsonObject:
    """The question, the words of each record, tokens and price; ``composed`` counts records that nobody wrote.

    Raises:
        InvalidInputError: names what cannot be used.
    """
    names = test.model_dump(include={"provider", "model", "scenario", "locale", "theme", "records"})
    try:
        document = run_trial(Trial(_prompt(test, prompts), **names), config, read_key)
    except InvalidInputError as error:
        raise InvalidInputError(error.field.removeprefix("ai."), error.problem) from error
    except AiError as error:
        raise InvalidInputError("model", str(error)) from error
    return {**document, "composed": sum(record["reason"] is not None for record in document["records"])}


def _prompt(test: PromptTest, prompts: PromptStore) -> Prompt:
    field = "version" if test.text is None else "text"
    try:
        if test.text is not None:
            check_prompt(test.text)
            return Prompt(test.prompt, DRAFT, test.text)
        return prompts.current(test.prompt) if test.version is None else prompts.read(test.prompt, test.version)
    except AiError as error:
        raise InvalidInputError(field, str(error)) from error
