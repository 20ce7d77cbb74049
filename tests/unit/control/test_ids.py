import re
from datetime import UTC, datetime, timedelta

from simcrm.control.ids import new_simulation_id
from simcrm.models.simulation import SIMULATION_ID

NOW = datetime(2026, 11, 22, 21, 45, 3, tzinfo=UTC)


def test_an_id_tells_its_second_and_a_random_tail() -> None:
    assert new_simulation_id(NOW, 0) == "sim-20261122t214503-000000"
    assert new_simulation_id(NOW, 2**30 - 1) == "sim-20261122t214503-zzzzzz"


def test_an_id_may_be_given_as_an_input() -> None:
    assert re.fullmatch(SIMULATION_ID, new_simulation_id(NOW, 123_456_789))


def test_ids_sort_by_time() -> None:
    earlier, later = new_simulation_id(NOW, 2**30 - 1), new_simulation_id(NOW + timedelta(seconds=1), 0)

    assert earlier < later


def test_every_random_bit_makes_another_id() -> None:
    assert len({new_simulation_id(NOW, 1 << bit) for bit in range(30)}) == 30
