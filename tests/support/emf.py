"""Reads log lines as CloudWatch reads its embedded metric format, and refuses what CloudWatch would drop.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

UNITS = {"Count", "Milliseconds", "None"}
"""Those of CloudWatch's units that are used here."""


class Metric(NamedTuple):
    """A metric as CloudWatch keeps it; ``dimensions`` are (name, value) pairs in order."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]


def documents(output: str) -> list[dict[str, Any]]:
    """The lines that are in the format."""
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [row for row in rows if "_aws" in row]


def metrics(output: str) -> dict[Metric, list[float]]:
    """The values of every metric in what a function has printed."""
    found: defaultdict[Metric, list[float]] = defaultdict(list)
    for document in documents(output):
        for metric, values in _parse(document):
            found[metric] += values
    return dict(found)


def _parse(document: Mapping[str, Any]) -> Iterator[tuple[Metric, list[float]]]:
    about = document["_aws"]
    assert isinstance(about["Timestamp"], int)
    assert about["CloudWatchMetrics"]
    for directive in about["CloudWatchMetrics"]:
        assert directive["Namespace"]
        assert 0 < len(directive["Metrics"]) <= 100
        for names in directive["Dimensions"]:
            assert len(names) <= 30
            dimensions = tuple((name, _text(document[name])) for name in sorted(names))
            for definition in directive["Metrics"]:
                assert definition["Unit"] in UNITS
                metric = Metric(directive["Namespace"], definition["Name"], definition["Unit"], dimensions)
                yield metric, _numbers(document[definition["Name"]])


def _text(value: Any) -> str:
    assert isinstance(value, str)
    assert 0 < len(value) <= 1024
    return value


def _numbers(value: Any) -> list[float]:
    values = value if isinstance(value, list) else [value]
    assert 0 < len(values) <= 100
    assert all(isinstance(number, int | float) and not isinstance(number, bool) for number in values)
    return values
