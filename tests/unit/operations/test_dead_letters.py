from datetime import datetime, timedelta
from typing import Any

from builders import START, write_request
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.operations.dead_letters import summarize_dead_letters
from simcrm.writing.dead_letter_store import DeadLetter, store_dead_letter
from simcrm.writing.task_callbacks import TaskCallbacks


def store_one(resources: Resources, number: int, category: str = "validation", at: datetime = START) -> None:
    letter = DeadLetter(f"m-{number}", write_request(batch=number), 1, "why", category, at)
    store_dead_letter(letter, aws_clients.s3(), resources.bucket, TaskCallbacks(aws_clients.step_functions()), at)


def summarize(resources: Resources) -> dict[str, Any]:
    return summarize_dead_letters(aws_clients.s3(), resources.bucket)


def test_without_dead_letters_there_is_nothing_to_look_at(resources: Resources) -> None:
    assert summarize(resources) == {"total": 0, "byCategory": {}, "samples": []}


def test_letters_are_counted_by_category(resources: Resources) -> None:
    for number, category in enumerate(("validation", "unknown", "validation")):
        store_one(resources, number, category)

    assert summarize(resources)["total"] == 3
    assert summarize(resources)["byCategory"] == {"validation": 2, "unknown": 1}


def test_the_latest_letters_are_shown_first_and_no_more_than_twenty(resources: Resources) -> None:
    for number in range(25):
        store_one(resources, number, "validation" if number % 2 else "unknown", START + timedelta(hours=number))

    assert [letter["batch"] for letter in summarize(resources)["samples"]] == list(range(24, 4, -1))
    assert summarize(resources)["total"] == 25


def test_a_letter_is_shown_without_its_body_because_that_holds_a_task_token(resources: Resources) -> None:
    store_one(resources, 1)

    (letter,) = summarize(resources)["samples"]
    assert letter == {
        "messageId": "m-1",
        "simulationId": "sim-test",
        "batch": 1,
        "step": "contacts",
        "category": "validation",
        "reason": "why",
        "at": "2026-03-02T14:00:00+00:00",
    }
