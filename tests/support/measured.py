"""What was measured, as a test wants to see it."""

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric


def flush_values() -> dict[Metric | tuple[Metric, str], float]:
    """The sums of what was measured; a measure with a second dimension stands with its value."""
    found = cloudwatch_metrics.flush().items()
    return {
        (series.metric, series.dimension_value) if series.dimension_value else series.metric: sum(values)
        for series, values in found
    }
