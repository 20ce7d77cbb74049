import re
from datetime import UTC, datetime, timedelta

import pytest

from simcrm.models.simulation_ids import execution_name, new_simulation_id, parse_execution_name
from simcrm.models.simulation_input import SIMULATION_ID_PATTERN

NOW = datetime(2026, 11, 22, 21, 45, 3, tzinfo=UTC)


def test_an_id_tells_its_second_and_a_random_tail() -> None:
    assert new_simulation_id(NOW, 0) == "sim-20261122t214503-000000"
    assert new_simulation_id(NOW, 2**30 - 1) == "sim-20261122t214503-zzzzzz"


def test_an_id_may_be_given_as_an_input() -> None:
    assert re.fullmatch(SIMULATION_ID_PATTERN, new_simulation_id(NOW, 123_456_789))


def test_ids_sort_by_time() -> None:
    earlier, later = new_simulation_id(NOW, 2**30 - 1), new_simulation_id(NOW + timedelta(seconds=1), 0)

    assert earlier < later


def test_every_random_bit_makes_another_id() -> None:
    assert len({new_simulation_id(NOW, 1 << bit) for bit in range(30)}) == 30


@pytest.mark.parametrize(
    ("simulation_id", "attempt", "name"),
    [
        ("sim-1", 1, "sim-1"),
        ("sim-1", 2, "sim-1--r2"),
        ("sim--r", 12, "sim--r--r12"),
        ("x" * 72, 999, "x" * 72 + "--r999"),
    ],
)
def test_an_execution_names_its_simulation_and_attempt(simulation_id: str, attempt: int, name: str) -> None:
    assert execution_name(simulation_id, attempt) == name
    assert parse_execution_name(name) == (simulation_id, attempt)
    assert len(name) <= 80
