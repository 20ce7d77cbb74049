"""Starting, finding and ending the embedded stack."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from simcrm.keys import cleaned
from simcrm_embedded import processes
from simcrm_embedded.build import Build, build, source_hash
from simcrm_embedded.deploy import api_gateway, api_url, deploy, is_healthy, put_secret, read_outputs
from simcrm_embedded.errors import NotReadyError, StepFailedError
from simcrm_embedded.gateway import put_gateway_responses
from simcrm_embedded.local_portal import TOKEN_SETTING
from simcrm_embedded.logs import reason_in
from simcrm_embedded.project import Project
from simcrm_embedded.services import Ports, ServiceStarter
from simcrm_embedded.settings import LOG_LEVEL_SETTING, MODEL_KEY_SETTING, fits, settings_hash
from simcrm_embedded.state import StackState, load, locked
from simcrm_embedded.steps import StepRunner
from simcrm_embedded.waiting import Interruption, Pause, wait_for

HEALTH_TIMEOUT = 60.0
HEALTH_POLL_SECONDS = 0.25
PARAMETERS = {
    "Monitoring": "DISABLED",
    "MapConcurrency": "4",
    "WriterTimeoutSeconds": "10",
    "WriterVisibilitySeconds": "60",
}
NO_PORTS = Ports()
Report = Callable[[str], None]
_REPLACING = "Sources or settings have changed: ending the stack that has the old ones"
_CLEARING = "Ending what is left of an earlier stack"


@dataclass(frozen=True, slots=True)
class UpResult:
    """A stack that answers.

    ``already_running`` when it is the one that did before, ``was_up`` also when one of older sources or settings did.
    """

    state: StackState
    already_running: bool
    was_up: bool


@dataclass(frozen=True, slots=True)
class _Means:
    ports: Ports
    env: Mapping[str, str]
    report: Report
    pause: Pause


def up(
    project: Project,
    interruption: Interruption,
    *,
    report: Report,
    ports: Ports = NO_PORTS,
    env: Mapping[str, str] = os.environ,
) -> UpResult:
    """Bring the stack up, or find it up. One that is half there or has other sources or settings is ended first.

    Raises:
        StackError: one line that says what to do; nothing that was started runs on.
    """
    with locked(project.lock_file, pause=interruption.pause):
        fingerprint = source_hash(project)
        existing = load(project.state_file)
        was_up = existing is not None and serves(existing)
        if existing is not None and was_up and existing.build_hash == fingerprint and fits(existing, env, ports):
            return UpResult(existing, already_running=True, was_up=True)
        if existing is not None:
            report(_REPLACING if was_up else _CLEARING)
            _end(project, existing)
        state = _new_state(env)
        try:
            _bring_up(project, state, fingerprint, _Means(ports, env, report, interruption.pause))
        except BaseException:
            interruption.begin_cleaning()
            _end(project, state)
            raise
        return UpResult(state, already_running=False, was_up=was_up)


def down(project: Project, interruption: Interruption) -> bool:
    """End the stack's processes and forget them; False when there was none.

    Raises:
        StackError: another command works on the stack, or its state cannot be read.
    """
    with locked(project.lock_file, pause=interruption.pause):
        state = load(project.state_file)
        if state is None:
            return False
        interruption.begin_cleaning()
        _end(project, state)
        return True


def _new_state(env: Mapping[str, str]) -> StackState:
    mark = secrets.token_hex(8)
    return StackState(mark=mark, settings_hash=settings_hash(env, mark))


def serves(state: StackState) -> bool:
    """Whether every process of the stack runs and its API answers."""
    return bool(state.api_url) and all(map(processes.is_running, state.processes)) and is_healthy(state.api_url)


def _bring_up(project: Project, state: StackState, fingerprint: str, means: _Means) -> None:
    means.report("Starting AWS, Redis and HubSpot on this machine")
    services = ServiceStarter(project, state, means.ports, means.env).start_all()
    steps = StepRunner(project, state, means.env, means.pause)
    built = Build(project, fingerprint)
    if not built.is_there:
        means.report("Building the functions and their layers")
        build(steps, built)
    built.claim()
    for service in services:
        service.wait_until_ready(means.pause)
    means.report("Deploying template.yaml")
    deploy(steps, built.template, state.endpoint, _parameters(state, means.env))
    _configure(built, state, means.env)
    means.report("Waiting for the API")
    _wait_until_healthy(project, state, means.pause)
    state.build_hash = fingerprint
    state.save(project.state_file)


def _parameters(state: StackState, env: Mapping[str, str]) -> dict[str, str]:
    level = env.get(LOG_LEVEL_SETTING) or "INFO"
    places = {"CacheKind": "own", "HubSpotBaseUrl": state.hubspot_url}
    model = {"AiBaseUrl": state.model_url} if state.model_url else {}
    return {**PARAMETERS, **places, **model, "LogLevel": level}


def _configure(built: Build, state: StackState, env: Mapping[str, str]) -> None:
    """Read where the deployed parts are and fill the secret.

    Raises:
        StepFailedError: the emulator refuses, or the template lacks an output.
    """
    try:
        state.outputs = read_outputs(state.endpoint)
        state.api_url = api_url(state.endpoint, state.outputs)
        put_gateway_responses(api_gateway(state.endpoint), built.template, state.outputs)
        put_secret(state.endpoint, state.outputs["SecretArn"], _secret(state, env))
    except (BotoCoreError, ClientError, KeyError) as error:
        log = built.project.logs / "ministack.log"
        raise StepFailedError("Using the deployed stack", repr(error), log) from error


def _secret(state: StackState, env: Mapping[str, str]) -> dict[str, str]:
    state.operator_token, state.boss_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    return {
        "hubspotToken": state.hubspot_token or cleaned(env.get(TOKEN_SETTING, "")),
        "anthropicApiKey": state.model_key or cleaned(env.get(MODEL_KEY_SETTING, "")),
        "redisUrl": state.redis_url,
        "operatorToken": state.operator_token,
        "bossToken": state.boss_token,
    }


def _wait_until_healthy(project: Project, state: StackState, pause: Pause) -> None:
    log = project.logs / "ministack.log"

    def look() -> bool | None:
        for process in state.processes:
            processes.require_running(process)
        return is_healthy(state.api_url) or None

    def too_late() -> NotReadyError:
        return NotReadyError("The API", HEALTH_TIMEOUT, reason_in(log), log)

    wait_for(look, timeout=HEALTH_TIMEOUT, on_timeout=too_late, pause=pause, every=HEALTH_POLL_SECONDS)


def _end(project: Project, state: StackState) -> None:
    processes.end(state.processes)
    shutil.rmtree(project.scratch, ignore_errors=True)
    project.state_file.unlink(missing_ok=True)
