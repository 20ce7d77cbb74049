"""Which calls a scripted fault acts on."""

from typing import Any

import pytest
from unit.local_anthropic.conftest import HAIKU, StandIn

from local_anthropic.gateway.anthropic_faults import AnthropicFaultKind, AnthropicFaultRule, FaultSubject
from local_server.faults import FaultRules
from local_server.serving import ConnectionDroppedError

MESSAGE = FaultSubject("POST", "/v1/messages", HAIKU, "0 Ada in Tulsa")


def picks(count: int, *rules: dict[str, Any], subject: FaultSubject = MESSAGE) -> list[AnthropicFaultKind | None]:
    faults = FaultRules(AnthropicFaultRule)
    faults.add(list(rules))
    found = [faults.pick(subject.matches) for _ in range(count)]
    return [None if rule is None else rule.kind for rule in found]


def test_a_rule_acts_once_unless_it_says_how_often() -> None:
    assert picks(3, {"kind": "drop"}) == [AnthropicFaultKind.DROP, None, None]
    assert picks(3, {"kind": "drop", "times": 2}) == [AnthropicFaultKind.DROP, AnthropicFaultKind.DROP, None]
    assert picks(3, {"kind": "drop", "times": None}) == [AnthropicFaultKind.DROP] * 3


def test_a_rule_lets_the_first_calls_pass() -> None:
    assert picks(4, {"kind": "slow", "skip": 2}) == [None, None, AnthropicFaultKind.SLOW, None]


def test_a_rule_with_a_probability_acts_on_the_same_calls_each_time() -> None:
    rule = {"kind": "drop", "times": None, "probability": 0.25, "seed": 3}

    first, second = picks(200, rule), picks(200, rule)

    assert first == second
    assert 30 <= first.count(AnthropicFaultKind.DROP) <= 70


def test_the_first_rule_that_acts_wins() -> None:
    assert picks(3, {"kind": "drop"}, {"kind": "slow"}) == [AnthropicFaultKind.DROP, AnthropicFaultKind.SLOW, None]


@pytest.mark.parametrize(
    ("rule", "acts"),
    [
        ({"model": "haiku-4"}, True),
        ({"model": "opus"}, False),
        ({"prompt": "Tulsa$"}, True),
        ({"prompt": "Boise"}, False),
        ({"path": "messages$"}, True),
        ({"path": "batches"}, False),
        ({"method": "POST"}, True),
        ({"method": "GET"}, False),
        ({"inBatches": True}, False),
    ],
)
def test_a_rule_acts_on_what_it_names_only(rule: dict[str, Any], acts: bool) -> None:  # noqa: FBT001  # a table's column
    assert picks(1, rule) == [AnthropicFaultKind.STATUS if acts else None]


def test_a_rule_for_batches_acts_on_requests_inside_them_only() -> None:
    inside = FaultSubject("POST", "/v1/messages/batches/b/results", HAIKU, "", in_batch=True)

    assert picks(1, {"inBatches": True, "kind": "expired"}, subject=inside) == [AnthropicFaultKind.EXPIRED]
    assert picks(1, {"kind": "drop"}, subject=inside) == [None]


def test_a_rule_sees_the_prompt_of_a_call_whatever_its_form(stand_in: StandIn) -> None:
    stand_in.fault(status=529, prompt="Tulsa", times=None)
    blocks = [{"role": "user", "content": [{"type": "text", "text": "Ada in Tulsa"}]}]

    assert stand_in.message("Ada in Tulsa").status_code == 529
    assert stand_in.message(messages=blocks).status_code == 529
    assert stand_in.message("Ada in Boise").status_code == 200


def test_a_fault_after_the_work_has_used_the_limit(stand_in: StandIn) -> None:
    stand_in.fault(status=500, afterWork=True)
    stand_in.fault(status=500)

    assert stand_in.statuses(2) == [500, 500]

    assert sum(used["outputTokens"] > 0 for used in stand_in.ask("GET", "/_local/stats")["tokens"].values()) == 1
    remaining = stand_in.message().headers["anthropic-ratelimit-requests-remaining"]
    assert int(remaining) == 1_000_000 - 2


def test_outside_a_server_a_dropped_connection_reaches_the_caller(stand_in: StandIn) -> None:
    stand_in.fault(kind="drop")

    with pytest.raises(ConnectionDroppedError):
        stand_in.message()


def test_an_empty_answer_has_no_content(stand_in: StandIn) -> None:
    stand_in.fault(kind="empty")

    assert stand_in.message().json()["content"] == []


def test_a_scripted_error_can_have_its_own_words(stand_in: StandIn) -> None:
    stand_in.fault(status=400, message="Your credit balance is too low.")

    assert stand_in.message().json()["error"] == {
        "type": "invalid_request_error",
        "message": "Your credit balance is too low.",
    }


@pytest.mark.parametrize(
    "rule",
    [{"status": 200}, {"kind": "melt"}, {"stauts": 500}, {"probability": 2}, {"prompt": "("}, {"times": 0}],
)
def test_a_rule_that_makes_no_sense_is_refused(stand_in: StandIn, rule: dict[str, Any]) -> None:
    assert stand_in.ask("POST", "/_local/faults", rule, 400)["status"] == "error"
