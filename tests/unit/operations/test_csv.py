"""An export as CSV: fixed columns, and nothing that a spreadsheet would run."""

import csv
import io
import json
from typing import Any

from simcrm.operations.export_records import COLUMNS, to_csv


def table(rows: list[dict[str, Any]], *, header: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(rows, header=header))))


def test_each_row_has_all_columns_and_its_properties_as_json() -> None:
    row: dict[str, Any] = {name: f"value of {name}" for name in COLUMNS[:-1]} | {"properties": {"name": "Müller"}}

    (head, line), (alone,) = table([row], header=True), table([row], header=False)

    assert head == list(COLUMNS)
    assert (
        line
        == alone
        == [*(f"value of {name}" for name in COLUMNS[:-1]), json.dumps({"name": "Müller"}, ensure_ascii=False)]
    )


def test_a_formula_is_text() -> None:
    row: dict[str, Any] = dict.fromkeys(COLUMNS[:-1], "=1+1") | {"properties": {}}

    (line,) = table([row], header=False)

    assert set(line[:-1]) == {"'=1+1"}
