"""What happens to a call of the portal to which a scripted fault applies."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from local_server.faults import FaultRule


class HubSpotFaultKind(StrEnum):
    """What happens to a call.

    ``status`` returns an error, ``rate_limit`` a 429, ``drop`` closes the connection without a response, ``slow``
    delays the normal response, and ``invalid_input`` makes one input of a batch fail validation.
    """

    STATUS = "status"
    RATE_LIMIT = "rate_limit"
    DROP = "drop"
    SLOW = "slow"
    INVALID_INPUT = "invalid_input"


class HubSpotFaultRule(FaultRule):
    """A rule; ``after_write`` performs the call before the fault, and ``record`` counts inputs from 1."""

    kind: HubSpotFaultKind = HubSpotFaultKind.STATUS
    policy: Literal["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"] = "TEN_SECONDLY_ROLLING"
    retry_after: int | None = Field(default=None, ge=0)
    record: int = Field(default=1, ge=1)
    after_write: bool = False
