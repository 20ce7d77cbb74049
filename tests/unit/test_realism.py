"""The figures by which accounts are judged."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from coherence import draw, measure
from realism_statistics import area_under_curve, cramers_v, rank_correlation

from simcrm_cli import main


def test_the_area_is_a_half_for_equal_values_and_one_for_separate_ones() -> None:
    assert area_under_curve([1, 2, 3], [1, 2, 3]) == 0.5
    assert area_under_curve([4, 5], [1, 2, 3]) == 1
    assert area_under_curve([1], [2]) == 0


def test_ranks_correlate_whatever_the_distances_and_ties_share_theirs() -> None:
    assert rank_correlation([1, 2, 3, 100], [1, 4, 9, 16]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(0)


def test_categories_that_decide_an_outcome_have_a_v_of_one() -> None:
    assert cramers_v([("a", "won"), ("b", "lost")] * 10) == pytest.approx(1)
    assert cramers_v([("a", "won"), ("a", "lost"), ("b", "won"), ("b", "lost")]) == pytest.approx(0)
    assert cramers_v([("a", "won"), ("a", "lost")]) == 0


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("realism") / "accounts.jsonl"
    options = ["--pairs", "2500", "--seed", "7", "--as-of", "2026-11-01", "--by", "account"]
    assert main.run(["generate", *options, "--out", str(out)]) == 0
    return [json.loads(line) for line in Path(out).read_text(encoding="utf-8").splitlines()][1:]


def test_accounts_are_coherent(lines: list[dict[str, Any]]) -> None:
    figures = measure(lines)

    assert figures["contacts"] == 2500
    assert 0.6 < figures["AUC of the score, customers against leads"] < 0.85
    assert figures["contacts per deal"] >= 2
    assert 0.4 <= figures["correlation of amount and headcount"] <= 0.8
    assert figures["deals whose lines do not add up"] == 0
    assert figures["share of the busiest hour"] < 0.2
    assert figures["share of Mondays"] < 0.25
    assert figures["recurring sentences in 1000 notes"] < 0.3


def test_a_line_that_is_changed_no_longer_adds_up(lines: list[dict[str, Any]]) -> None:
    changed = json.loads(json.dumps(lines))
    deal = next(line["deals"][0] for line in changed if line["deals"])
    deal["properties"]["amount"] = "1"

    assert measure(changed)["deals whose lines do not add up"] == 1


def test_the_picture_has_a_bar_for_each_hour(lines: list[dict[str, Any]]) -> None:
    bars = ET.fromstring(draw(lines)).findall("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - made here

    assert len(bars) == 24
