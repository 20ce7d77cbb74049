import csv
import io
import json
import re
from pathlib import Path

import pytest

from simcrm.core.csv_cells import escape_formula
from simcrm.operations.export_records import to_csv
from simcrm_cli.main import run

FORMULAS = [
    "=1+2",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|'x'!A1",
    "@SUM(A1)",
    "\t=1+2",
    "\r=1+2",
    "\n=1+2",
    "\tplain",
    "  =1+2",
    '"=1+2',
    '" =1+2"',
    "\u00a0=1+2",
    "\ufeff=1+2",
    "\uff1d1+2",
    "\uff20SUM(A1)",
    "=",
    "-",
    "- Beekeepers",
    "-1e",
    "\n=2",
    "+1-555-0100=1",
]
HARMLESS = [
    "",
    "plain",
    "a=b",
    "'=1+2",
    "(555) 555-0100",
    "a@b.example",
    "-5",
    "-12.50",
    "-1e-3",
    "150000",
    "+49 511 048875",
    "+1-555-0100",
    "+44 (0)20 7946 0018",
    "Müller",
    "2026-11-29T00:00:00Z",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_runs_nothing_stays_as_it_is(text: str) -> None:
    assert escape_formula(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_an_export_has_no_formula_in_any_column(text: str) -> None:
    row = dict.fromkeys(("key", "type", "outcome", "id", "reason"), text) | {"properties": {"name": text}}

    (shown,) = csv.DictReader(io.StringIO(to_csv([row], header=True), newline=""))

    properties = shown.pop("properties")
    assert set(shown.values()) == {f"'{text}"}
    assert json.loads(properties) == {"name": text}


def test_generated_records_have_no_formula_in_any_column(tmp_path: Path) -> None:
    document = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    pack = json.loads(document.split("```json\n")[1].split("```")[0])
    words = pack["segments"][0]["texts"]["en"]
    words["events"], words["topics"] = ["=1+2 Beekeepers Day"], ['=HYPERLINK("http://example.com","x")']
    file, out = tmp_path / "pack.json", tmp_path / "out.csv"
    file.write_text(json.dumps(pack), encoding="utf-8")

    options = ["--scenario", pack["name"], "--pack", str(file), "--format", "csv"]
    assert run(["generate", "--pairs", "40", "--out", str(out), *options]) == 0

    with out.open(encoding="utf-8", newline="") as text:
        cells = [cell for row in csv.DictReader(text) for cell in row.values()]
    assert any(cell.startswith("'=1+2 Beekeepers Day") for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "-", "@", "\t", "\r"))] == []
    assert all(re.fullmatch(r"\+[0-9 ()-]+", cell) for cell in cells if cell.startswith("+"))
