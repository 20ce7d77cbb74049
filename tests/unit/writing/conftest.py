from collections.abc import Callable

import pytest
from builders import plan

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.plan.simulation_plan import write_plan
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts, JsonObject
from simcrm.writing.writer import Writer

Rows = list[JsonObject]


@pytest.fixture
def writer(client: HubSpotClient, artifacts_of: Callable[[str], Artifacts]) -> Writer:
    return Writer(BatchWriter(client), artifacts_of)


@pytest.fixture
def generated(artifacts: Artifacts) -> Callable[..., None]:
    """Plan the builders' simulation and write rows of its contacts by batch, as the steps before the writer do."""

    def generate(*batches: Rows, waves: Rows | None = None, dry_run: bool = False) -> None:
        write_plan(artifacts, plan(dryRun=dry_run))
        for number, rows in enumerate(batches):
            artifacts.write_lines(names.records(number), rows)
        if waves is not None:
            artifacts.write_lines(names.activities(0, 0), waves)

    return generate
