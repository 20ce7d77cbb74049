"""The rehearsal's bucket answers as S3 does, its ledger is the product's, and it counts what consumers ask for."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError
from million import CONSTANT, MOST_MB, RESULT, SIZES, growth, misses, table
from million_bucket import PAGE, SqliteBucket, open_bucket
from million_consumers import CONSUMERS, measured
from million_ledger import ONE_REFUSED, build, files_in, objects_in
from million_rows import Rows
from template.conftest import ROOT
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.json_types import JsonObject
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.jobs.settle_abort import planned_keys
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage.batch_history import read_history
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome, LedgerTotals
from simcrm.storage.run_totals import TotalsStore

SMALL, LARGE = 200, 2_000


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("million")
    for records in (SMALL, LARGE):
        build(folder / f"{records}.db", records)
    return {records: folder / f"{records}.db" for records in (SMALL, LARGE)}


def transcript(s3: Any, bucket: str) -> Iterator[object]:
    """What a bucket answers to all that a simulation's data is read and written by."""

    def put(key: str, body: bytes, **condition: str) -> str:
        return str(s3.put_object(Bucket=bucket, Key=key, Body=body, **condition)["ETag"])

    def listed(**wanted: Any) -> list[list[tuple[str, str]]]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **wanted)
        return [[(item["Key"], item["ETag"]) for item in page.get("Contents", [])] for page in pages]

    yield listed(Prefix="a/")
    yield (first := put("a/1", b"one"))
    found = s3.get_object(Bucket=bucket, Key="a/1")
    yield found["Body"].read(), found["ETag"]
    yield refusal(lambda: s3.get_object(Bucket=bucket, Key="a/0"))
    yield refusal(lambda: put("a/1", b"two", IfNoneMatch="*"))
    yield put("a/2", b"two", IfNoneMatch="*")
    yield put("a/1", b"three", IfMatch=first)
    yield refusal(lambda: put("a/1", b"four", IfMatch=first))
    yield refusal(lambda: put("a/9", b"four", IfMatch=first))
    put("b/1", b"")
    yield listed(Prefix="a/"), listed(Prefix="a/", StartAfter="a/1"), listed(Prefix="c/")
    put("a/3", b"")
    yield listed(Prefix="a/", PaginationConfig={"PageSize": 2}), listed(Prefix="a/", PaginationConfig={"PageSize": 3})


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        ask()
    return str(refused.value.response["Error"]["Code"])


def test_the_bucket_answers_as_s3_does(resources: Resources) -> None:
    here = list(transcript(open_bucket(":memory:"), "b"))

    assert here == list(transcript(aws_clients.s3(), resources.bucket))


def test_a_page_of_a_list_has_as_many_keys_as_one_of_s3_and_is_a_request() -> None:
    bucket = open_bucket(":memory:")
    bucket.add((f"many/{number:04d}", b"") for number in range(2 * PAGE))

    pages = list(bucket.paginate(Bucket="b", Prefix="many/"))

    assert [len(page["Contents"]) for page in pages] == [1_000, 1_000]
    assert [item["Key"] for page in pages for item in page["Contents"]] == [f"many/{n:04d}" for n in range(2 * PAGE)]
    assert bucket.requests == {"ListObjectsV2": 2}


def test_a_scratch_bucket_forgets_what_was_written(tmp_path: Path) -> None:
    def bodies(bucket: SqliteBucket) -> list[tuple[str, bytes]]:
        return bucket.contents("a")

    kept = open_bucket(tmp_path / "bucket")
    kept.add([("a/1", b"one"), ("a/2", b"two")])
    kept.close()
    scratch = open_bucket(tmp_path / "bucket", scratch=True)
    scratch.put_object(Bucket="b", Key="a/1", Body=b"three")
    scratch.delete("a/2")
    assert bodies(scratch) == [("a/1", b"three")]

    scratch.restore()

    assert bodies(scratch) == [("a/1", b"one"), ("a/2", b"two")]
    scratch.delete("a/")
    scratch.close()
    assert bodies(open_bucket(tmp_path / "bucket")) == [("a/1", b"one"), ("a/2", b"two")]


def test_the_ledger_has_all_that_is_planned_and_is_counted(ledgers: dict[int, Path]) -> None:
    files = files_in(open_bucket(ledgers[LARGE]))
    histories, nothing_stored = AccountHistories.from_plan(read_plan(files)), files_in(open_bucket(":memory:"))
    batches = read_batches(files)
    planned = {str(key) for batch in batches for key in planned_keys(nothing_stored, histories, batch)}

    entries = list(Ledger(files).read_all())

    assert {entry.key for entry in entries} == planned
    assert LedgerTotals.from_entries(entries) == TotalsStore(files).read().ledger_totals
    assert objects_in(ledgers[LARGE]) == len(planned) > 2 * LARGE
    refused = [e for e in entries if e.outcome is LedgerOutcome.REFUSED and e.object_type is ObjectType.CONTACTS]
    assert len({entry.key for entry in refused}) == LARGE // ONE_REFUSED


def facts_of_rows(rows: Iterable[JsonObject]) -> list[tuple[object, ...]]:
    """What a ledger depends on: whose row it is, its key, what it is associated with, and a contact's stage."""
    names = ("index", "companyIndex", "type", "ordinal", "contacts", "deals")
    return [(*map(row.get, names), row.get("contact", {}).get("lifecyclestage")) for row in rows]


def test_rows_are_those_of_the_generator_but_for_their_words(ledgers: dict[int, Path]) -> None:
    source, copied = files_in(open_bucket(ledgers[LARGE])), files_in(open_bucket(":memory:"))
    generator, batches = RowGenerator.from_plan(read_plan(source)), read_batches(source)
    rows = Rows(generator, batches[0])

    for batch in batches[1:4]:
        sources, own = rows.write(copied, batch), generate_history(generator, batch)
        stored = read_history(copied, batch.number)

        assert stored is not None
        assert facts_of_rows(stored.all_rows()) == facts_of_rows(own.all_rows())
        assert stored.waves == own.waves
        assert {step: copied.read_lines(name) for step, name in sources.items()} == dict(stored.rows)


def test_each_consumer_does_its_work_and_counts_its_requests(ledgers: dict[int, Path], cache: redis.Redis) -> None:
    for name in CONSUMERS:
        small, large = (measured(name, ledgers[records], records, cache, rounds=1) for records in (SMALL, LARGE))

        assert sum(large["byOperation"].values()) == large["requests"] > 0
        assert large["peakMb"] >= large["importsMb"] > 0
        assert (small["requests"] == large["requests"]) is (name in {*CONSTANT, "plan"})


def row(records: int, seconds: float, peak: int = 80, requests: int = 3) -> dict[str, Any]:
    return {"records": records, "seconds": seconds, "peakMb": peak, "requests": requests}


def test_growth_is_that_of_the_seconds_for_a_record() -> None:
    assert growth([row(1, 0.1), row(10, 1.1), row(100, 11.1)]) == {"growth": 0.009, "withoutSetup": 0.1}


def test_growth_without_the_set_up_is_left_out_where_there_is_little_else() -> None:
    assert growth([row(1, 0.01), row(10, 0.01), row(100, 0.01)]) == {"growth": -0.9}


@pytest.mark.parametrize(
    ("name", "found", "missed"),
    [
        ("finish", [row(1, 1), row(2, 1, requests=4)], []),
        ("finish", [row(1, 1), row(2, 1, peak=256)], ["finish needs 256 MB"]),
        ("describe", [row(1, 1), row(2, 1, requests=4)], ["describe asks for more of a larger run"]),
    ],
)
def test_what_is_promised_of_every_run_is_said_to_be_missed(name: str, found: list[Any], missed: list[str]) -> None:
    assert list(misses({name: found})) == missed


def test_the_kept_result_is_as_promised_and_shown() -> None:
    kept = json.loads(RESULT.read_text())

    assert set(kept["consumers"]) == set(CONSUMERS)
    for rows in kept["consumers"].values():
        assert [row["records"] for row in rows] == list(SIZES)
        assert max(row["peakMb"] for row in rows) < MOST_MB
    assert list(misses(kept["consumers"])) == []
    assert table(kept) in (ROOT / "docs" / "scale.md").read_text()
