"""What goes wrong in a chaos run, and when: drawn from a seed before the run begins."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from simcrm_embedded import processes, redis_server
from simcrm_embedded.environment import service_environment
from simcrm_embedded.function_processes import kill_functions
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

GENERATORS = ("GenerateContactFunction", "GenerateActivityFunction")
WRITERS = ("WriteHubSpotFunction",)
MEAN_GAP_SECONDS = 1.5
MOST_CALLS = 4
FAULTS_PER_HUNDRED_RECORDS = 4
"""The most of a run: the portal is asked a few times for a hundred records, and some calls must go well."""

KINDS: dict[str, tuple[int, Mapping[str, Any]]] = {
    "writers killed": (3, {}),
    "generators killed": (3, {}),
    "cache restarted empty": (1, {}),
    "portal: 500": (2, {"kind": "status", "status": 500}),
    "portal: 502 after the write": (2, {"kind": "status", "status": 502, "afterWrite": True}),
    "portal: connection lost after the write": (2, {"kind": "drop", "afterWrite": True}),
    "portal: connection lost": (1, {"kind": "drop"}),
    "portal: 429": (2, {"kind": "rate_limit", "retryAfter": 1}),
    "portal: slow": (1, {"kind": "slow", "delaySeconds": 3}),
    "model: 529": (1, {"kind": "status", "status": 529, "retryAfter": 1}),
    "model: 500": (1, {"kind": "status", "status": 500}),
    "model: connection lost": (1, {"kind": "drop"}),
    "model: answer cut off": (1, {"kind": "truncated"}),
    "model: records missing": (1, {"kind": "missing_records"}),
    "model: talks": (1, {"kind": "not_json"}),
}
"""Each kind's weight, and the rule that the stand-in of the portal or the model gets."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; ``at`` is in seconds after the run's start, ``calls`` how many calls it spoils."""

    at: float
    kind: str
    calls: int


def schedule(seed: int, records: int) -> Iterator[Fault]:
    """The faults of a run in the order of their times; the same for the same seed, more of them for more records."""
    drawn = random.Random(seed)  # noqa: S311 - chooses faults, not secrets
    names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    at = 0.0
    for _ in range(math.ceil(records / 100 * FAULTS_PER_HUNDRED_RECORDS)):
        at += drawn.expovariate(1 / MEAN_GAP_SECONDS)
        (kind,) = drawn.choices(names, weights)
        yield Fault(at, kind, drawn.randint(1, MOST_CALLS))


@dataclass(slots=True)
class Injector:
    """Makes faults happen in one stack; ``made`` counts them by kind, ``killed`` the processes that died."""

    project: Project
    state: StackState
    made: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)

    def make(self, fault: Fault) -> None:
        """Let it happen now."""
        self.made[fault.kind] += 1
        acts: dict[str, Callable[[], None]] = {
            "writers killed": lambda: self._kill(fault.kind, WRITERS),
            "generators killed": lambda: self._kill(fault.kind, GENERATORS),
            "cache restarted empty": self._restart_cache,
        }
        if fault.kind in acts:
            acts[fault.kind]()
        else:
            self._spoil(fault)

    def calm(self) -> None:
        """Take back what has not happened yet."""
        for url in (self.state.hubspot_url, self.state.model_url):
            self._control("DELETE", f"{url}/_local/faults")

    def _kill(self, kind: str, functions: tuple[str, ...]) -> None:
        self.killed[kind] += kill_functions(self.state, *functions)

    def _spoil(self, fault: Fault) -> None:
        side = fault.kind.partition(":")[0]
        url = self.state.hubspot_url if side == "portal" else self.state.model_url
        path = "^/crm/" if side == "portal" else "^/v1/messages"
        rule = {**KINDS[fault.kind][1], "path": path, "times": fault.calls}
        self._control("DELETE", f"{url}/_local/faults")  # what met no call in time does not pile up
        self._control("POST", f"{url}/_local/faults", rule)

    def _control(self, method: str, url: str, body: Any = None) -> None:
        headers = self.state.control_headers
        httpx2.request(method, url, json=body, headers=headers, timeout=30).raise_for_status()

    def _restart_cache(self) -> None:
        (old,) = [process for process in self.state.processes if process.name == "Redis"]
        processes.end([old])
        place = urlsplit(self.state.redis_url)
        new = processes.start(
            "Redis",
            redis_server.server_command(),
            env=service_environment({}, self.project.scratch),
            mark=self.state.mark,
            log=old.log,
            folder=self.project.scratch,
            standard_input=redis_server.server_settings(place.port or 0, place.password or ""),
        )
        self.state.processes[self.state.processes.index(old)] = new
        self.state.save(self.project.state_file)
