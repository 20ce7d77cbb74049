"""The stand-in for the model without a server: it answers a request as it would over HTTP, or lies."""

import json

from local_anthropic.model.account_answer import read_account_schema, write_account_answer
from local_anthropic.model.account_lies import Lie, LieKind, tell_lie
from local_anthropic.model.account_phrases import find_language
from local_anthropic.model.account_question import parse_account_question
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage


def stand_in_response(request: LlmRequest, lie: LieKind | None = None, count: int | None = None) -> LlmResponse:
    """What the stand-in answers; with a ``lie``, in ``count`` texts, by default in all."""
    schema = read_account_schema(json.dumps(request.schema))
    assert schema is not None
    accounts, language = parse_account_question(request.prompt), find_language(request.system)
    answer = write_account_answer(accounts, schema, language)
    if lie is not None:
        tell_lie(answer, accounts, language, Lie(lie, count, request.system.split(". ")[1]))
    return LlmResponse(json.dumps(answer, ensure_ascii=False), Usage(100, 50))
