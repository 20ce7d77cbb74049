from builders import entry

from simcrm.maintenance.failures import FILES, ROWS, failures_page
from simcrm.models.objects import ObjectType
from simcrm.storage.artifacts import Artifacts, JsonObject
from simcrm.storage.ledger import Ledger, LedgerEntry, Outcome


def refused(index: int, kind: ObjectType = ObjectType.CONTACTS) -> LedgerEntry:
    return entry(kind, index, outcome=Outcome.REFUSED, reason=f"no {index}")


def all_pages(artifacts: Artifacts) -> list[list[JsonObject]]:
    pages, token = [], ""
    while True:
        page = failures_page(artifacts, token or None)
        pages.append(page.rows)
        if page.next_token is None:
            return pages
        token = page.next_token


def test_a_simulation_without_a_ledger_has_no_failures(artifacts: Artifacts) -> None:
    assert all_pages(artifacts) == [[]]


def test_what_was_refused_is_listed_with_its_reason_and_nothing_else(artifacts: Artifacts) -> None:
    Ledger(artifacts).settle(0, "contacts", [entry(index=0), refused(1)])
    Ledger(artifacts).settle(0, "wave-000", [refused(1, ObjectType.DEALS), entry(ObjectType.NOTES, 2, 0)])

    assert all_pages(artifacts) == [
        [
            {"key": refused(1).key, "type": "contacts", "reason": "no 1"},
            {"key": refused(1, ObjectType.DEALS).key, "type": "deals", "reason": "no 1"},
        ]
    ]


def test_pages_hold_each_failure_once_and_are_short(artifacts: Artifacts) -> None:
    for batch in range(4):
        Ledger(artifacts).settle(batch, "contacts", [refused(100 * batch + index) for index in range(ROWS - 1)])

    pages = all_pages(artifacts)
    keys = [row["key"] for page in pages for row in page]

    assert sorted(keys) == sorted({refused(100 * batch + index).key for batch in range(4) for index in range(ROWS - 1)})
    assert len(pages) > 1
    assert all(len(page) < 2 * ROWS for page in pages)


def test_a_long_ledger_without_failures_is_not_read_in_one_answer(artifacts: Artifacts) -> None:
    for batch in range(FILES + 1):
        Ledger(artifacts).settle(batch, "contacts", [entry(index=batch)])
    Ledger(artifacts).settle(FILES, "contacts", [refused(FILES)])

    pages = all_pages(artifacts)

    assert [len(page) for page in pages] == [0, 1]
