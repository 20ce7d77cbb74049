"""What was measured, as a test wants to see it."""

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure


def taken() -> dict[Measure | tuple[Measure, str], float]:
    """The sums of what was measured; a measure with a second dimension stands with its value."""
    found = cloudwatch_metrics.take().items()
    return {(series.measure, series.part) if series.part else series.measure: sum(values) for series, values in found}
