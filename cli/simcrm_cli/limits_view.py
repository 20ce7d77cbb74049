"""Format the limits of a preview for people."""

from collections.abc import Mapping, Sequence
from typing import Any

LABELS = {
    "hubspotCallsPerTenSeconds": "HubSpot calls in 10 s",
    "hubspotCallsPerDay": "HubSpot calls a day",
    "lambdaConcurrency": "concurrent Lambda functions",
    "planSeconds": "seconds of planning",
    "stepFunctionsTransitionsPerSecond": "state transitions a second",
    "stepFunctionsOpenExecutions": "open executions of Step Functions",
    "stepFunctionsMapChildren": "concurrent children of a map",
    "executionSeconds": "seconds of one execution",
    "sqsMessagesInFlight": "queue messages in flight",
}
"""Labels of the limits by their names in the API's document."""


def first_limit(limits: Sequence[Mapping[str, Any]]) -> str:
    """Describe the limit that a run meets first or comes closest to."""
    found = limits[0]
    met = "first limit" if found["share"] > 1 else "no limit is reached, closest"
    return f"{met}: {limit_line(found)}"


def limit_line(limit: Mapping[str, Any]) -> str:
    """Describe one limit with what is needed and what is available."""
    name = LABELS.get(limit["name"], limit["name"])
    return f"{name}, {limit['needed']:,.0f} needed, {limit['available']:,.0f} allowed"
