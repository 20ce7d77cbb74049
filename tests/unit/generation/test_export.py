"""Records as lines, rows and cards."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from unit.generation.conftest import ARRIVAL, MakeEvent, MakeRun

from simcrm.generation import RECORD_LIMIT, GenerationError, GenerationSettings, RecordIndexError
from simcrm.generation.export import GeneratedRecord, as_json, card, csv_columns, csv_row, iter_records, json_line
from simcrm.models.events import ActivityEvent, Moment
from simcrm.models.objects import ObjectType

SETTINGS = GenerationSettings(seed="7")


def arrival(index: int) -> datetime:
    return ARRIVAL + timedelta(minutes=index)


@pytest.fixture
def record(event: MakeEvent) -> GeneratedRecord:
    def life(index: int) -> Iterable[ActivityEvent]:
        assert index == 3
        yield event(ObjectType.TASKS, Moment.QUALIFIED, at=ARRIVAL + timedelta(days=2))
        yield event(ObjectType.NOTES, Moment.CREATED)
        yield event(ObjectType.DEALS, Moment.OPPORTUNITY, at=ARRIVAL + timedelta(days=1))

    return next(iter_records(SETTINGS, 3, 1, arrival, life))


def test_records_are_those_of_the_generator(run: MakeRun) -> None:
    generator, _ = run(1)

    made = list(iter_records(SETTINGS, 5, 20, arrival))

    assert [record.index for record in made] == list(range(5, 25))
    assert made[0].contact == generator.pair(5, arrival(5)).contact


def test_activities_follow_in_the_order_of_their_times(record: GeneratedRecord) -> None:
    assert [object_type for object_type, _ in record.activities] == [
        ObjectType.NOTES,
        ObjectType.DEALS,
        ObjectType.TASKS,
    ]


def test_a_line_is_the_record_as_json(record: GeneratedRecord) -> None:
    document = json.loads(json_line(record))

    assert document == as_json(record)
    assert document["index"] == document["companyIndex"] == 3
    assert document["notes"][0]["hs_note_body"]
    assert "tickets" not in document


def test_a_row_has_the_columns_of_the_header(record: GeneratedRecord) -> None:
    columns = csv_columns(record)
    file = io.StringIO()
    csv.writer(file).writerows([columns, csv_row(record, columns)])

    row = next(csv.DictReader(io.StringIO(file.getvalue())))

    assert row["contact.email"] == record.contact["email"]
    assert row["company.simcrm_product_interest"] == record.company["simcrm_product_interest"]
    assert (row["notes.count"], row["tickets.count"]) == ("1", "0")


def test_a_card_shows_all_but_the_origin(record: GeneratedRecord) -> None:
    text = card(record)

    assert record.contact["firstname"] in text.splitlines()[0]
    assert record.company["domain"] in text
    assert "Note\n----" in text
    assert "fallback" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(("start", "count"), [(-1, 5), (RECORD_LIMIT - 4, 5)])
def test_a_range_beyond_the_records_is_refused_at_once(start: int, count: int) -> None:
    with pytest.raises(RecordIndexError):
        iter_records(SETTINGS, start, count, arrival)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(GenerationError, match="count is -2"):
        iter_records(SETTINGS, 0, -2, arrival)


def test_no_records_are_no_error() -> None:
    assert list(iter_records(SETTINGS, 0, 0, arrival)) == []
