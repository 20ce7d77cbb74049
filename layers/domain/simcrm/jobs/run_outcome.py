"""The final state of a run, decided from the outcomes of its planned objects, and the message that explains it."""

from dataclasses import dataclass

from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.run_status import RunFailure, RunState

TOLERATED_SHARE = 0.01
"""Share of planned objects that may be refused or never created in a run that still counts as succeeded."""

PARTIAL, NOTHING_ARRIVED = "PARTIAL", "NOTHING_ARRIVED"
"""Codes of unsuccessful outcomes in which no step failed."""


def final_state(planned: int, written: int, refused: int, missing: int) -> RunState:
    """Return the state of a completed run; all counts are objects, and ``missing`` ones have no ledger entry.

    FAILED if none of the planned objects arrived, PARTIAL if more than ``TOLERATED_SHARE`` of them were refused or
    never created, SUCCEEDED otherwise.
    """
    if planned > 0 and written == 0:
        return RunState.FAILED
    if refused + missing > TOLERATED_SHARE * planned:
        return RunState.PARTIAL
    return RunState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of a run; ``records`` is the planned number, ``cause`` is why it stopped early or lost a batch."""

    simulation_id: str
    records: int
    totals: LedgerTotals
    missing: int
    reason: str | None = None
    cause: RunFailure | None = None

    @property
    def planned_count(self) -> int:
        """All planned objects: those in the ledger and those missing from it."""
        return sum(self.totals.settled.values()) + self.missing

    @property
    def state(self) -> RunState:
        """The final state, provided that the run completed."""
        # Products serve the line items of deals: alone, they are nothing that anybody asked for.
        arrived = sum(count for kind, count in self.totals.written.items() if kind is not ObjectType.PRODUCTS)
        return final_state(self.planned_count, arrived, self.totals.refused, self.missing)


def judge_run(result: RunResult, *, stopped: bool) -> tuple[RunState, RunFailure | None]:
    """Return the state and its explanation; a run that was ``stopped`` early has failed, whatever arrived."""
    if stopped:
        return RunState.FAILED, _stop_failure(result)
    state = result.state
    if state is RunState.FAILED:
        return state, RunFailure(
            code=NOTHING_ARRIVED, message=f"Nothing arrived in the portal: {_describe_refused_and_missing(result)}"
        )
    if state is RunState.PARTIAL:
        return state, RunFailure(
            code=PARTIAL, message=f"Not everything arrived in the portal: {_describe_refused_and_missing(result)}"
        )
    return state, None


def _stop_failure(result: RunResult) -> RunFailure:
    """Describe the cause, the number of records lost, and the command that resumes the run."""
    cause = result.cause or RunFailure(code="UNKNOWN", message="The run stopped.")
    if cause.code == "VALIDATION_ERROR":
        return cause
    goes_on = f"{_describe_loss(result)}: `simcrm resume {result.simulation_id}` continues the run."
    return RunFailure(code=cause.code, message=f"{_as_sentence(cause.message)} {goes_on}")


def _describe_loss(result: RunResult) -> str:
    """Describe what is missing after a stop: records, or objects if only activities are missing."""
    remaining = result.records - result.totals.written.get(ObjectType.CONTACTS, 0)
    if result.records == 0:
        return "Nothing was written"
    if remaining == 0 and result.missing:
        return f"{result.missing:,} of {result.planned_count:,} objects were not generated"
    return f"{remaining:,} of {result.records:,} records were not generated"


def _describe_refused_and_missing(result: RunResult) -> str:
    """Describe what was refused and what was never created, with reasons, and the command that retries it."""
    parts = []
    if result.totals.refused:
        why = "" if result.reason is None else f", most often because: {_without_stop(result.reason)}"
        parts.append(f"{result.totals.refused:,} of {result.planned_count:,} objects were refused{why}")
    if result.missing:
        why = "" if result.cause is None else f", because: {_without_stop(result.cause.message)}"
        parts.append(f"{result.missing:,} of {result.planned_count:,} objects were never generated{why}")
    return f"{'; '.join(parts)}. `simcrm resume {result.simulation_id}` retries them."


def _without_stop(text: str) -> str:
    return text.strip().rstrip(".")


def _as_sentence(text: str) -> str:
    bare = text.strip()
    return bare if bare.endswith((".", "!", "?")) else f"{bare}."
