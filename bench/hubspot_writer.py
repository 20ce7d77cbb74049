"""How many calls HubSpot gets for a thousand contacts, and how much of its limit four writers use without a 429.

``callsPer1000Pairs`` are those of contacts with companies of their own, ``callsPer1000PairsWithActivities`` those of a
deal, a note and a task for each of them too. ``callsPer1000ContactsWithEverything`` are those of a backfill as it is
generated: shared companies, deals with committees, line items of the catalogue's products, meetings, e-mails and all
other activities, ``objectsOf1000Contacts`` in all.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import boto3
import httpx2
import redis
from moto import mock_aws

from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient, http_client
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.rate_limit.budgets import RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import DISPLAY_ORDER, CrmObject, ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import resolve_plan, write_plan
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_products import write_products
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer
from simcrm_embedded.redis_server import find_server

RESULT = Path(__file__).parent / "results" / "hubspot.json"
PAIRS, BATCH, MERGED = 1_000, 100, 10
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""The present of the runs that are counted, so that they are the same on every day."""

LIMIT, SECONDS, WRITERS, INTERVAL = 190, 30.0, 4, 10.0
HALVED_AFTER = 11.0
GROWN = 100_000
INPUTS = 5
"""Records in a call of the limit's measurement: the limit counts calls, and the machine has few cores."""


@contextmanager
def process(command: list[str]) -> Iterator[str]:
    """A server of this benchmark; its first line of output, if it prints one."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline() if server.stdout else ""
        server.terminate()


@contextmanager
def portal(**settings: Any) -> Iterator[httpx2.Client]:
    """A local HubSpot with SimCRM's properties and these settings."""
    with process([sys.executable, "-m", "local_hubspot"]) as announced:
        http = http_client(json.loads(announced)["url"], "token", 30)
        prepare_portal(HubSpotClient(http, ApiPaths("2026-09")), allow_production=False)
        http.put("/_local/settings", json=settings).raise_for_status()
        yield http


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis on a socket of its own."""
    socket = folder / "bench-redis.sock"
    command = [str(find_server()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    with process(command):
        deadline = time.monotonic() + 10
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"unix://{socket}"


def stats(http: httpx2.Client) -> Any:
    """The counters of the local HubSpot."""
    return http.get("/_local/stats").raise_for_status().json()


def throttled_calls(http: httpx2.Client) -> int:
    """How many calls were answered with 429."""
    return sum(answers.get("429", 0) for answers in stats(http)["requests"].values())


# ---------------------------------------------------------------- calls per thousand pairs


def pair_rows(first: int) -> list[dict[str, Any]]:
    """A batch of contacts with companies of their own."""
    return [
        {
            "index": index,
            "companyIndex": index,
            "contact": {"firstname": "Ada", "lastname": f"Okafor {index}", "email": f"ada{index}@company{index}.test"},
            "company": {"name": f"Company {index}", "domain": f"company{index}.test"},
        }
        for index in range(first, first + BATCH)
    ]


ACTIVITIES: dict[str, dict[str, str]] = {
    "deals": {"dealname": "Tooling", "dealstage": "qualifiedtobuy", "amount": "1200"},
    "notes": {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_note_body": "Asked for a quote."},
    "tasks": {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_task_subject": "Send the quote"},
}


def activity_rows(first: int) -> list[dict[str, Any]]:
    """A deal, a note and a task for each record of a batch."""
    return [
        {"index": index, "companyIndex": index, "type": kind, "ordinal": 0, "dealOrdinal": None, "properties": words}
        for index in range(first, first + BATCH)
        for kind, words in ACTIVITIES.items()
    ]


def request(simulation: str, batch: int, step: str) -> str:
    """A queue message."""
    source = file_names.source_file(batch, step)
    fields = {"taskToken": "t", "simulationId": simulation, "batch": batch, "step": step, "source": source}
    return json.dumps(fields)


@dataclass(frozen=True)
class Run:
    """A simulation whose rows are written to a portal step by step."""

    http: httpx2.Client
    files: SimulationFiles
    writer: Writer

    @classmethod
    def open(cls, http: httpx2.Client, s3: Any, simulation: str) -> "Run":
        """A run with an empty bucket."""
        files, client = SimulationFiles(s3, "bench", simulation), HubSpotClient(http, ApiPaths("2026-09"))
        validator = Validator(PropertyDefinitionCache(client, None, "bench"))
        portal_writer = BatchWriter(client, has_key=validator.has_key, fix_properties=validator.fix_properties)
        return cls(http, files, Writer(portal_writer, lambda _: files, PropertyChanges(validator)))

    @property
    def calls(self) -> int:
        """The portal's count of write calls."""
        return int(stats(self.http)["writeCalls"])

    def settle(self, step: str, rows: Mapping[int, list[dict[str, Any]]]) -> Counter[ObjectType]:
        """Settle one step of some batches, as many messages together as the event source hands over.

        Raises:
            SystemExit: something was refused.
        """
        written: Counter[ObjectType] = Counter()
        for some in batched_messages(sorted(rows)):
            for batch in some:
                self.files.write_lines(file_names.source_file(batch, step), rows[batch])
            messages = (request(self.files.simulation_id, batch, step) for batch in some)
            for totals in self.writer.write([self.writer.open(parse_write_request(message)) for message in messages]):
                if totals.refused:
                    raise SystemExit(f"Not everything was written: {totals}")
                written.update(totals.written)
        return written


def batched_messages(batches: list[int]) -> Iterator[list[int]]:
    """As many batches as the event source merges."""
    return (batches[first : first + MERGED] for first in range(0, len(batches), MERGED))


@contextmanager
def portal_and_bucket() -> Iterator[tuple[httpx2.Client, Any]]:
    """A local HubSpot and an S3 with a bucket."""
    with portal() as http, mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bench")
        yield http, s3


def count_calls() -> dict[str, int]:
    """HubSpot's count of write calls for a thousand pairs, and then for three activities each, from merged messages."""
    batches = range(PAIRS // BATCH)
    with portal_and_bucket() as (http, s3):
        run = Run.open(http, s3, "sim-pairs")
        given = parse_simulation_input({"totalRecords": PAIRS})
        write_plan(run.files, resolve_plan("sim-pairs", given, NOW, DEFAULT_PIPELINE, ()))
        before = run.calls
        written = run.settle(file_names.CONTACTS_STEP, {batch: pair_rows(batch * BATCH) for batch in batches})
        pairs = run.calls - before
        written += run.settle(file_names.wave_step(0), {batch: activity_rows(batch * BATCH) for batch in batches})
        everything = run.calls - before
    if any(written[ObjectType(kind)] != PAIRS for kind in ("contacts", "companies", *ACTIVITIES)):
        sys.exit(f"Not everything was written: {written}")
    return {"callsPer1000Pairs": pairs, "callsPer1000PairsWithActivities": everything}


def count_calls_with_everything() -> dict[str, Any]:
    """The same for a thousand contacts of a backfill as it is generated, with the catalogue; and its objects."""
    with portal_and_bucket() as (http, s3):
        run, client = Run.open(http, s3, "sim-everything"), HubSpotClient(http, ApiPaths("2026-09"))
        asked = {"totalRecords": PAIRS, "seed": "everything", "ai": {"enabled": False}}
        plan = plan_simulation(PlanRequest("sim-everything", NOW, asked), client, run.files)
        before, generator = run.calls, RowGenerator.from_plan(plan)
        products = write_products(run.files, lambda: run.writer)
        written = Counter(products.written if products else {})
        rows: dict[str, dict[int, list[dict[str, Any]]]] = {}
        for batch in read_batches(run.files):
            for step, some in generate_history(generator, batch).rows.items():
                rows.setdefault(step, {})[batch.number] = some
        for step, some_batches in rows.items():
            written += run.settle(step, some_batches)
        calls, held = run.calls - before, stats(http)["objects"]
    if any(held[kind] != written[ObjectType(kind)] for kind in held):
        sys.exit(f"The portal does not hold what was written: {held}, {written}")
    objects = {kind.json_name: written[kind] for kind in DISPLAY_ORDER}
    return {"callsPer1000ContactsWithEverything": calls, "objectsOf1000Contacts": objects}


# ---------------------------------------------------------------- use of the limit


def write_until(url: str, redis_url: str, name: str, seconds: float) -> int:
    """One writer: small batches as fast as the limiter lets it; the number of records that HubSpot confirmed."""
    limiter = HubSpotRateLimiter(redis.Redis.from_url(redis_url, decode_responses=True), RateLimits())
    writer = BatchWriter(HubSpotClient(http_client(url, "token", 30), ApiPaths("2026-09"), limiter=limiter), threads=5)
    end, written = time.monotonic() + seconds, 0
    for number in count():
        if time.monotonic() >= end:
            break
        keys = [f"{name}-{number}-{place}" for place in range(INPUTS)]
        objects = [CrmObject(key, ObjectType.CONTACTS, {"simcrm_record_key": key, "lastname": key}) for key in keys]
        while True:
            try:
                written += len(writer.write(objects, {}).ids)
                break
            except PortalUnavailableError as busy:  # what the queue does with the message
                time.sleep(busy.retry_after or 1.0)
    return written


@contextmanager
def writers(http: httpx2.Client, redis_url: str, seconds: float) -> Iterator[list[subprocess.Popen[str]]]:
    """Four writer processes, started together."""
    command = [sys.executable, __file__, "--writer", str(http.base_url), redis_url, str(seconds)]
    started = [
        subprocess.Popen([*command, f"w{number}"], stdout=subprocess.PIPE, text=True) for number in range(WRITERS)
    ]
    yield started
    for writer in started:
        writer.wait()


def use_of_limit(folder: Path) -> dict[str, float]:
    """The share of the permitted calls that are made in 30 s, from the first one on, and the 429 among them."""
    with portal(callsPerTenSeconds=LIMIT) as http, redis_server(folder) as redis_url:
        http.post("/_local/faults", json=[])
        before = stats(http)["writeCalls"]
        with writers(http, redis_url, SECONDS + INTERVAL / 2):
            while stats(http)["writeCalls"] == before:
                time.sleep(0.01)
            time.sleep(SECONDS)
            made = stats(http)["writeCalls"] - before
            refused = throttled_calls(http)
    return {"limitUse": round((made - refused) / (LIMIT * SECONDS / INTERVAL), 4), "count429": refused}


def measure_halved_limit(folder: Path) -> dict[str, float]:
    """The portal halves its limit in the middle of a run: when the last 429 came, and what was lost."""
    with portal(callsPerTenSeconds=LIMIT) as http, redis_server(folder) as redis_url:
        with writers(http, redis_url, HALVED_AFTER + 3 * INTERVAL) as started:
            time.sleep(HALVED_AFTER)
            http.put("/_local/settings", json={"callsPerTenSeconds": LIMIT // 2}).raise_for_status()
            changed, seen, last = time.monotonic(), throttled_calls(http), 0.0
            while any(writer.poll() is None for writer in started):
                time.sleep(0.2)
                now = throttled_calls(http)
                if now > seen:
                    seen, last = now, time.monotonic() - changed
        confirmed = sum(int(writer.stdout.read()) for writer in started if writer.stdout)
        held = stats(http)["objects"]["contacts"]
    return {"adaptedAfterSeconds": round(last, 1), "count429": seen, "lost": confirmed - held, "written": held}


# ---------------------------------------------------------------- a portal that grows


def growth() -> list[float]:
    """The local HubSpot's CPU seconds for each ten thousand upserts, until it holds a hundred thousand records."""
    with subprocess.Popen([sys.executable, "-m", "local_hubspot"], stdout=subprocess.PIPE, text=True) as server:
        http = http_client(json.loads(server.stdout.readline() if server.stdout else "")["url"], "token", 60)
        client = HubSpotClient(http, ApiPaths("2026-09"))
        prepare_portal(client, allow_production=False)
        writer, moments = BatchWriter(client), [_cpu_seconds(server.pid)]
        for first in range(0, GROWN, GROWN // 10):
            keys = [f"grown-{number}" for number in range(first, first + GROWN // 10)]
            given = [{"simcrm_record_key": key, "email": f"{key}@grown.test"} for key in keys]
            writer.write([CrmObject(row["simcrm_record_key"], ObjectType.CONTACTS, row) for row in given], {})
            moments.append(_cpu_seconds(server.pid))
        if stats(http)["objects"]["contacts"] != GROWN:
            sys.exit("Not everything was written.")
        server.terminate()
    return [round(after - before, 2) for before, after in pairwise(moments)]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure all and write the results."""
    folder = RESULT.parent
    result = {**count_calls(), **count_calls_with_everything()}
    result |= {**use_of_limit(folder), "limitHalved": measure_halved_limit(folder)}
    result |= {"portalCpuSecondsPer10000Upserts": growth()}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--writer"]:
        address, redis_address, duration, own_name = sys.argv[2:]
        print(write_until(address, redis_address, own_name, float(duration)))
    else:
        main()
