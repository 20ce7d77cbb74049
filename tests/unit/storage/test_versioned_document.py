"""Every version of a document is kept, and of two writers who read the same one only one wins."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import StaleVersionError
from simcrm.storage.versioned_document import VersionedDocument


@pytest.fixture
def versions(resources: Resources) -> VersionedDocument:
    return VersionedDocument(aws_clients.s3(), resources.bucket, "config/thing/")


def test_a_document_that_was_never_written_has_no_version(versions: VersionedDocument) -> None:
    assert list(versions.list_versions()) == []
    assert versions.read(1) is None


def test_versions_are_listed_in_their_order_and_none_is_lost(versions: VersionedDocument) -> None:
    for number in range(1, 13):
        versions.add(number, f"text {number}")

    assert [version.number for version in versions.list_versions()] == list(range(1, 13))
    assert versions.read(2) == "text 2"
    assert all(version.at.tzinfo is not None for version in versions.list_versions())


def test_a_version_is_written_once(versions: VersionedDocument) -> None:
    versions.add(1, "first")

    with pytest.raises(StaleVersionError, match=r"^Version 0 is outdated"):
        versions.add(1, "second")
    assert versions.read(1) == "first"


def test_of_writers_at_the_same_moment_one_wins(versions: VersionedDocument) -> None:
    def write(name: str) -> str | None:
        try:
            versions.add(1, name)
        except StaleVersionError:
            return None
        return name

    with ThreadPoolExecutor(8) as threads:
        winners = [name for name in threads.map(write, "abcdefgh") if name is not None]

    assert winners == [versions.read(1)]


def test_documents_of_another_prefix_are_others(versions: VersionedDocument, resources: Resources) -> None:
    VersionedDocument(aws_clients.s3(), resources.bucket, "config/things/").add(1, "other")

    assert list(versions.list_versions()) == []
