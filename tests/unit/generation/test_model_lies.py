"""What a lying model writes: each lie is caught and asked for again once, and then only that text is composed."""

from collections import Counter
from collections.abc import Iterator

import pytest
from builders import batch
from stand_in_model import stand_in_response
from unit.generation.conftest import TextHarness

from local_anthropic.model.account_lies import LieKind
from simcrm.generation.text.text_kinds import find_text_kinds

SPAN = {"activities": {"enabled": True}, "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"}
RECORDS = 12
REASONS = {
    LieKind.AMOUNT: "amount",
    LieKind.PERSON: "person",
    LieKind.OUTCOME: "outcome",
    LieKind.FIRM: "firm",
    LieKind.ENGLISH: "language",
    LieKind.INTERESTS: "length",
    LieKind.SHIFTED_KEYS: "identity",
    LieKind.NAMES: "identity",
    LieKind.PLACEHOLDER: "leftover",
    LieKind.MARKDOWN: "markup",
    LieKind.TAG: "markup",
    LieKind.ASSISTANT: "assistant",
    LieKind.ECHO: "echo",
    LieKind.LINK: "link",
    LieKind.LONG: "length",
    LieKind.DATE: "date",
}


@pytest.fixture(scope="module", name="table")
def _table() -> Iterator[list[str]]:
    """Prints what was caught of each lie when all are through."""
    rows: list[str] = []
    yield rows
    print("\n" + "\n".join([f"{'lie':16}{'locale':8}{'texts':>6}{'caught':>7}  reasons", *rows]))  # noqa: T201


def told(workshop: TextHarness, lie: LieKind, locale: str) -> None:
    workshop.fields = {**SPAN, "contactsPerCompany": {"min": 3, "max": 3}, "locale": locale}
    workshop.model.script = [lambda request: stand_in_response(request, lie)] * 200


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "ja_JP"])
@pytest.mark.parametrize("lie", REASONS)
def test_a_lie_is_caught_and_costs_that_text_alone(
    workshop: TextHarness, lie: LieKind, locale: str, table: list[str]
) -> None:
    told(workshop, lie, locale)

    results = workshop.write_texts(RECORDS)

    reasons = Counter(reason for result in results.values() for reason in result.rejected.values())
    written = sum(len(result.text.keys) for result in results.values() if result.text is not None)
    table.append(f"{lie:16}{locale:8}{written:>6}{sum(reasons.values()):>7}  {dict(reasons)}")
    assert reasons.most_common(1)[0][0] == REASONS[lie]
    assert reasons[REASONS[lie]] >= 0.9 * reasons.total()
    again = [request for request in workshop.model.requests if "; again, because: " in request.prompt]
    assert again
    assert all(REASONS[lie] in request.prompt for request in again)


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "ja_JP"])
def test_a_model_that_mends_its_lie_writes_everything(workshop: TextHarness, locale: str) -> None:
    told(workshop, LieKind.FIRM, locale)
    workshop.model.script = [
        lambda request: stand_in_response(request, None if "; again, " in request.prompt else LieKind.FIRM)
    ] * 200

    results = workshop.write_texts(RECORDS)

    assert [result.rejected for result in results.values() if result.rejected] == []
    assert all(result.provenance.attempts > 1 for result in results.values() if result.text and result.text.activities)


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "ja_JP"])
def test_good_texts_with_arrows_and_comparisons_pass_and_are_escaped_for_rich_text(
    workshop: TextHarness, locale: str
) -> None:
    told(workshop, LieKind.ARROWS, locale)

    generator = workshop.generator().with_texts(workshop.write_texts(RECORDS))

    assert [result.rejected for result in generator.text_results.values() if result.rejected] == []
    rows = [item.row for item in generator.activity_rows(batch(count=RECORDS))]
    texts = [
        (kind, row["properties"][kind.body_property])
        for row in rows
        for kind in find_text_kinds(row["properties"], row["type"])
    ]
    assert any("-&gt;" in text for kind, text in texts if kind.is_html)
    assert not any(">" in text.replace("<br>", "") for kind, text in texts if kind.is_html)
    assert any("->" in text for kind, text in texts if not kind.is_html)
