"""Send an invocation's metrics to CloudWatch as JSON log lines in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import DIMENSIONS, UNITS, MetricKey, MetricValues

NAMESPACE = "SimCRM"
MAX_VALUES = 100
"""Maximum values of one metric per line."""

MetricGroup = Mapping[MetricKey, list[float]]


def flush_metrics(properties: Mapping[str, str]) -> None:
    """Print the metrics since the last flush; ``properties`` are searchable in the logs at no cost."""
    for line in metric_lines(cloudwatch_metrics.flush(), datetime.now(UTC), properties):
        print(json.dumps(line, separators=(",", ":")), flush=True)  # noqa: T201 - Lambda reads metrics from standard output


def metric_lines(metric_values: MetricValues, now: datetime, properties: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a document for each set of dimensions, or several if a distribution has too many values for one."""
    groups: defaultdict[tuple[tuple[str, str], ...], dict[MetricKey, list[float]]] = defaultdict(dict)
    for series, values in metric_values.items():
        name = DIMENSIONS.get(series.metric)
        groups[() if name is None else ((name, series.dimension_value),)][series] = values
    for dimensions, group in groups.items():
        for part in _split_values(group):
            yield _metric_line(dict(dimensions), part, now, properties)


def _split_values(group: MetricGroup) -> Iterator[MetricGroup]:
    for start in range(0, max(map(len, group.values())), MAX_VALUES):
        yield {series: part for series, values in group.items() if (part := values[start : start + MAX_VALUES])}


def _metric_line(
    dimensions: dict[str, str], group: MetricGroup, now: datetime, properties: Mapping[str, str]
) -> dict[str, Any]:
    all_dimensions = {"service": os.environ.get("POWERTOOLS_SERVICE_NAME", "simcrm")} | dimensions
    metrics = [{"Name": series.metric, "Unit": UNITS.get(series.metric, "Count")} for series in group]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(all_dimensions)], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": round(now.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        # Lambda may drop a line if it has no timestamp or if its level seems lower than the function's.
        "level": os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **properties,
        **all_dimensions,
        **{series.metric: values[0] if len(values) == 1 else values for series, values in group.items()},
    }
