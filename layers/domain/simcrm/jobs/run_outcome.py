"""How a run has ended, by what became of its planned objects: the one decision, and its words."""

from dataclasses import dataclass

from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.run_status import RunFailure, RunState

TOLERATED_SHARE = 0.01
"""Of the planned objects, how many may be refused or never made in a run that has succeeded all the same."""

PARTIAL, NOTHING_ARRIVED = "PARTIAL", "NOTHING_ARRIVED"
"""Codes of an ending that no step failed for."""


def final_state(planned: int, written: int, refused: int, missing: int) -> RunState:
    """How a run that has come to its end did; all figures are objects, ``missing`` ones have no entry in the ledger.

    FAILED where nothing arrived of what was planned, PARTIAL where more than ``TOLERATED_SHARE`` of it was refused or
    never made, else SUCCEEDED.
    """
    if planned > 0 and written == 0:
        return RunState.FAILED
    if refused + missing > TOLERATED_SHARE * planned:
        return RunState.PARTIAL
    return RunState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run has done; ``records`` are the planned ones, ``cause`` is why it stopped early or lost a batch."""

    simulation_id: str
    records: int
    totals: LedgerTotals
    missing: int
    reason: str | None = None
    cause: RunFailure | None = None

    @property
    def planned(self) -> int:
        """All objects: those of the ledger and those that are in none."""
        return sum(self.totals.settled.values()) + self.missing

    @property
    def state(self) -> RunState:
        """How it ended, if it came to its end."""
        return final_state(self.planned, sum(self.totals.written.values()), self.totals.refused, self.missing)


def judge_run(result: RunResult, *, stopped: bool) -> tuple[RunState, RunFailure | None]:
    """The state and what to say of it; a run that was ``stopped`` before its end has failed whatever arrived."""
    if stopped:
        return RunState.FAILED, _stop_failure(result)
    state = result.state
    if state is RunState.FAILED:
        return state, RunFailure(
            code=NOTHING_ARRIVED, message=f"Nothing arrived in the portal: {_describe_refused_and_missing(result)}"
        )
    if state is RunState.PARTIAL:
        return state, RunFailure(
            code=PARTIAL, message=f"Not all arrived in the portal: {_describe_refused_and_missing(result)}"
        )
    return state, None


def _stop_failure(result: RunResult) -> RunFailure:
    """The cause, how many records it cost, and the command that goes on."""
    cause = result.cause or RunFailure(code="UNKNOWN", message="The run stopped.")
    if cause.code == "VALIDATION_ERROR":
        return cause
    goes_on = f"{_describe_loss(result)}: `simcrm resume {result.simulation_id}` goes on."
    return RunFailure(code=cause.code, message=f"{_as_sentence(cause.message)} {goes_on}")


def _describe_loss(result: RunResult) -> str:
    """What a stop has cost: records, and objects where it is only activities."""
    remaining = result.records - result.totals.written.get(ObjectType.CONTACTS, 0)
    if result.records == 0:
        return "Nothing was written"
    if remaining == 0 and result.missing:
        return f"{result.missing:,} of {result.planned:,} objects were not made"
    return f"{remaining:,} of {result.records:,} records were not made"


def _describe_refused_and_missing(result: RunResult) -> str:
    """What was refused and what was never made, each with its reason, and the command that tries it again."""
    parts = []
    if result.totals.refused:
        why = "" if result.reason is None else f", most often because: {_without_stop(result.reason)}"
        parts.append(f"{result.totals.refused:,} of {result.planned:,} objects were refused{why}")
    if result.missing:
        why = "" if result.cause is None else f", because: {_without_stop(result.cause.message)}"
        parts.append(f"{result.missing:,} of {result.planned:,} objects were never made{why}")
    return f"{'; '.join(parts)}. `simcrm resume {result.simulation_id}` tries them again."


def _without_stop(text: str) -> str:
    return text.strip().rstrip(".")


def _as_sentence(text: str) -> str:
    bare = text.strip()
    return bare if bare.endswith((".", "!", "?")) else f"{bare}."
