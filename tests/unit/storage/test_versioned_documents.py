"""Every version of a document is kept, and of two writers who read the same one only one wins."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import StaleVersionError
from simcrm.llm.settings import LlmSettings
from simcrm.storage.versioned_documents import MARKDOWN, DocumentFormat, VersionedDocumentStore, json_format

NAME = "thing"
Versions = VersionedDocumentStore[str]


@pytest.fixture
def versions(resources: Resources) -> Versions:
    return VersionedDocumentStore(aws_clients.s3(), resources.bucket, "config/", MARKDOWN)


def test_a_document_that_was_never_written_has_no_version(versions: Versions) -> None:
    assert list(versions.list_versions(NAME)) == []
    assert versions.read(NAME, 1) is None
    assert (versions.latest(NAME).number, versions.latest(NAME).latest) == (0, None)


def test_versions_are_listed_in_their_order_and_none_is_lost(versions: Versions) -> None:
    numbers = [versions.add(NAME, f"text {number}", base_version=number - 1) for number in range(1, 13)]

    assert numbers == [version.number for version in versions.list_versions(NAME)] == list(range(1, 13))
    assert versions.read(NAME, 2) == "text 2"
    assert all(version.at.tzinfo is not None for version in versions.list_versions(NAME))


def test_a_version_is_written_once(versions: Versions) -> None:
    versions.add(NAME, "first", base_version=0)

    with pytest.raises(StaleVersionError, match=r"^Version 0 is outdated"):
        versions.add(NAME, "second", base_version=0)
    assert versions.read(NAME, 1) == "first"


def test_of_writers_at_the_same_moment_one_wins(versions: Versions) -> None:
    def write(text: str) -> str | None:
        try:
            versions.add(NAME, text, base_version=0)
        except StaleVersionError:
            return None
        return text

    with ThreadPoolExecutor(8) as threads:
        winners = [text for text in threads.map(write, "abcdefgh") if text is not None]

    assert winners == [versions.read(NAME, 1)]


def test_documents_of_another_name_are_others(versions: Versions) -> None:
    versions.add("things", "other", base_version=0)

    assert list(versions.list_versions(NAME)) == []
    assert versions.list_names() == ["things"]


def test_the_latest_version_of_each_document_is_read_with_its_history(versions: Versions) -> None:
    for name, count in ((NAME, 2), ("other", 1)):
        for number in range(count):
            versions.add(name, f"{name} {number}", base_version=number)

    found = versions.all_latest()

    assert {name: (history.number, history.latest) for name, history in found.items()} == {
        NAME: (2, "thing 1"),
        "other": (1, "other 0"),
    }
    assert [row["version"] for row in found[NAME].to_rows()] == [2, 1]


@pytest.mark.parametrize(
    ("document_format", "document", "suffix"),
    [(MARKDOWN, "a text\n", ".md"), (json_format(LlmSettings), LlmSettings(model="some"), ".json")],
)
def test_documents_stand_where_earlier_releases_left_them(
    resources: Resources, document_format: DocumentFormat[Any], document: Any, suffix: str
) -> None:
    store = VersionedDocumentStore(aws_clients.s3(), resources.bucket, "config/", document_format)
    store.add(NAME, document, base_version=41)

    body = aws_clients.s3().get_object(Bucket=resources.bucket, Key=f"config/thing/000042{suffix}")["Body"].read()
    assert body.decode() == document_format.serialize(document)
    assert store.latest(NAME).latest == document
