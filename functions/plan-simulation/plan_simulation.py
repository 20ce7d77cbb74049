"""Validate the input, prepare the portal, write plan and batches; or skip the run if its schedule is still running."""

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.known_portal import remember_portal
from simcrm.cache.run_counters import HUBSPOT_CALLS
from simcrm.core.config import MapConcurrencyConfig, SimulationsConfig
from simcrm.models.schedule import read_schedule
from simcrm.operations.schedule_lock import skip_overlapping_run
from simcrm.planning.batches import map_concurrency
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation, record_stop_reason
from simcrm.storage import file_names
from simcrm.writing.write_products import product_counters, write_products
from simcrm_lambda.cache_clients import configured_cache, open_counters
from simcrm_lambda.handler import entry_point
from simcrm_lambda.hubspot_clients import portal_client
from simcrm_lambda.plan_factory import PlanSettingsConfig, create_schedule_lock, read_plan_settings
from simcrm_lambda.storage_clients import open_files
from simcrm_lambda.writer_factory import WriterFunctionConfig, create_writer

NOT_STARTED = "NONE"
"""The value of ``words`` for a run that was not started."""


class Config(SimulationsConfig, WriterFunctionConfig, PlanSettingsConfig, MapConcurrencyConfig):
    """The bucket, portal and cache, the model's name, the map's concurrency, and the state machine of other runs."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, startedAt, input}``, the first being the execution's name; return what the run needs."""
    config, calls = Config.load(), Counter[str]()
    request = PlanRequest.from_execution(event["simulationId"], event["startedAt"], event["input"])
    simulation_id, attempt = request.simulation_id, request.attempt
    files = open_files(config, simulation_id)
    response = {"simulationId": simulation_id, "attempt": attempt, "batchesKey": files.key(file_names.BATCHES)}
    schedule = read_schedule(event["input"]) if attempt == 1 else None
    if schedule is not None:
        lock = create_schedule_lock(config)
        if skip_overlapping_run(lock, schedule, request, files, datetime.now(UTC)):
            return response | {"words": NOT_STARTED}
    client = portal_client(config, on_call=lambda: calls.update([HUBSPOT_CALLS]))
    settings = read_plan_settings(config, event["input"])
    with record_stop_reason(files):
        plan = plan_simulation(request, client, files, settings)
        products = write_products(files, partial(create_writer, config, client))
    if not plan.input.dry_run:
        remember_portal(configured_cache(config), plan.portal_snapshot)
    counters = open_counters(config, simulation_id)
    if products is not None:
        counters.add(product_counters(products))
    if attempt == 1:
        counters.mark_started()
    counters.add(calls)
    return response | {"sideBySide": map_concurrency(plan.pace, config.map_concurrency), "words": plan.text_mode}
