"""One slice of a clean-up or a repair run, as long as a function may run; the state machine asks for the next."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from simcrm.hubspot.client import HubSpotClient
from simcrm.maintenance.cleanup import Cleanup
from simcrm.maintenance.repair import Repair
from simcrm.storage.artifacts import Artifacts
from simcrm.writing.claims import Claims
from simcrm.writing.writer import Writer


class Action(StrEnum):
    """What is to be done with a simulation that has ended."""

    CLEANUP = "cleanup"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Tools:
    """The portal, who owns its domains, and the function's time."""

    client: HubSpotClient
    writer: Writer
    claims: Claims
    is_over: Callable[[], bool]
    pause: Callable[[float], None]


def work(action: Action, artifacts: Artifacts, tools: Tools) -> bool:
    """Go on with a job; whether it is done.

    Raises:
        PortalBusyError, PortalRefusedError: the progress is kept.
    """
    if action is Action.CLEANUP:
        done = Cleanup(tools.client, artifacts, tools.is_over, tools.pause).run().done
        if done:
            tools.claims.release(artifacts.simulation_id)
        return done
    return Repair(tools.writer, artifacts, tools.is_over).run().done
