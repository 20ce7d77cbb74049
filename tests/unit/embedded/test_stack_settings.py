import pytest

from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.stack_settings import matches_settings, settings_hash
from simcrm_embedded.state import StackState

ENV = {"SIMCRM_HUBSPOT_TOKEN": "pat-1", "ANTHROPIC_API_KEY": "key-1"}
ANY = RequestedPorts()


def a_stack() -> StackState:
    return StackState(
        mark="salt",
        settings_hash=settings_hash(ENV, "salt"),
        endpoint="http://127.0.0.1:4566",
        redis_url="redis://127.0.0.1:6379",
        hubspot_url="https://api.hubapi.com",
    )


def test_a_stack_fits_the_environment_it_was_started_in() -> None:
    assert matches_settings(a_stack(), {**ENV, "PATH": "/another", "HOME": "/another"}, ANY)


@pytest.mark.parametrize(
    "change",
    [
        {"SIMCRM_HUBSPOT_TOKEN": "pat-2"},
        {"SIMCRM_HUBSPOT_TOKEN": ""},
        {"SIMCRM_HUBSPOT_URL": "https://api-eu1.hubapi.com"},
        {"SIMCRM_REDIS_URL": "redis://127.0.0.1:1"},
        {"ANTHROPIC_API_KEY": "key-2"},
        {"OPENAI_API_KEY": "key-2"},
        {"AI_PROVIDER": "local"},
        {"LOCAL_BASE_URL": "http://127.0.0.1:11434/v1/"},
        {"AI_MODEL": "m"},
        {"AI_CONCURRENCY": "2"},
        {"SIMCRM_LOG_LEVEL": "DEBUG"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_stack_does_not_fit_other_settings(change: dict[str, str]) -> None:
    assert not matches_settings(a_stack(), {**ENV, **change}, ANY)


def test_values_do_not_run_into_each_other() -> None:
    one = {"SIMCRM_HUBSPOT_TOKEN": "ab", "SIMCRM_HUBSPOT_URL": "c"}
    other = {"SIMCRM_HUBSPOT_TOKEN": "a", "SIMCRM_HUBSPOT_URL": "bc"}

    assert settings_hash(one, "salt") != settings_hash(other, "salt")


def test_equal_settings_of_two_stacks_do_not_look_alike() -> None:
    assert settings_hash(ENV, "one") != settings_hash(ENV, "other")


@pytest.mark.parametrize(
    ("ports", "expected"), [(RequestedPorts(aws=4566, redis=6379), True), (RequestedPorts(aws=4567), False)]
)
def test_a_stack_fits_when_it_has_the_ports_that_are_asked_for(ports: RequestedPorts, *, expected: bool) -> None:
    assert matches_settings(a_stack(), ENV, ports) is expected
