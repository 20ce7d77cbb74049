"""``simcrm generate --by account``: whole accounts, one a line, without contradictions in their structure."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from unit.cli.conftest import Simcrm

from simcrm_cli import main

RECORDS = "1200"
OPTIONS = ("--as-of", "2026-11-01", "--by", "account")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    file = tmp_path_factory.mktemp("accounts") / "accounts.jsonl"
    assert main.run(["generate", "--pairs", RECORDS, "--seed", "7", *OPTIONS, "--out", str(file)]) == 0
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def accounts(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return lines[1:]


def test_the_first_line_is_the_team_and_the_others_have_exactly_as_many_contacts(lines: list[dict[str, Any]]) -> None:
    assert set(lines[0]) == {"owners"}
    assert {"id", "firstName", "lastName", "email"} == set(lines[0]["owners"][0])
    indexes = [contact["index"] for line in lines[1:] for contact in line["contacts"]]
    assert indexes == list(range(int(RECORDS)))


def test_an_account_belongs_to_one_seller_of_the_team(lines: list[dict[str, Any]]) -> None:
    team = {owner["id"] for owner in lines[0]["owners"]}
    for line in lines[1:]:
        owners = {contact["properties"]["hubspot_owner_id"] for contact in line["contacts"]}
        assert len(owners) == 1
        assert owners <= team


def test_line_items_add_up_to_the_amount_of_their_deal(accounts: list[dict[str, Any]]) -> None:
    deals = [deal for line in accounts for deal in line["deals"]]
    assert deals
    for deal in deals:
        items = [item["properties"] for item in deal["lineItems"]]
        total = sum(float(item["price"]) * float(item["quantity"]) for item in items)
        assert total == pytest.approx(float(deal["properties"]["amount"]), abs=0.005)


def test_a_deal_has_a_committee_with_one_label_for_each(accounts: list[dict[str, Any]]) -> None:
    sizes = []
    for line in accounts:
        for deal in line["deals"]:
            places = [contact["position"] for contact in deal["contacts"]]
            assert len(set(places)) == len(places)
            assert all(place < len(line["contacts"]) for place in places)
            sizes.append(len(places))
    assert sum(sizes) / len(sizes) >= 2


def test_no_account_has_two_open_new_business_deals(accounts: list[dict[str, Any]]) -> None:
    for line in accounts:
        states = [deal["properties"] for deal in line["deals"]]
        open_new = [
            state
            for state in states
            if state["dealtype"] == "newbusiness" and state["dealstage"] not in {"closedwon", "closedlost"}
        ]
        assert len(open_new) <= 1


def test_activities_name_contacts_and_deals_of_their_account(accounts: list[dict[str, Any]]) -> None:
    counts: Counter[str] = Counter()
    for line in accounts:
        for name in ("meetings", "emails", "notes", "calls", "tasks", "tickets"):
            for one in line[name]:
                counts[name] += 1
                assert one["contacts"]
                assert max(one["contacts"]) < len(line["contacts"])
                assert all(deal < len(line["deals"]) for deal in one["deals"])
    assert min(counts[name] for name in ("meetings", "emails", "notes", "calls", "tasks")) > 0


def test_an_answer_quotes_the_mail_that_it_answers(accounts: list[dict[str, Any]]) -> None:
    answers = 0
    for line in accounts:
        mails = [mail["properties"] for mail in line["emails"]]
        for mail in mails:
            if not mail["hs_email_subject"].startswith("Re: "):
                continue
            assert mail["hs_email_direction"] == "INCOMING_EMAIL"
            subject = mail["hs_email_subject"].removeprefix("Re: ")
            sent = [other for other in mails if other["hs_email_subject"] == subject]
            quoted = [part.removeprefix(">").strip() for part in mail["hs_email_text"].split("\n") if part[:1] == ">"]
            assert any(quoted == [part.strip() for part in other["hs_email_text"].split("\n")] for other in sent)
            answers += 1
    assert answers


def test_the_same_seed_gives_the_same_bytes(simcrm: Simcrm, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl")]
    for file, seed in zip(files, ("7", "7", "8"), strict=True):
        simcrm("generate", "--pairs", "60", "--seed", seed, *OPTIONS, "--out", str(file))

    first, second, other = (file.read_bytes() for file in files)
    assert first == second
    assert first != other


def test_accounts_do_not_fit_into_rows(simcrm: Simcrm, tmp_path: Path) -> None:
    outcome = simcrm("generate", "--pairs", "5", *OPTIONS, "--format", "csv", "--out", str(tmp_path / "a.csv"))

    assert outcome.code == 1
    assert "--format jsonl" in outcome.err
