"""How a run has ended, by what became of its planned objects: the one decision, and its words."""

from dataclasses import dataclass

from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import Tally
from simcrm.storage.run_status import Failure, State

TOLERATED_SHARE = 0.01
"""Of the planned objects, how many may be refused or never made in a run that has succeeded all the same."""

PARTIAL, NOTHING_ARRIVED = "PARTIAL", "NOTHING_ARRIVED"
"""Codes of an ending that no step failed for."""


def ending(planned: int, written: int, refused: int, missing: int) -> State:
    """How a run that has come to its end did; all figures are objects, ``missing`` ones have no entry in the ledger.

    FAILED where nothing arrived of what was planned, PARTIAL where more than ``TOLERATED_SHARE`` of it was refused or
    never made, else SUCCEEDED.
    """
    if planned > 0 and written == 0:
        return State.FAILED
    if refused + missing > TOLERATED_SHARE * planned:
        return State.PARTIAL
    return State.SUCCEEDED


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has done; ``records`` are the planned ones, ``cause`` is why it stopped early or lost a batch."""

    simulation_id: str
    records: int
    tally: Tally
    missing: int
    reason: str | None = None
    cause: Failure | None = None

    @property
    def planned(self) -> int:
        """All objects: those of the ledger and those that are in none."""
        return sum(self.tally.settled.values()) + self.missing

    @property
    def state(self) -> State:
        """How it ended, if it came to its end."""
        return ending(self.planned, sum(self.tally.written.values()), self.tally.refused, self.missing)


def judged(result: Result, *, stopped: bool) -> tuple[State, Failure | None]:
    """The state and what to say of it; a run that was ``stopped`` before its end has failed whatever arrived."""
    if stopped:
        return State.FAILED, _stopped(result)
    state = result.state
    if state is State.FAILED:
        return state, Failure(code=NOTHING_ARRIVED, message=f"Nothing arrived in the portal: {_account(result)}")
    if state is State.PARTIAL:
        return state, Failure(code=PARTIAL, message=f"Not all arrived in the portal: {_account(result)}")
    return state, None


def _stopped(result: Result) -> Failure:
    """The cause, how many records it cost, and the command that goes on."""
    cause = result.cause or Failure(code="UNKNOWN", message="The run stopped.")
    if cause.code == "VALIDATION_ERROR":
        return cause
    goes_on = f"{_lost(result)}: `simcrm resume {result.simulation_id}` goes on."
    return Failure(code=cause.code, message=f"{_sentence(cause.message)} {goes_on}")


def _lost(result: Result) -> str:
    """What a stop has cost: records, and objects where it is only activities."""
    left = result.records - result.tally.written.get(ObjectType.CONTACTS, 0)
    if result.records == 0:
        return "Nothing was written"
    if left == 0 and result.missing:
        return f"{result.missing:,} of {result.planned:,} objects were not made"
    return f"{left:,} of {result.records:,} records were not made"


def _account(result: Result) -> str:
    """What was refused and what was never made, each with its reason, and the command that tries it again."""
    parts = []
    if result.tally.refused:
        why = "" if result.reason is None else f", most often because: {_bare(result.reason)}"
        parts.append(f"{result.tally.refused:,} of {result.planned:,} objects were refused{why}")
    if result.missing:
        why = "" if result.cause is None else f", because: {_bare(result.cause.message)}"
        parts.append(f"{result.missing:,} of {result.planned:,} objects were never made{why}")
    return f"{'; '.join(parts)}. `simcrm resume {result.simulation_id}` tries them again."


def _bare(text: str) -> str:
    return text.strip().rstrip(".")


def _sentence(text: str) -> str:
    bare = text.strip()
    return bare if bare.endswith((".", "!", "?")) else f"{bare}."
