"""The input of curves: methods by their names, weights, time zones."""

import pytest

from simcrm.errors import InvalidSimulationError
from simcrm.models.simulation import parse_simulation


@pytest.mark.parametrize(
    ("name", "method"),
    [("linear", "EVEN"), ("bell_curve", "BELL_CURVE"), ("surge_mid", "SURGE"), ("weekend_surge", "WEEKEND_SURGE")],
)
def test_methods_are_known_by_their_old_names(name: str, method: str) -> None:
    assert parse_simulation({"totalRecords": 1, "distribution_method": name}).distribution_method == method


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ({}, "distributionWeights"),
        ({"hours": [1] * 23}, "distributionWeights.hours"),
        ({"days": [0] * 7}, "distributionWeights"),
        ({"days": [1, 1, 1, 1, 1, 1, -1]}, "distributionWeights.days.6"),
        ({"hours": [1] * 24, "points": [[0, 1], [1, 1]]}, "distributionWeights"),
        ({"points": [[0.5, 1], [0.2, 1]]}, "distributionWeights.points"),
        ({"points": [[0, 0], [1, 0]]}, "distributionWeights.points"),
        ({"points": [[0, 1], [2, 1]]}, "distributionWeights.points.1.0"),
    ],
)
def test_weights_that_make_no_curve_are_refused_by_field(weights: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation({"totalRecords": 1, "distributionMethod": "CUSTOM", "distributionWeights": weights})
    assert caught.value.field == field


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation({"totalRecords": 1, "timeZone": "Mars/Base"})
    assert caught.value.field == "timeZone"
