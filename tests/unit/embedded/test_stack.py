"""Stacks here have real processes: a small server as emulator, a small program as SAM CLI, a real Redis."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil
import pytest
from sam_parameters import read_parameters
from unit.embedded.fake_project import make_project
from unit.embedded.stacks import (
    OWN_PORTAL,
    Up,
    find_pid,
    kill,
    project,
    read_settings,
    reports,
    running,
    serves,
    steps,
    tell,
    up,
)

from simcrm_embedded import stack
from simcrm_embedded.build import Build
from simcrm_embedded.errors import (
    InterruptedByUserError,
    InvalidSettingError,
    MissingToolError,
    NotReadyError,
    PortInUseError,
    ProcessCrashedError,
    StackError,
    StepFailedError,
)
from simcrm_embedded.polling import Interruption, interruptible
from simcrm_embedded.project import Project
from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.stack import UpResult
from simcrm_embedded.state import load

__all__ = ["project", "reports", "up"]


def test_a_stack_that_is_up_answers_and_is_written_down(project: Project, up: Up) -> None:
    result = up()

    assert not result.already_running
    assert load(project.state_file) == result.state
    assert httpx2.get(f"{result.state.api_url}/api/health").json() == {"ok": True}
    assert [process.name for process in result.state.processes] == ["MiniStack", "Redis"]


def test_the_template_is_deployed_with_the_addresses_of_this_stack(project: Project, up: Up) -> None:
    up()

    overrides = project.home / "parameters.yaml"
    parameters = read_parameters(["--parameter-overrides", f"file://{overrides}"])
    assert {"CacheKind": "own", "HubSpotBaseUrl": "https://api.hubapi.com"}.items() <= parameters.items()
    numbers = {"MapConcurrency": "4", "WriterTimeoutSeconds": "10"}
    assert numbers.items() <= parameters.items()


def test_the_template_is_deployed_with_the_users_model(project: Project, up: Up) -> None:
    model = {"AI_PROVIDER": "local", "AI_BASE_URL": "http://127.0.0.1:9/v1/", "AI_MODEL": "m", "AI_MODELS": '{"m": {}}'}
    state = up(env={**OWN_PORTAL, **model}).state

    parameters = read_parameters(["--parameter-overrides", f"file://{project.home / 'parameters.yaml'}"])
    wanted = {"AiProvider": "local", "AiBaseUrl": "http://127.0.0.1:9/v1/", "AiModel": "m", "AiModels": '{"m": {}}'}
    assert wanted.items() <= parameters.items()
    assert state.model_variables == model


def test_the_secret_holds_the_users_keys_and_new_tokens(project: Project, up: Up) -> None:
    keys = {"ANTHROPIC_API_KEY": "key-of-the-user", "OPENAI_API_KEY": "other-key-of-the-user"}
    state = up(env={**OWN_PORTAL, **keys}).state

    assert read_settings(project, "secret.json") == {
        "hubspotToken": "pat-of-the-user",
        "anthropicApiKey": "key-of-the-user",
        "openaiApiKey": "other-key-of-the-user",
        "redisUrl": state.redis_url,
        "operatorToken": state.operator_token,
        "bossToken": state.boss_token,
    }
    assert state.operator_token != state.boss_token


def test_the_gateways_refusals_are_those_of_the_template(project: Project, up: Up) -> None:
    up()

    assert read_settings(project, "gateway.json") == {
        "path": "/restapis/abc/gatewayresponses/UNAUTHORIZED",
        "statusCode": "401",
        "responseTemplates": {"application/json": '{"ok":false}'},
        "responseParameters": {"gatewayresponse.header.Cache-Control": "'no-store'"},
    }


def test_the_users_portal_token_is_not_written_to_the_state(project: Project, up: Up) -> None:
    up()

    assert "pat-of-the-user" not in project.state_file.read_text(encoding="utf-8")


def test_without_a_portal_of_the_user_a_local_one_is_started(up: Up) -> None:
    state = up(env={"PATH": os.environ["PATH"]}).state

    headers = {"Authorization": f"Bearer {state.hubspot_token}"}
    answer = httpx2.get(f"{state.hubspot_url}/crm/objects/2026-09/contacts", headers=headers)
    assert answer.json()["results"] == []


def test_a_redis_of_the_user_is_used_and_not_ended(project: Project, up: Up, tmp_path: Path) -> None:
    other = make_project(tmp_path / "other")
    users = stack.up(other, Interruption(), report=print, env=OWN_PORTAL)
    try:
        state = up(env={**OWN_PORTAL, "SIMCRM_REDIS_URL": users.state.redis_url}).state
        stack.down(project, Interruption())

        assert [process.name for process in state.processes] == ["MiniStack"]
        assert serves(users.state)
    finally:
        stack.down(other, Interruption())


def test_up_again_changes_nothing(project: Project, up: Up) -> None:
    first = up()

    second = up()

    assert second == UpResult(first.state, already_running=True)
    assert steps(project) == ["build", "deploy"]


def test_what_has_not_changed_is_not_built_again_but_deployed_to_the_new_emulator(project: Project, up: Up) -> None:
    up()
    stack.down(project, Interruption())

    up()

    assert steps(project) == ["build", "deploy", "deploy"]


def test_stacks_of_the_same_sources_share_one_build(project: Project, up: Up) -> None:
    up()
    beside = Project(project.root, project.home / "beside")

    stack.up(beside, Interruption(), report=print, env=OWN_PORTAL)

    assert steps(project) == ["build", "deploy", "deploy"]
    assert stack.down(beside, Interruption())


def test_the_last_three_builds_are_kept(project: Project, up: Up) -> None:
    fingerprints = []
    for version in range(4):
        (project.root / "functions" / "api.py").write_text(f"version = {version}", encoding="utf-8")
        fingerprints.append(up().state.build_hash)

    assert [Build(project, fingerprint).is_there for fingerprint in fingerprints] == [False, True, True, True]


def test_a_build_is_kept_for_as_long_as_a_stack_runs_from_it(project: Project, up: Up) -> None:
    beside = Project(project.root, project.home / "beside")
    held = stack.up(beside, Interruption(), report=print, env=OWN_PORTAL).state.build_hash
    for version in range(4):
        (project.root / "functions" / "api.py").write_text(f"version = {version}", encoding="utf-8")
        up()
    assert Build(project, held).is_there

    stack.down(beside, Interruption())
    (project.root / "functions" / "api.py").write_text("last", encoding="utf-8")
    up()

    assert not Build(project, held).is_there


def test_up_after_a_change_of_the_sources_builds_and_starts_anew(project: Project, up: Up) -> None:
    old = up()
    (project.root / "functions" / "api.py").write_text("changed", encoding="utf-8")

    new = up()

    assert not new.already_running
    assert steps(project) == ["build", "deploy"] * 2
    assert not psutil.pid_exists(find_pid(old, "MiniStack"))


def test_up_with_another_portal_starts_anew_instead_of_writing_to_the_old_one(project: Project, up: Up) -> None:
    up()

    new = up(env={**OWN_PORTAL, "SIMCRM_HUBSPOT_TOKEN": "pat-of-another-portal"})

    assert not new.already_running
    assert read_settings(project, "secret.json")["hubspotToken"] == "pat-of-another-portal"


@pytest.mark.parametrize("name", ["MiniStack", "Redis"])
def test_up_after_a_process_was_killed_ends_the_rest_and_starts_anew(
    project: Project, up: Up, reports: list[str], name: str
) -> None:
    old = up()
    kill(find_pid(old, name))

    new = up()

    assert "Ending what is left of an earlier stack" in reports
    assert serves(new.state)
    assert len(running(project)) == 2


def test_up_replaces_a_stack_whose_api_no_longer_answers(project: Project, up: Up) -> None:
    old = up()
    tell(project, "unhealthy")

    def heal(report: str) -> None:
        if report == "Deploying template.yaml":
            (project.home / "unhealthy").unlink()

    new = stack.up(project, Interruption(), report=heal, env=OWN_PORTAL)

    assert not new.already_running
    assert find_pid(new, "MiniStack") != find_pid(old, "MiniStack")


def test_down_ends_every_process_and_forgets_the_tokens(project: Project, up: Up) -> None:
    up()

    assert stack.down(project, Interruption())

    assert running(project) == []
    assert not project.state_file.exists()
    assert not project.scratch.exists()


def test_down_twice_is_fine(project: Project, up: Up) -> None:
    up()
    stack.down(project, Interruption())

    assert not stack.down(project, Interruption())


def take_away(tool: str) -> Callable[[Project], object]:
    return lambda project: next((project.tools / tool / "bin").iterdir()).unlink()


@pytest.mark.parametrize(
    ("harm", "error", "message"),
    [
        (take_away("emulator"), MissingToolError, "MiniStack is not installed: run `make setup`"),
        (take_away("sam"), MissingToolError, "The SAM CLI is not installed: run `make setup`"),
        (
            lambda p: tell(p, "fail-build"),
            StepFailedError,
            r"sam build failed \(the build went wrong\): see .*build.log",
        ),
        (
            lambda p: tell(p, "fail-deploy"),
            StepFailedError,
            r"sam deploy failed \(the deploy went wrong\): see .*\.log",
        ),
        (
            lambda p: (p.tools / "emulator" / "bin" / "python").write_text("#!/bin/sh\necho no luck; exit 3\n"),
            ProcessCrashedError,
            r"MiniStack ended by itself \(no luck\): see .*ministack\.log",
        ),
    ],
    ids=["no emulator", "no SAM CLI", "build", "deploy", "emulator dies"],
)
def test_a_failure_is_one_clear_line_and_nothing_runs_on(
    project: Project, up: Up, harm: Callable[[Project], object], error: type[StackError], message: str
) -> None:
    harm(project)

    with pytest.raises(error, match=message) as caught:
        up()

    assert "\n" not in str(caught.value)
    assert running(project) == []
    assert not project.state_file.exists()


def test_after_a_failed_build_the_next_up_builds_again(project: Project, up: Up) -> None:
    tell(project, "fail-build")
    with pytest.raises(StepFailedError):
        up()
    (project.home / "fail-build").unlink()

    up()

    assert steps(project) == ["build", "build", "deploy"]


def test_an_api_that_does_not_get_healthy_is_given_up(
    project: Project, up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "HEALTH_TIMEOUT", 1)
    tell(project, "unhealthy")

    with pytest.raises(NotReadyError, match=r"The API was not ready after 1 s .*: see .*ministack\.log"):
        up()

    assert running(project) == []


@pytest.mark.parametrize("service", ["aws", "redis", "hubspot"])
def test_a_port_in_use_is_named_with_its_option(project: Project, up: Up, service: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"Port {port} is in use: .*--{service}-port"):
            up(ports=RequestedPorts(**{service: port}), env={"PATH": os.environ["PATH"]})

    assert running(project) == []


def test_a_redis_of_the_user_that_does_not_answer_is_named_without_its_password(project: Project, up: Up) -> None:
    with pytest.raises(InvalidSettingError, match="SIMCRM_REDIS_URL names no Redis that answers") as caught:
        up(env={**OWN_PORTAL, "SIMCRM_REDIS_URL": "redis://:hunter2@127.0.0.1:1"})

    assert "hunter2" not in str(caught.value)
    assert running(project) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", ["build", "deploy"])
def test_an_interrupted_up_leaves_nothing_behind(project: Project, number: signal.Signals, step: str) -> None:
    tell(project, f"hang-{step}")
    threading.Thread(target=signal_when_written, args=(project.home / f"{step}.json", number)).start()

    with interruptible() as interruption, pytest.raises(InterruptedByUserError, match=number.name):
        stack.up(project, interruption, report=print, env=OWN_PORTAL)

    assert running(project) == []
    assert not project.state_file.exists()


def signal_when_written(path: Path, number: signal.Signals) -> None:
    while not path.exists():
        time.sleep(0.02)
    os.kill(os.getpid(), number)


COMMAND = """
import sys
from pathlib import Path
from simcrm_embedded import stack
from simcrm_embedded.build import Build
from simcrm_embedded.project import Project
from simcrm_embedded.polling import Interruption
result = stack.up(Project(Path(sys.argv[1]), Path(sys.argv[2])), Interruption(), report=print)
print("already" if result.already_running else "new", flush=True)
"""


def command(project: Project) -> "subprocess.Popen[str]":
    env = {**os.environ, **OWN_PORTAL}
    arguments = [sys.executable, "-c", COMMAND, str(project.root), str(project.home)]
    return subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_what_a_killed_up_has_started_is_ended_by_the_next_command(project: Project) -> None:
    tell(project, "hang-deploy")
    with command(project) as killed:
        while not (project.home / "deploy.json").exists():
            time.sleep(0.02)
        killed.kill()
    assert len(running(project)) == 3

    assert stack.down(project, Interruption())

    assert running(project) == []


def test_two_ups_at_once_make_one_stack(project: Project) -> None:
    with command(project) as first, command(project) as second:
        outcomes = sorted(str(each.communicate(timeout=60)[0]).split()[-1] for each in (first, second))

    assert outcomes == ["already", "new"]
    assert steps(project) == ["build", "deploy"]
    assert len(running(project)) == 2


def test_two_stacks_at_once_wait_for_one_build(project: Project) -> None:
    beside = Project(project.root, project.home / "beside")
    tell(project, "hang-build")
    with command(project) as first, command(beside) as second:
        while len(list(project.root.glob("**/state.json"))) < 2:
            time.sleep(0.02)
        (project.home / "hang-build").unlink()
        outcomes = [str(each.communicate(timeout=60)[0]).split()[-1] for each in (first, second)]

    assert outcomes == ["new", "new"]
    assert sorted(steps(project)) == ["build", "deploy", "deploy"]
    assert stack.down(beside, Interruption())
