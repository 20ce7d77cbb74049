"""The input of curves: methods by their names, weights, time zones."""

import pytest

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.simulation_input import parse_simulation_input


@pytest.mark.parametrize(
    ("name", "method"),
    [("linear", "EVEN"), ("bell_curve", "BELL_CURVE"), ("surge_mid", "SURGE"), ("weekend_surge", "WEEKEND_SURGE")],
)
def test_methods_are_known_by_their_old_names(name: str, method: str) -> None:
    assert parse_simulation_input({"totalRecords": 1, "distribution_method": name}).distribution_method == method


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ({}, "distributionWeights"),
        ({"hours": [1] * 23}, "distributionWeights.hours"),
        ({"days": [0] * 7}, "distributionWeights"),
        ({"days": [1, 1, 1, 1, 1, 1, -1]}, "distributionWeights.days.6"),
        ({"hours": [-1] * 24}, "distributionWeights.hours.0"),
        ({"points": [[0, -1], [1, 1]]}, "distributionWeights.points.0.1"),
        ({"hours": [1] * 24, "points": [[0, 1], [1, 1]]}, "distributionWeights"),
        ({"points": [[0.5, 1], [0.2, 1]]}, "distributionWeights.points"),
        ({"points": [[0, 0], [1, 0]]}, "distributionWeights.points"),
        ({"points": [[0, 1], [2, 1]]}, "distributionWeights.points.1.0"),
    ],
)
def test_weights_that_make_no_curve_are_refused_by_field(weights: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input({"totalRecords": 1, "distributionMethod": "CUSTOM", "distributionWeights": weights})
    assert caught.value.field == field


@pytest.mark.parametrize(
    "given",
    [
        {"distributionMethod": "CUSTOM"},
        {"distributionMethod": "EVEN", "distributionWeights": {"days": [1] * 7}},
    ],
)
def test_weights_are_given_with_custom_and_with_nothing_else(given: dict[str, object]) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input({"totalRecords": 1, **given})
    assert caught.value.field == "distributionWeights"


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input({"totalRecords": 1, "timeZone": "Mars/Base"})
    assert caught.value.field == "timeZone"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", "1999-12-31T00:00:00Z"])
@pytest.mark.parametrize("field", ["startTime", "endTime"])
def test_a_time_no_simulation_can_mean_is_refused(field: str, moment: str) -> None:
    with pytest.raises(InvalidSimulationError, match="outside the years") as caught:
        parse_simulation_input({"totalRecords": 1, field: moment})
    assert caught.value.field == field


def test_a_seed_of_a_wrong_type_is_named_by_its_field() -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input({"totalRecords": 1, "seed": True})
    assert caught.value.field == "seed"


@pytest.mark.parametrize(
    ("activities", "field"),
    [
        ({"budgets": {"notes": -1}}, "activities.budgets.notes"),
        ({"caps": {"notes": 2.5}}, "activities.caps.notes"),
        ({"budgets": {"letters": 1}}, "activities.budgets.letters.[key]"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(activities: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input({"totalRecords": 1, "activities": activities})
    assert caught.value.field == field
