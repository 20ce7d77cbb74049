"""What was promised of a run and what was kept, from what was planned, ledgered and found in the portal."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChaosResult:
    """A run when it has ended.

    ``planned`` are record keys; ``ledger`` is the last outcome and reason by key; ``portal`` the keys of the
    simulation's records in the portal, one for each; ``unlinked`` those of activities that belong to no contact.
    ``paid`` answers of the model were good, ``retained`` were stored, ``in_flight`` could be lost with a process.
    """

    status: str
    planned: frozenset[str]
    ledger: Mapping[str, tuple[str, str | None]]
    portal: Sequence[str]
    unlinked: Sequence[str]
    paid: int
    retained: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Promise:
    """One line of the table; ``is_met`` is None for a figure that promises nothing."""

    what: str
    figure: int | str
    is_met: bool | None = None


def judge(found: ChaosResult) -> list[Promise]:
    """The promises of the README, each with its figure."""
    written = {key for key, (outcome, _) in found.ledger.items() if outcome == "written"}
    refused = {key: reason for key, (outcome, reason) in found.ledger.items() if outcome == "refused"}
    held = Counter(found.portal)
    again = max(0, found.paid - found.retained)
    return [
        Promise("the run ended as it should", found.status, found.status == "SUCCEEDED"),
        Promise("planned", len(found.planned)),
        Promise("written and ledgered so", len(written)),
        Promise("refused", len(refused)),
        Promise("refused without a reason", _none(refused), _none(refused) == 0),
        _nobody("planned, but in no ledger", found.planned - found.ledger.keys()),
        _nobody("ledgered, but never planned", found.ledger.keys() - found.planned),
        _nobody("lost: ledgered as written, not in the portal", written - held.keys()),
        _nobody("orphans: in the portal, not ledgered as written", held.keys() - written),
        _nobody("doubled in the portal", [key for key, count in held.items() if count > 1]),
        _nobody("activities without a contact", found.unlinked),
        Promise("good answers of the model", found.paid),
        Promise(
            f"of them not kept (at most {found.in_flight} were under way as a process died)",
            again,
            again <= found.in_flight,
        ),
    ]


def _none(refused: Mapping[str, str | None]) -> int:
    return sum(not reason for reason in refused.values())


def _nobody(what: str, keys: Iterable[str]) -> Promise:
    count = len(list(keys))
    return Promise(what, count, count == 0)


def table(title: str, promises: Iterable[Promise]) -> str:
    """The promises as a table of Markdown."""
    marks = {True: "kept", False: "**broken**", None: ""}
    rows = [f"| {item.what} | {item.figure} | {marks[item.is_met]} |" for item in promises]
    return "\n".join([f"| {title} | | |", "|---|---:|---|", *rows])
