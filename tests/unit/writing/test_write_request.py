import json
from typing import Any

import pytest
from builders import write_request

from simcrm.writing.write_request import InvalidMessageError, parse_write_request


def test_a_request_names_task_simulation_batch_step_and_source() -> None:
    request = parse_write_request(write_request(batch=12, step="wave-003", source="activities/000012/003.jsonl"))

    assert (request.task_token, request.simulation_id) == ("task-token", "sim-test")
    assert (request.batch, request.step, request.source) == (12, "wave-003", "activities/000012/003.jsonl")


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "null", "{"])
def test_a_message_that_is_no_json_object_is_unusable(body: str) -> None:
    with pytest.raises(InvalidMessageError, match=r"^message: "):
        parse_write_request(body)


@pytest.mark.parametrize("field", ["taskToken", "simulationId", "batch", "step", "source"])
def test_a_message_without_one_of_its_fields_is_unusable(field: str) -> None:
    document = json.loads(write_request())
    del document[field]

    with pytest.raises(InvalidMessageError, match=f"^{field}: "):
        parse_write_request(json.dumps(document))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("taskToken", ""),
        ("taskToken", "x" * 2_049),
        ("simulationId", "../other"),
        ("simulationId", "x" * 81),
        ("batch", -1),
        ("batch", "0"),
        ("batch", 1.5),
        ("step", "everything"),
        ("step", "wave-3"),
        ("step", "contacts\n"),
        ("source", "ledger/000000/contacts.jsonl"),
        ("source", "records/../../other/plan.jsonl"),
        ("source", "records/000000.json"),
        ("source", "/records/000000.jsonl"),
    ],
)
def test_a_message_with_a_bad_value_is_unusable_and_names_the_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidMessageError, match=f"^{field}: "):
        parse_write_request(write_request(**{field: value}))
