"""Who writes the text of a stack: ``--ai``, ``--ai-url`` and ``--ai-model`` of ``up`` and ``demo``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from model_server import ModelServer, Reply, model_server
from unit.cli.conftest import Simcrm
from unit.embedded.fake_project import make_project

from simcrm.generation.text.prompt_trial import PromptTrial
from simcrm.llm.prompts import built_in_prompt
from simcrm_cli.errors import CliError
from simcrm_cli.model_options import LOCAL_DEFAULTS, find_only_model, with_model
from simcrm_cli.prompt_trial import run_trial
from simcrm_embedded import stack
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

ENV = {"PATH": "/bin", "AI_TIMEOUT_MS": "5000"}
URL = "http://127.0.0.1:11434/v1/"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def models(*names: str) -> Reply:
    return Reply({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


def test_without_options_the_environment_decides() -> None:
    assert with_model(ENV, None) == ENV
    assert with_model(ENV, "stand-in") == {**ENV, "SIMCRM_AI": "stand-in"}


def test_a_local_server_gets_time_unless_the_user_says_otherwise() -> None:
    env = with_model(ENV, "local", URL, "m")

    assert env["AI_TIMEOUT_MS"] == "5000"
    assert with_model({}, "local", URL, "m")["AI_TIMEOUT_MS"] == "120000"
    assert (env["AI_PROVIDER"], env["AI_BASE_URL"], env["AI_MODEL"]) == ("local", URL, "m")


def test_a_local_server_replaces_another_choice_of_the_environment() -> None:
    env = with_model({"AI_ENABLED": "false", "AI_PROVIDER": "openai", "SIMCRM_AI": "stand-in"}, "local", URL, "m")

    assert (env["AI_ENABLED"], env["AI_PROVIDER"], env["SIMCRM_AI"]) == ("true", "local", "")


def test_the_only_model_of_a_server_needs_no_name(server: ModelServer) -> None:
    server.reset(models("qwen3:8b"))

    assert with_model(ENV, "local", f"{server.url}/v1/")["AI_MODEL"] == "qwen3:8b"
    assert [(request.path, request.keys) for request in server.received] == [("/v1/models", set())]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (models("a", "b"), "has a, b: choose one with --ai-model"),
        (models(), "has no models: choose one"),
        (Reply("404 page not found", 404), "does not list its models"),
        (Reply("<html>"), "does not list its models"),
        (Reply([]), "does not list its models"),
        (Reply({"data": [{}]}), "does not list its models"),
    ],
)
def test_a_server_without_exactly_one_model_needs_a_name(server: ModelServer, reply: Reply, says: str) -> None:
    server.reset(reply)

    with pytest.raises(CliError, match=says):
        find_only_model(f"{server.url}/v1/")


def test_a_server_that_is_not_there_is_said_before_anything_is_started() -> None:
    with model_server() as gone:
        url = gone.url

    with pytest.raises(CliError, match="is the server running"):
        find_only_model(url)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("local", None, "m"), "--ai local needs it"),
        (("local", "127.0.0.1:11434", "m"), "must begin with http"),
        (("stand-in", URL, None), "only valid with --ai local"),
        ((None, URL, None), "only valid with --ai local"),
        ((None, None, "m"), "only valid with --ai local"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options: tuple[Any, ...], says: str) -> None:
    with pytest.raises(typer.BadParameter, match=says):
        with_model(ENV, *options)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    made = make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("SIMCRM_HUBSPOT_TOKEN", "SIMCRM_REDIS_URL", "ANTHROPIC_API_KEY", "AI_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    yield made
    stack.down(made, Interruption())


@pytest.mark.parametrize("command", [("up",), ("demo", "--records", "3", "--keep")])
def test_the_stack_is_told_which_model_writes(simcrm: Simcrm, project: Project, command: tuple[str, ...]) -> None:
    outcome = simcrm(*command, "--ai", "local", "--ai-url", URL, "--ai-model", "m", "--json")

    assert outcome.code == 0
    variables = json.loads(project.state_file.read_text(encoding="utf-8"))["model_variables"]
    assert variables == {
        "AI_ENABLED": "true",
        "AI_PROVIDER": "local",
        "AI_BASE_URL": URL,
        "AI_MODEL": "m",
        **LOCAL_DEFAULTS,
    }
    parameters = (project.home / "parameters.yaml").read_text(encoding="utf-8")
    assert URL in parameters


def test_a_local_server_without_its_address_is_a_usage_error(simcrm: Simcrm, project: Project) -> None:
    outcome = simcrm("up", "--ai", "local", "--json")

    assert (outcome.code, outcome.document["error"]["code"]) == (2, "USAGE")
    assert not project.state_file.exists()


def test_a_prompt_is_tried_with_the_model_of_the_stack(server: ModelServer) -> None:
    address = {"AI_PROVIDER": "local", "AI_BASE_URL": f"{server.url}/v1/", "AI_MODEL": "m"}
    state = StackState(mark="mark", model_variables=address)
    user = {"AI_PROVIDER": "openai", "OPENAI_API_KEY": "sk-of-the-user", "AI_MODEL": "another"}

    with pytest.raises(CliError, match="invalid_answer: the list of records is empty"):
        run_trial(PromptTrial(built_in_prompt("pairs"), records=1), state, user)

    assert {body["model"] for body in server.bodies} == {"m"}
    assert all(request.keys == set() for request in server.received)
