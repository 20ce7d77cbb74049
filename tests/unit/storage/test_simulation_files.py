from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from builders import SIMULATION, status
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.storage.run_status import RunState, RunStatus, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles, to_json_line


def read_stored(resources: Resources, key: str) -> bytes:
    return boto3.client("s3").get_object(Bucket=resources.bucket, Key=key)["Body"].read()


def test_what_was_never_written_is_none(files: SimulationFiles) -> None:
    assert files.read("plan.json", RunStatus) is None
    assert files.read_lines("batches.jsonl") is None


def test_an_empty_file_was_written(files: SimulationFiles) -> None:
    files.write_lines("batches.jsonl", [])

    assert files.read_lines("batches.jsonl") == []


def test_rows_come_back_in_their_order(files: SimulationFiles) -> None:
    rows = [{"index": 2, "name": "Jürgen \u2028 \n"}, {"index": 1, "deep": {"list": [1, None]}}]

    files.write_lines("records/000000.jsonl", rows)

    assert files.read_lines("records/000000.jsonl") == rows


def test_a_row_is_one_compact_line_of_utf_8() -> None:
    assert to_json_line({"name": "Jürgen", "note": "a\nb"}) == '{"name":"Jürgen","note":"a\\nb"}\n'.encode()


def test_a_file_that_is_written_again_is_replaced(files: SimulationFiles) -> None:
    files.write_lines("x.jsonl", [{"a": 1}, {"a": 2}])
    files.write_lines("x.jsonl", [{"a": 3}])

    assert files.read_lines("x.jsonl") == [{"a": 3}]


def make_rows(size: int, count: int, seen: list[int]) -> Iterator[dict[str, str]]:
    for number in range(count):
        seen.append(number)
        yield {"row": f"{number}," + "x" * size}


def test_a_long_file_goes_out_in_parts_before_its_last_row_is_made(files: SimulationFiles) -> None:
    seen: list[int] = []
    made: list[int] = []
    events = aws_clients.s3().meta.events
    events.register("before-call.s3.UploadPart", lambda **_: made.append(len(seen)), unique_id="parts")
    try:
        written = files.write_lines("long.jsonl", make_rows(100_000, 120, seen))
    finally:
        events.unregister("before-call.s3.UploadPart", unique_id="parts")

    assert written == 120
    assert len(made) == 3
    assert made[0] < 120
    rows = files.read_lines("long.jsonl")
    assert rows is not None
    assert [int(row["row"].split(",")[0]) for row in rows] == list(range(120))


def test_a_long_file_whose_rows_cannot_be_made_leaves_the_older_one_and_no_parts(files: SimulationFiles) -> None:
    files.write_lines("long.jsonl", [{"a": 1}])

    def failing() -> Iterator[dict[str, str]]:
        yield from make_rows(100_000, 110, [])
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        files.write_lines("long.jsonl", failing())
    assert files.read_lines("long.jsonl") == [{"a": 1}]
    assert aws_clients.s3().list_multipart_uploads(Bucket=files.bucket).get("Uploads", []) == []


def test_writing_tells_how_many_rows_there_were(files: SimulationFiles) -> None:
    assert files.write_lines("x.jsonl", iter([{"a": 1}, {"a": 2}])) == 2
    assert files.write_lines("x.jsonl", []) == 0


def test_everything_of_a_simulation_lies_under_its_prefix(files: SimulationFiles, resources: Resources) -> None:
    files.write_lines("x.jsonl", [{"a": 1}])

    assert files.key("x.jsonl") == "simulations/sim-test/x.jsonl"
    assert read_stored(resources, "simulations/sim-test/x.jsonl") == b'{"a":1}\n'


def test_names_are_those_of_this_simulation_and_prefix_in_order(resources: Resources) -> None:
    ours, other = (SimulationFiles(aws_clients.s3(), resources.bucket, name) for name in (SIMULATION, "sim-test-2"))
    for files, name in ((ours, "ledger/000001/b"), (ours, "ledger/000000/a"), (ours, "plan"), (other, "ledger/c")):
        files.write_lines(name, [])

    assert list(ours.list_names("ledger/")) == ["ledger/000000/a", "ledger/000001/b"]


def test_names_go_on_after_one_page(files: SimulationFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    written = [f"ledger/{number:06d}" for number in range(7)]
    for name in written:
        files.write_lines(name, [])

    assert list(files.list_names("ledger/")) == written


def test_an_error_of_the_bucket_is_no_missing_file(resources: Resources) -> None:
    assert resources.bucket
    with pytest.raises(ClientError, match="NoSuchBucket"):
        SimulationFiles(aws_clients.s3(), "another-bucket", SIMULATION).read_lines("plan.json")


def test_a_status_is_read_as_it_was_written(files: SimulationFiles, resources: Resources) -> None:
    written = status(RunState.FAILED, error={"code": "PORTAL_REFUSED", "message": "Put a token."}, hubspot_calls=4)

    write_status(files, written)

    assert read_status(files) == written
    assert b'"hubspotCalls":4' in read_stored(resources, "simulations/sim-test/status.json")
    assert b"endedAt" not in read_stored(resources, "simulations/sim-test/status.json")


def test_before_the_plan_there_is_no_status(files: SimulationFiles) -> None:
    assert read_status(files) is None


@pytest.mark.parametrize(
    ("state", "is_final"),
    [
        (RunState.QUEUED, False),
        (RunState.RUNNING, False),
        (RunState.SUCCEEDED, True),
        (RunState.FAILED, True),
        (RunState.ABORTED, True),
    ],
)
def test_a_simulation_has_ended_when_nothing_more_will_happen(state: RunState, is_final: bool) -> None:  # noqa: FBT001
    assert state.is_final is is_final
