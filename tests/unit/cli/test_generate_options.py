"""What ``simcrm generate`` and ``simcrm sample`` can be told beside number and seed."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from unit.cli.conftest import Simcrm


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "records"


def generate(simcrm: Simcrm, out: Path, *options: str, pairs: int = 60) -> list[dict[str, Any]]:
    outcome = simcrm("generate", "--pairs", str(pairs), "--out", str(out), *options)
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_locales_come_in_the_shares_of_their_weights(simcrm: Simcrm, out: Path) -> None:
    records = generate(simcrm, out, "--locale", "de_DE=3", "--locale", "en_GB", pairs=400)
    countries = Counter(record["contact"]["country"] for record in records)

    assert set(countries) == {"Deutschland", "United Kingdom"}
    assert 0.65 < countries["Deutschland"] / 400 < 0.85


def test_contacts_can_share_companies(simcrm: Simcrm, out: Path) -> None:
    records = generate(simcrm, out, "--contacts-per-company", "4")

    assert len({record["company"]["domain"] for record in records}) < 40


@pytest.mark.parametrize("by", ["record", "account"])
def test_companies_can_be_counted_instead_of_pairs(simcrm: Simcrm, out: Path, by: str) -> None:
    outcome = simcrm("generate", "--companies", "9", "--by", by, "--out", str(out), "--json")

    counts = outcome.document["counts"]
    assert (outcome.code, counts["companies"] if by == "account" else 9) == (0, 9)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    companies = [line["company"] for line in lines if "company" in line]
    domains = {(company["properties"] if by == "account" else company)["domain"] for company in companies}
    assert len(domains) == 9
    assert counts["contacts"] > 9


@pytest.mark.parametrize("sizes", [[], ["--pairs", "3", "--companies", "3"]])
def test_either_pairs_or_companies_are_counted(simcrm: Simcrm, out: Path, sizes: list[str]) -> None:
    outcome = simcrm("generate", *sizes, "--out", str(out))

    assert outcome.code == 2
    assert "specify either --pairs or --companies" in outcome.err
    assert not out.exists()


def test_all_domains_can_stand_under_one(simcrm: Simcrm, out: Path) -> None:
    records = generate(simcrm, out, "--domain-suffix", "sandbox.acme.com")

    assert all(record["company"]["domain"].endswith(".sandbox.acme.com") for record in records)
    assert all(record["contact"]["email"].endswith(".sandbox.acme.com") for record in records)


def test_nobody_can_be_mailed_where_that_is_asked_for(simcrm: Simcrm, out: Path) -> None:
    assert all(record["contact"]["email"].endswith(".test") for record in generate(simcrm, out, "--undeliverable"))


def test_csv_has_a_header_and_a_row_a_pair(simcrm: Simcrm, out: Path) -> None:
    simcrm("generate", "--pairs", "30", "--activities", "--out", str(out))
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    simcrm("generate", "--pairs", "30", "--activities", "--format", "csv", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["contact.email"] for row in rows] == [record["contact"]["email"] for record in records]
    assert [row["company.name"] for row in rows] == [record["company"]["name"] for record in records]
    assert [int(row["notes"]) for row in rows] == [len(record["notes"]) for record in records]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--scenario", "b2b-spaceflight"), "b2b-software"),
        (("--locale", "tlh_XX"), "de_DE"),
        (("--locale", "de_DE=much"), "--locale de_DE=much"),
        (("--locale", "de_DE=-1"), "locales.de_DE"),
        (("--domain-suffix", "no domain"), "domainSuffix"),
        (("--pack", "/nowhere/pack.json"), "/nowhere/pack.json"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    simcrm: Simcrm, out: Path, options: tuple[str, ...], named: str
) -> None:
    outcome = simcrm("generate", "--pairs", "5", "--out", str(out), *options, "--json")

    assert outcome.code == 1
    assert named in outcome.document["error"]["message"]
    assert not out.exists()


def test_a_sample_is_the_record_that_is_generated(simcrm: Simcrm, out: Path) -> None:
    as_of = ("--as-of", "2026-03-01")
    record = generate(simcrm, out, "--seed", "7", "--activities", *as_of, pairs=100)[3]

    document = simcrm("sample", "--seed", "7", "--index", "3", *as_of, "--json").document
    assert document == {"ok": True, **record}


def test_a_sample_is_shown_as_a_card(simcrm: Simcrm) -> None:
    contact = simcrm("sample", "--seed", "7", "--json").document["contact"]

    card = simcrm("sample", "--seed", "7").out
    assert f"{contact['firstname']} {contact['lastname']}" in card
    assert contact["email"] in card.replace("\n", "")
