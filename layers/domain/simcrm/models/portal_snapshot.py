"""What a run has read of its portal: its currencies, and what it does not let a token write."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.models.run_currency import PortalCurrencies

ASSOCIATION_LABELS = "associationLabels"
"""The name of the labels of contacts in deals among what a run omits."""


class PortalSnapshot(BaseModel):
    """A portal as a run found it.

    ``currencies`` is None if the portal did not name them. ``omitted_types`` are types that the token may not write,
    with the scopes that it lacks; ``omitted_labels`` is None if the portal has a label for each role of contacts in
    deals, else the scopes that the token lacks for them.
    """

    model_config = ConfigDict(frozen=True)

    currencies: PortalCurrencies | None = None
    omitted_types: dict[ObjectType, tuple[str, ...]] = {}
    omitted_labels: tuple[str, ...] | None = None


def describe_omitted(
    types: Mapping[ObjectType, tuple[str, ...]], labels: tuple[str, ...] | None
) -> dict[str, tuple[str, ...]]:
    """Return what a run leaves out, such as ``lineItems`` or ``associationLabels``, with the scopes that it lacks."""
    return by_json_name(types) | ({} if labels is None else {ASSOCIATION_LABELS: labels})


def omission_notices(types: Mapping[ObjectType, tuple[str, ...]], labels: tuple[str, ...] | None) -> Iterator[str]:
    """Yield what users should know about what a run leaves out, and the scopes that would add it."""
    for kind, scopes in types.items():
        yield f"No {kind.label} are written: {_reason(scopes)}."
    if labels is not None:
        yield f"Contacts have no labels of their roles in deals: {_reason(labels)}."


def _reason(scopes: tuple[str, ...]) -> str:
    return f"the token lacks {', '.join(scopes)}" if scopes else "the portal forbids it"
