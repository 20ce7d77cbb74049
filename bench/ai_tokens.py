"""Tokens by the public Claude tokenizer, npm ``@anthropic-ai/tokenizer``, which only the benchmark needs."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from local_anthropic.api.message_requests import SCHEMA_NOTE_TOKENS
from local_anthropic.model.tokens import PER_MESSAGE, PER_REQUEST
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage

FOLDER = Path(__file__).parents[1] / ".simcrm" / "tokenizer"
PACKAGE = "@anthropic-ai/tokenizer@0.0.4"
REQUEST_TOKENS = SCHEMA_NOTE_TOKENS + PER_REQUEST + PER_MESSAGE
"""What the provider is assumed to add to a request with a schema: a note about its use, and the frame of messages."""
COUNT = """
const {getTokenizer} = require('@anthropic-ai/tokenizer');
const tokenizer = getTokenizer();
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map(text => tokenizer.encode(text.normalize('NFKC'), 'all').length)));
"""


def count(texts: Sequence[str]) -> list[int]:
    """The tokens of each text."""
    if not (FOLDER / "node_modules").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(FOLDER), PACKAGE], check=True)
    command = ["node", "-e", COUNT]
    done = subprocess.run(command, cwd=FOLDER, input=json.dumps(texts), capture_output=True, text=True, check=True)
    counts: list[int] = json.loads(done.stdout)
    return counts


def total_usage(calls: Sequence[tuple[LlmRequest, LlmResponse]]) -> Usage:
    """What calls take together; the schema counts as input, since the provider shows it to the model."""
    asked = [f"{request.system}\n{request.prompt}\n{schema_text(request)}" for request, _ in calls]
    return Usage(sum(count(asked)) + REQUEST_TOKENS * len(asked), sum(count([answer.text for _, answer in calls])))


def schema_text(request: LlmRequest) -> str:
    """The schema without spaces."""
    return json.dumps(request.schema, separators=(",", ":"))
