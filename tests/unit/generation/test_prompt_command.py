"""``simcrm prompt`` on a deployed stack's bucket."""

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_model import ScriptedModel, good_response
from template_resources import Resources

from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import LlmRequest, LlmResponse
from simcrm_cli.main import run


class Shell:
    """Runs the command and reads its one JSON document."""

    def __init__(self, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._bucket, self._capsys = bucket, capsys

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        code = run(["prompt", *arguments, "--bucket", self._bucket, "--json"])
        return code, json.loads(self._capsys.readouterr().out)


@pytest.fixture
def shell(resources: Resources, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(resources.bucket, capsys)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.md"
    path.write_text("Write for {{scenario}} about {{theme}}.")
    return str(path)


def test_a_prompt_is_set_listed_shown_and_reverted(shell: Shell, mine: str) -> None:
    shell("set", "pairs", "--file", mine)
    _, listed = shell("list")
    _, shown = shell("show", "pairs")
    _, reverted = shell("revert", "pairs")

    assert listed["prompts"][0] == {"name": "pairs", "inUse": "u1", "versions": ["v2", "u1"]}
    assert shown["text"] == "Write for {{scenario}} about {{theme}}."
    assert reverted["version"] == "v2"


def test_a_draft_is_rendered_without_being_kept(shell: Shell, mine: str) -> None:
    _, tried = shell("test", "pairs", "--render-only", "--file", mine, "--theme", 'a "story"')

    assert tried["rendered"] == 'Write for B2B about "a \\"story\\"".'
    assert shell("list")[1]["prompts"][0]["versions"] == ["v2"]


def test_a_draft_is_tried_on_a_model_and_priced(
    shell: Shell, mine: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")

    code, tried = shell("test", "pairs", "--file", mine, "--records", "2")

    assert (code, model.keys) == (0, ["key"])
    assert [record["words"]["simcrm_product_interest"] for record in tried["records"]] == [["Ledger sync"]] * 2
    assert tried["costUsd"] == pytest.approx(0.00035)


def test_a_draft_is_tried_with_the_key_of_its_provider(
    shell: Shell, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key of anthropic")
    monkeypatch.setenv("OPENAI_API_KEY", "key of openai")
    monkeypatch.setenv("AI_PROVIDER", "openai")

    shell("test", "pairs", "--records", "1", "--model", "claude-haiku-4-5")

    assert model.keys == ["key of openai"]


def test_a_trial_that_came_to_nothing_shows_the_answer_and_what_was_wrong(
    shell: Shell, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    model.script = [lambda request: good_response(request, text="Sorry! " * 400)] * 2

    code, document = shell("test", "pairs", "--records", "1")

    message = document["error"]["message"]
    assert code == 1
    assert "invalid_answer: the answer is not JSON: Expecting value at character 0" in message
    assert "It answered: Sorry! Sorry!" in message
    assert message.endswith("...")


def test_a_trial_that_failed_shows_what_the_provider_said(
    shell: Shell, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    model.script = [LlmCallError(FailureCategory.AUTH, provider_message="unknown key")]

    message = shell("test", "pairs", "--records", "1")[1]["error"]["message"]

    assert "(auth: unknown key)" in message
    assert "It answered" not in message


def test_people_see_what_was_not_used_and_the_answers(
    resources: Resources,
    model: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def with_link(request: LlmRequest) -> LlmResponse:
        document = json.loads(good_response(request).text)
        document["r"][0]["s"] = "https://kettle.example"
        return good_response(request, text=json.dumps(document))

    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    model.script = [with_link, with_link]

    run(["prompt", "test", "pairs", "--records", "2", "--bucket", resources.bucket])
    mixed = capsys.readouterr().out
    run(["prompt", "test", "pairs", "--records", "2", "--bucket", resources.bucket])
    good = capsys.readouterr().out

    assert "not used: original_source: " in mixed
    assert mixed.count("The model answered:") == 2
    assert "The model answered" not in good
    assert "not used" not in good


def test_a_trial_without_a_key_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    code, document = shell("test", "pairs")

    assert (code, document["error"]["code"]) == (1, "NO_WORDS")
    assert "no_api_key" in document["error"]["message"]


def test_an_unknown_variable_is_refused_by_name(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_text("Write {{secret}}.")

    code, document = shell("set", "pairs", "--file", str(tmp_path / "bad.md"))

    assert code == 1
    assert "unknown prompt variable secret" in document["error"]["message"]


def test_a_prompt_must_be_named(shell: Shell) -> None:
    code, document = shell("show")

    assert (code, document["error"]["code"]) == (2, "USAGE")
