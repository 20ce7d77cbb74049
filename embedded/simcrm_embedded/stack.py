"""Start, find and end the embedded stack."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from simcrm.core.credentials import strip_credential
from simcrm_embedded import processes
from simcrm_embedded.build import Build, build, source_hash
from simcrm_embedded.deployment import api_gateway, api_url, deploy, is_healthy, put_secret, read_outputs
from simcrm_embedded.errors import NotReadyError, StackInUseError, StepFailedError
from simcrm_embedded.external_ledgers import save_ledgers
from simcrm_embedded.gateway_responses import put_gateway_responses
from simcrm_embedded.local_portal import TOKEN_SETTING
from simcrm_embedded.log_errors import last_error_in_log
from simcrm_embedded.model_settings import model_keys, model_parameters, model_variables
from simcrm_embedded.polling import Interruption, Pause, wait_for
from simcrm_embedded.project import Project
from simcrm_embedded.running_stack import StackCondition, check_condition, read_work
from simcrm_embedded.sam_runner import StepRunner
from simcrm_embedded.services import RequestedPorts, ServiceStarter
from simcrm_embedded.stack_locks import StackUse, is_used
from simcrm_embedded.stack_settings import LOG_LEVEL_SETTING, matches_settings, settings_hash
from simcrm_embedded.state import StackState, hold_lock, load

HEALTH_TIMEOUT = 180.0
HEALTH_POLL_SECONDS = 0.25
MAX_NAMED = 5
"""Maximum number of running executions named in a refusal."""
PARAMETERS = {
    "Monitoring": "DISABLED",
    "MapConcurrency": "4",
    "WriterTimeoutSeconds": "10",
}
NO_PORTS = RequestedPorts()
Report = Callable[[str], None]
_REPLACING = "Ending the stack that runs here, because it"
_CLEARING = "Ending what is left of an earlier stack"


@dataclass(frozen=True, slots=True)
class UpResult:
    """A stack that responds; ``already_running`` if it was up before."""

    state: StackState
    already_running: bool


@dataclass(frozen=True, slots=True)
class _UpContext:
    ports: RequestedPorts
    env: Mapping[str, str]
    report: Report
    pause: Pause


def up(
    project: Project,
    interruption: Interruption,
    *,
    report: Report,
    ports: RequestedPorts = NO_PORTS,
    env: Mapping[str, str] = os.environ,
    replace: bool = False,
    use: StackUse | None = None,
) -> UpResult:
    """Start the stack, or return the running one.

    Remains of a dead stack are ended first. A living stack that has other sources or settings, or does not respond, is
    ended only if it is empty or ``replace`` is set. With a claim, ``use``, a newly started stack is temporary.

    Raises:
        StackInUseError: the existing stack would have to be replaced, and is in use.
        StackError: the message is one line that says what to do; nothing that was started is left running.
    """
    project.prepare()
    with hold_lock(project.lock_file, pause=interruption.pause):
        fingerprint = source_hash(project)
        existing = load(project.state_file)
        state = _new_state(env, is_temporary=use is not None)
        if existing is not None:
            condition = check_condition(existing, interruption.pause)
            why = _find_mismatch(existing, condition, fingerprint, matches_settings(existing, env, ports))
            if why is None:
                return UpResult(_adopt(project, existing, is_temporary=use is not None), already_running=True)
            _end_existing(project, existing, condition, why, use=use, replace=replace, report=report)
            state.is_temporary = state.is_temporary and (condition is StackCondition.DEAD or existing.is_temporary)
        try:
            _bring_up(project, state, fingerprint, _UpContext(ports, env, report, interruption.pause))
        except BaseException:
            interruption.begin_cleaning()
            _end(project, state)
            raise
        return UpResult(state, already_running=False)


def release(project: Project, interruption: Interruption, use: StackUse, *, report: Report, keep: bool = False) -> bool:
    """Release a claim; a temporary stack ends with the last claim, unless ``keep`` is set. Return whether it ended.

    Raises:
        StackError: another command is working on the stack, or its state cannot be read.
    """
    with hold_lock(project.lock_file, pause=interruption.pause):
        state = load(project.state_file)
        if state is None:
            return True
        if keep:
            _adopt(project, state, is_temporary=False)
        if not state.is_temporary or not use.is_alone():
            return False
        report("Ending the stack")
        interruption.begin_cleaning()
        _end(project, state)
        return True


def down(project: Project, interruption: Interruption) -> bool:
    """End the stack's processes and delete its state; return False if there was none.

    Raises:
        StackError: another command is working on the stack, or its state cannot be read.
    """
    with hold_lock(project.lock_file, pause=interruption.pause):
        state = load(project.state_file)
        if state is None:
            return False
        interruption.begin_cleaning()
        _end(project, state)
        return True


def _new_state(env: Mapping[str, str], *, is_temporary: bool) -> StackState:
    mark = secrets.token_hex(8)
    return StackState(
        mark=mark,
        settings_hash=settings_hash(env, mark),
        is_temporary=is_temporary,
        aws_token=secrets.token_urlsafe(24),
        control_secret=secrets.token_urlsafe(24),
    )


def is_alive(state: StackState) -> bool:
    """Whether any process of the stack is running, healthy or not."""
    return any(map(processes.is_running, state.processes))


def _find_mismatch(state: StackState, condition: StackCondition, fingerprint: str, has_settings: bool) -> str | None:  # noqa: FBT001
    """Return why the existing stack cannot be used as it is, or None."""
    if condition is not StackCondition.ANSWERS:
        return "does not answer, though its processes run"
    if not (state.aws_token and state.control_secret):
        return "was started by a version that let in everybody"
    if state.build_hash != fingerprint:
        return "has other sources"
    return None if has_settings else "has other settings or ports"


def _adopt(project: Project, state: StackState, *, is_temporary: bool) -> StackState:
    """Make a stack permanent if it is wanted for longer than a demo."""
    if state.is_temporary and not is_temporary:
        state.is_temporary = False
        state.save(project.state_file)
    return state


def _end_existing(
    project: Project,
    state: StackState,
    condition: StackCondition,
    why: str,
    *,
    use: StackUse | None,
    replace: bool,
    report: Report,
) -> None:
    """End a stack that cannot be used as it is.

    Raises:
        StackInUseError: it is in use, and ``replace`` is not set.
    """
    if (
        condition is not StackCondition.DEAD
        and not replace
        and (busy := _describe_use(project, state, use)) is not None
    ):
        raise StackInUseError(why, busy)
    report(_CLEARING if condition is StackCondition.DEAD else f"{_REPLACING} {why}")
    _end(project, state)


def _describe_use(project: Project, state: StackState, use: StackUse | None) -> str | None:
    """Return what would be lost with a living stack."""
    work = read_work(state)
    if work is None:
        return "what runs on it cannot be asked"
    if work.running:
        return f"{len(work.running)} executions run on it ({', '.join(work.running[:MAX_NAMED])})"
    if work.total:
        return f"it holds {work.total} simulations or jobs, whose records and ledgers would be lost"
    is_claimed = is_used(project) if use is None else not use.is_alone()
    return "a demo is about to use it" if is_claimed else None


def _bring_up(project: Project, state: StackState, fingerprint: str, context: _UpContext) -> None:
    context.report("Starting AWS, Redis and HubSpot on this machine")
    services = ServiceStarter(project, state, context.ports, context.env, context.pause).start_all()
    steps = StepRunner(project, state, context.env, context.pause)
    built = Build(project, fingerprint)
    if not built.is_there:
        context.report("Building the functions and their layers")
        build(steps, built)
    built.claim()
    for service in services:
        service.wait_until_ready(context.pause)
    context.report("Deploying template.yaml")
    state.model_variables = model_variables(context.env, state.model_url)
    deploy(steps, built.template, _parameters(state, context.env))
    _configure(built, state, context.env)
    context.report("Waiting for the API")
    _wait_until_healthy(project, state, context.pause)
    state.build_hash = fingerprint
    state.save(project.state_file)


def _parameters(state: StackState, env: Mapping[str, str]) -> dict[str, str]:
    level = env.get(LOG_LEVEL_SETTING) or "INFO"
    places = {"CacheKind": "own", "HubSpotBaseUrl": state.hubspot_url}
    return {**PARAMETERS, **places, **model_parameters(state.model_variables), "LogLevel": level}


def _configure(built: Build, state: StackState, env: Mapping[str, str]) -> None:
    """Read the deployed addresses and fill the secret.

    Raises:
        StepFailedError: the emulator refuses, or the template lacks an output.
    """
    try:
        state.outputs = read_outputs(state)
        state.api_url = api_url(state.endpoint, state.outputs)
        put_gateway_responses(api_gateway(state), built.template, state.outputs)
        put_secret(state, state.outputs["SecretArn"], _secret(state, env))
    except (BotoCoreError, ClientError, KeyError) as error:
        log = built.project.logs / "ministack.log"
        raise StepFailedError("Using the deployed stack", repr(error), log) from error


def _secret(state: StackState, env: Mapping[str, str]) -> dict[str, str]:
    state.operator_token, state.boss_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    return {
        "hubspotToken": state.hubspot_token or strip_credential(env.get(TOKEN_SETTING, "")),
        **model_keys(env, state.model_key),
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
        return NotReadyError("The API", HEALTH_TIMEOUT, last_error_in_log(log), log)

    wait_for(look, timeout=HEALTH_TIMEOUT, on_timeout=too_late, pause=pause, every=HEALTH_POLL_SECONDS)


def _end(project: Project, state: StackState) -> None:
    processes.end(state.processes, mark=state.mark)
    save_ledgers(project)
    shutil.rmtree(project.scratch, ignore_errors=True)
    project.state_file.unlink(missing_ok=True)
