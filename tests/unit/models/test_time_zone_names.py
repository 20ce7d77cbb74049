from zoneinfo import available_timezones

import pytest

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import parse_request
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.models.time_zone_names import time_zone_names, validate_time_zone
from simcrm.operations.schedules import ScheduleRequest

SCHEDULE = '{"name": "nightly", "expression": "rate(1 day)", "timezone": "%s", "input": {}}'
NONE_OF_THEM = [
    "Factory",
    "localtime",
    "posixrules",
    "posix/Europe/Berlin",
    "right/Europe/Berlin",
    "europe/berlin",
    "Europe",
    "Europe/",
    "Europe/Berlin ",
    "../Europe/Berlin",
    "/usr/share/zoneinfo/Europe/Berlin",
    "tzdata.zi",
    "zone.tab",
    "UTC+1",
    "CEST",
    ".",
    "x" * 5_000,
]


@pytest.mark.parametrize("name", NONE_OF_THEM)
def test_what_is_no_zone_for_a_schedule_is_none_for_a_simulation_either(name: str) -> None:
    with pytest.raises(InvalidSimulationError) as simulation:
        parse_simulation_input({"totalRecords": 1, "timeZone": name})
    with pytest.raises(InvalidInputError) as schedule:
        parse_request(ScheduleRequest, SCHEDULE % name)

    assert (simulation.value.field, schedule.value.field) == ("timeZone", "timezone")
    assert len(str(simulation.value)) < 200


@pytest.mark.parametrize("name", ["", "\0", "Europe/\0Berlin", "Ωμέγα"])
def test_no_odd_name_breaks_the_check(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        validate_time_zone(name)


def test_the_zones_of_the_database_are_taken() -> None:
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT+3"} <= time_zone_names()
    assert available_timezones() - time_zone_names() <= {"Factory", "localtime"}
