import pytest

from simcrm.core.errors import ConfigError
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.models.crm_objects import ObjectType

CONTACTS, COMPANIES, DEALS = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS
DATED, OLD = ApiPaths("2026-09"), ApiPaths("v3")


@pytest.mark.parametrize(
    ("dated", "old", "expected"),
    [
        (
            DATED.batch(CONTACTS, "upsert"),
            OLD.batch(CONTACTS, "upsert"),
            ("/crm/objects/2026-09/contacts/batch/upsert", "/crm/v3/objects/contacts/batch/upsert"),
        ),
        (
            DATED.create_associations(CONTACTS, COMPANIES),
            OLD.create_associations(CONTACTS, COMPANIES),
            (
                "/crm/associations/2026-09/contacts/companies/batch/create",
                "/crm/v4/associations/contacts/companies/batch/create",
            ),
        ),
        (
            DATED.properties(DEALS),
            OLD.properties(DEALS),
            ("/crm/properties/2026-09/deals", "/crm/v3/properties/deals"),
        ),
        (DATED.pipelines(DEALS), OLD.pipelines(DEALS), ("/crm/pipelines/2026-09/deals", "/crm/v3/pipelines/deals")),
        (DATED.owners(), OLD.owners(), ("/crm/owners/2026-09", "/crm/v3/owners")),
        (DATED.record_limits(), OLD.record_limits(), ("/crm/limits/2026-09/records", "/crm/v3/limits/records")),
        (DATED.account(), OLD.account(), ("/account-info/2026-09/details", "/account-info/v3/details")),
    ],
)
def test_a_version_decides_where_it_stands_in_a_path(dated: str, old: str, expected: tuple[str, str]) -> None:
    assert (dated, old) == expected


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09", "2031-09"])
def test_versions_of_march_and_september_and_v3_are_known(version: str) -> None:
    assert ApiPaths(version).version == version


@pytest.mark.parametrize("version", ["", "v4", "2026-04", "2026-9", "26-09", "2026-09/..", "latest"])
def test_any_other_version_is_refused_with_what_to_use(version: str) -> None:
    with pytest.raises(ConfigError, match="use v3 or a date such as 2026-09"):
        ApiPaths(version)
