"""Write a simulation's products once, before its batches, whose line items refer to them."""

from collections.abc import Callable

from simcrm.cache import run_counters as counters
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import WriteRequest
from simcrm.writing.writer import CATALOGUE_BATCH, Writer

NO_TASK = "NONE"
"""The task token of a request that completes no task."""


def write_products(files: SimulationFiles, create_writer: Callable[[], Writer]) -> LedgerTotals | None:
    """Write the products of a planned simulation and return their totals; None if there is nothing left to write.

    Safe to repeat: products that the ledger lists are settled, and the portal's are found by their record keys.

    Raises:
        SimulationAbortedError: the simulation was aborted.
        PortalUnavailableError, PortalAccessError: nothing is settled; writing all of them again is safe.
    """
    if files.read_lines(file_names.PRODUCTS) is None:
        return None
    request = WriteRequest(
        taskToken=NO_TASK,
        simulationId=files.simulation_id,
        batch=CATALOGUE_BATCH,
        step=file_names.CATALOGUE_STEP,
        source=file_names.PRODUCTS,
    )
    writer = create_writer()
    job = writer.open(request)
    (totals,) = writer.write([job])
    return None if job.is_repeat else totals


def product_counters(totals: LedgerTotals) -> dict[str, int]:
    """The counters that the products of a simulation increase."""
    return {
        counters.created_counter(ObjectType.PRODUCTS): totals.written[ObjectType.PRODUCTS],
        counters.RECORDS_REFUSED: totals.refused,
    }
