"""The services that the deployed functions need: AWS, Redis, a HubSpot portal, and optionally a model."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local_server.server_arguments import ServerKeys
from simcrm_embedded import emulator, local_model, local_portal, processes, redis_server
from simcrm_embedded.environment import service_environment
from simcrm_embedded.errors import NotReadyError, ProcessCrashedError
from simcrm_embedded.log_errors import last_error_in_log
from simcrm_embedded.polling import Pause, wait_for
from simcrm_embedded.ports import guess_free, require_free
from simcrm_embedded.private_files import make_private
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

READY_TIMEOUT = 180.0
REDIS_PORTS = 5
"""Number of ports to try for Redis, which cannot choose a free one: another program may take it first."""


@dataclass(frozen=True, slots=True)
class RequestedPorts:
    """Ports that the user requested; None means any free one."""

    aws: int | None = None
    redis: int | None = None
    hubspot: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A started process and how to tell whether it responds."""

    process: ManagedProcess
    is_ready: Callable[[], bool]

    def wait_until_ready(self, pause: Pause) -> None:
        """Wait for the first response.

        Raises:
            ProcessCrashedError: the process ended instead.
            NotReadyError: there was no response in time.
        """
        wait_for(self._look, timeout=READY_TIMEOUT, on_timeout=self._too_late, pause=pause)

    def _too_late(self) -> NotReadyError:
        return NotReadyError(self.process.name, READY_TIMEOUT, last_error_in_log(self.process.log), self.process.log)

    def _look(self) -> bool | None:
        processes.require_running(self.process)
        return self.is_ready() or None


class ServiceStarter:
    """Starts processes and records each in the state immediately."""

    def __init__(
        self,
        project: Project,
        state: StackState,
        ports: RequestedPorts,
        env: Mapping[str, str],
        pause: Pause = time.sleep,
    ) -> None:
        self._project = project
        self._state = state
        self._ports = ports
        self._env = env
        self._pause = pause

    def start_all(self) -> list[Service]:
        """Start what the user does not provide; the returned services may not be ready yet.

        Raises:
            StackError: a tool is missing, a port is taken or a setting is invalid.
        """
        make_private(self._project.scratch)
        services = [self.start_emulator(), self.start_redis(), self.start_portal(), self.start_model()]
        return [service for service in services if service is not None]

    def start_emulator(self) -> Service:
        """Start the emulated AWS."""
        command = emulator.emulator_command(self._project)
        port = require_free(self._ports.aws, "--aws-port")
        settings = emulator.emulator_environment(self._env, port, self._project.scratch, self._state.aws_token)
        process = self._run("MiniStack", command, settings)
        return Service(
            process, lambda: self._save_url("endpoint", process.log) and emulator.is_ready(self._state.endpoint)
        )

    def start_redis(self) -> Service | None:
        """Start a Redis server and wait until it responds, unless the user provides one."""
        if (url := redis_server.user_redis_url(self._env)) is not None:
            self._state.redis_url = url
            return None
        port = require_free(self._ports.redis, "--redis-port")
        for _ in range(1 if port else REDIS_PORTS):
            service = self._start_redis_at(port or guess_free())
            try:
                service.wait_until_ready(self._pause)
            except ProcessCrashedError as error:
                failure = error
                self._state.processes.remove(service.process)
            else:
                return service
        raise failure

    def start_portal(self) -> Service | None:
        """Start the local HubSpot, unless the user provides a portal."""
        if (portal := local_portal.user_portal(self._env)) is not None:
            self._state.hubspot_url = portal.url
            return None
        port = require_free(self._ports.hubspot, "--hubspot-port")
        self._state.hubspot_token = local_portal.new_token()
        keys = ServerKeys((self._state.hubspot_token,), self._state.control_secret)
        process = self._run("HubSpot", local_portal.portal_command(port), self._plain_environment(), keys.to_document())
        return Service(process, lambda: self._save_url("hubspot_url", process.log))

    def start_model(self) -> Service | None:
        """Start the stand-in for the model, if it is enabled."""
        if not local_model.is_enabled(self._env):
            return None
        self._state.model_key = local_model.new_key()
        keys = ServerKeys((self._state.model_key,), self._state.control_secret)
        process = self._run("Model", local_model.model_command(), self._plain_environment(), keys.to_document())
        return Service(process, lambda: self._save_url("model_url", process.log))

    def _start_redis_at(self, port: int) -> Service:
        password = secrets.token_urlsafe(24)
        self._state.redis_url = url = redis_server.redis_url(port, password)
        settings = redis_server.server_settings(port, password)
        process = self._run("Redis", redis_server.server_command(), self._plain_environment(), settings)
        return Service(process, lambda: redis_server.is_ready(url))

    def _save_url(self, field: Literal["endpoint", "hubspot_url", "model_url"], log: Path) -> bool:
        setattr(self._state, field, read_url(log) or "")
        return bool(getattr(self._state, field))

    def _plain_environment(self) -> dict[str, str]:
        return service_environment(self._env, self._project.scratch)

    def _run(
        self, name: str, command: Sequence[str], env: Mapping[str, str], standard_input: bytes = b""
    ) -> ManagedProcess:
        log, folder = self._project.logs / f"{name.lower()}.log", self._project.scratch
        process = processes.start(
            name, command, env=env, mark=self._state.mark, log=log, folder=folder, standard_input=standard_input
        )
        self._state.processes.append(process)
        self._state.save(self._project.state_file)
        return process


def read_url(log: Path) -> str | None:
    """Return the URL that a server of the stack prints once it has its port."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):
            return str(json.loads(line)["url"])
    return None
