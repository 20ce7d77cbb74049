import json
from pathlib import Path
from typing import Any

import pytest
from unit.cli.conftest import Simcrm

ACTIVITIES = ("deals", "notes", "calls", "tasks", "tickets")


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_record_is_a_line_with_its_pair_and_its_activities(simcrm: Simcrm, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"

    outcome = simcrm("generate", "--pairs", "120", "--seed", "7", "--activities", "--out", str(out))

    records = read_rows(out)
    assert outcome.code == 0
    assert len(records) == 120
    assert all(list(record) == ["contact", "company", *ACTIVITIES] for record in records)
    assert all(record["contact"]["email"] and record["company"]["domain"] for record in records)
    assert all(any(record[name] for record in records) for name in ACTIVITIES)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(simcrm: Simcrm, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("first", "second", "other")]
    for path, seed in zip(paths, ("7", "7", "8"), strict=True):
        simcrm("generate", "--pairs", "30", "--seed", seed, "--activities", "--out", str(path))

    first, second, other = (path.read_bytes() for path in paths)

    assert first == second
    assert first != other


def test_standard_output_gets_the_same_bytes_as_a_file(simcrm: Simcrm, tmp_path: Path) -> None:
    simcrm("generate", "--pairs", "30", "--activities", "--out", str(tmp_path / "file"))

    outcome = simcrm("generate", "--pairs", "30", "--activities", "--out", "-")

    assert outcome.out == (tmp_path / "file").read_text(encoding="utf-8")


def test_activities_are_made_only_when_asked_for(simcrm: Simcrm, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"

    simcrm("generate", "--pairs", "10", "--out", str(out))

    assert all(record[name] == [] for record in read_rows(out) for name in ACTIVITIES)


def test_records_end_at_the_day_that_is_given(simcrm: Simcrm, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"

    simcrm("generate", "--pairs", "50", "--activities", "--as-of", "2025-02-03", "--out", str(out))

    moments = [note["hs_timestamp"] for record in read_rows(out) for note in record["notes"]]
    assert min(moments) >= "2024-11-05"
    assert max(moments) <= "2025-02-03T00:00:00.000Z"


def test_json_tells_how_many_objects_there_are(simcrm: Simcrm, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"

    document = simcrm("generate", "--pairs", "40", "--activities", "--out", str(out), "--json").document

    records = read_rows(out)
    assert document["ok"] is True
    assert document["counts"] == {
        "contacts": 40,
        "companies": 40,
        **{name: sum(len(record[name]) for record in records) for name in ACTIVITIES},
    }


@pytest.mark.parametrize(
    ("options", "code", "exit_code"),
    [
        (["--pairs", "0"], "USAGE", 2),
        (["--pairs", "1000001"], "USAGE", 2),
        (["--pairs", "5", "--scenario", "B2X"], "GENERATION_ERROR", 1),
        (["--pairs", "5", "--as-of", "soon"], "USAGE", 2),
    ],
    ids=["none", "too many", "unknown scenario", "no date"],
)
def test_what_cannot_be_generated_leaves_an_earlier_file_alone(
    simcrm: Simcrm, tmp_path: Path, options: list[str], code: str, exit_code: int
) -> None:
    out = tmp_path / "records.jsonl"
    out.write_text("earlier", encoding="utf-8")

    outcome = simcrm("generate", *options, "--out", str(out), "--json")

    assert outcome.code == exit_code
    assert outcome.document["error"]["code"] == code
    assert out.read_text(encoding="utf-8") == "earlier"


def test_records_and_the_json_document_cannot_share_standard_output(simcrm: Simcrm) -> None:
    outcome = simcrm("generate", "--pairs", "5", "--out", "-", "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "BAD_OPTIONS"


def test_a_file_that_cannot_be_written_is_one_line(simcrm: Simcrm, tmp_path: Path) -> None:
    outcome = simcrm("generate", "--pairs", "5", "--out", str(tmp_path / "missing" / "records.jsonl"))

    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "No such file or directory" in outcome.err
