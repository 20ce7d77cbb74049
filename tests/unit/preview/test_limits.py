"""Which limit a run meets first, held against the state machine, the functions and the page that says it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START
from template.conftest import ROOT
from template_resources import template

from simcrm.core.config import HubSpotRateLimitConfig, PreviewConfig
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input
from simcrm.preview.limits import (
    BATCH_SECONDS,
    MAP_CONCURRENCY,
    MAX_CALLS_PER_WRITER,
    PLAN_SECONDS,
    AwsQuotas,
    QuotaUse,
    RunLoad,
    functions_needed,
    max_map_concurrency,
    quota_uses,
)
from simcrm.preview.preview import PreviewContext, preview_simulation
from simcrm_cli.limits_view import LABELS
from simcrm_lambda.writer_factory import WRITER_THREADS

JsonObject = dict[str, Any]
MILLION: JsonObject = {"totalRecords": 1_000_000, "seed": "seed"}
LIVE: JsonObject = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + 30 * DAY), "timeScale": 1}


def preview(quotas: AwsQuotas, concurrency: int = 40, now: datetime = START, **fields: Any) -> JsonObject:
    config = PreviewConfig.load({"MAP_CONCURRENCY": str(concurrency)})
    resolved = resolve_input(MILLION | fields, DeploymentSettings(config))
    return preview_simulation(resolved, PreviewContext(config, has_key=False, quotas=quotas), now)


def limits(quotas: AwsQuotas, **fields: Any) -> dict[str, JsonObject]:
    return {limit["name"]: limit for limit in preview(quotas, **fields)["limits"]}


def test_a_million_records_meet_the_portals_window_first() -> None:
    found = preview(AwsQuotas())["limits"]

    assert (found[0]["name"], found[0]["needed"], found[0]["available"]) == ("hubspotCallsPerTenSeconds", 400, 100)
    assert [limit["share"] for limit in found] == sorted((limit["share"] for limit in found), reverse=True)
    assert [limit["name"] for limit in found if limit["share"] > 1] == ["hubspotCallsPerTenSeconds"]


def test_a_run_at_once_is_one_whatever_part_of_a_second_it_is_asked_in() -> None:
    moments = (START + timedelta(seconds=part) for part in (0.001, 0.3, 0.999))
    whole = preview(AwsQuotas())["limits"]

    assert [preview(AwsQuotas(), now=moment)["limits"][0] for moment in moments] == [whole[0]] * 3


def test_a_short_run_by_the_clock_asks_for_no_more_than_its_batches_can() -> None:
    short = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + timedelta(seconds=1)), "timeScale": 1_000}
    found = limits(
        AwsQuotas(), **short | {"totalRecords": 50_000, "contactsPerCompany": 1, "activities": {"enabled": False}}
    )

    assert found["lambdaConcurrency"]["needed"] <= 500 + 6
    assert found["stepFunctionsTransitionsPerSecond"]["needed"] <= 500 * 6 / BATCH_SECONDS


def test_in_a_new_account_a_million_records_meet_its_functions_first_and_are_warned_of() -> None:
    document = preview(AwsQuotas(functions=10))

    assert document["limits"][0] == {"name": "lambdaConcurrency", "needed": 46, "available": 10, "share": 4.6}
    assert [warning for warning in document["warnings"] if "46 concurrent functions" in warning] != []
    fitting = preview(AwsQuotas(functions=10), concurrency=max_map_concurrency(10))
    assert fitting["limits"][0]["name"] == "hubspotCallsPerTenSeconds"
    assert [warning for warning in fitting["warnings"] if "concurrent functions" in warning] == []


def test_a_run_that_follows_the_clock_opens_all_its_batches_and_needs_few_functions() -> None:
    found = limits(AwsQuotas(), **LIVE)

    assert found["stepFunctionsMapChildren"]["needed"] > 9_000
    assert found["stepFunctionsOpenExecutions"]["needed"] == found["stepFunctionsMapChildren"]["needed"] + 1
    assert found["lambdaConcurrency"]["needed"] < 100
    assert 0 < found["executionSeconds"]["share"] < 1


@pytest.mark.parametrize(
    ("functions", "batches"), [(1, 1), (7, 1), (10, 4), (40, 34), (46, 40), (1_000, 40), (100_000, 40)]
)
def test_as_many_batches_run_side_by_side_as_the_account_has_functions_for(functions: int, batches: int) -> None:
    assert max_map_concurrency(functions) == batches
    assert functions_needed(batches) <= functions or batches == 1


def test_what_is_assumed_of_the_deployment_is_what_the_template_has() -> None:
    assert template()["Parameters"]["MapConcurrency"]["Default"] == MAP_CONCURRENCY
    assert template()["Parameters"]["LambdaConcurrency"]["Default"] == AwsQuotas().functions
    assert template()["Resources"]["PlanSimulationFunction"]["Properties"]["Timeout"] == PLAN_SECONDS
    assert MAX_CALLS_PER_WRITER == WRITER_THREADS


def test_every_limit_has_a_name_for_people_and_is_explained() -> None:
    load = RunLoad(records=1, batches=1, waves=1, hubspot_calls=1, seconds=0, map_concurrency=1, is_at_once=True)
    names = [limit.name for limit in quota_uses(load, HubSpotRateLimitConfig())]
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")

    assert sorted(names) == sorted(LABELS)
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_page_about_sizes_says_what_a_million_records_meet() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    backfill, live = limits(AwsQuotas()), limits(AwsQuotas(), **LIVE)

    figures = {name: (row["needed"], live[name]["needed"], row["available"]) for name, row in backfill.items()}
    rows = [f"| `{name}` | {' | '.join(f'{figure:,.0f}' for figure in row)} |" for name, row in figures.items()]
    assert [row for row in rows if row not in page] == []


def test_a_share_is_of_what_is_allowed() -> None:
    assert QuotaUse("planSeconds", 450, 900).share == 0.5
