"""How fast pairs are made: on one core beside the libraries people use instead, and by all cores beside one.

``python bench/generate.py`` writes ``bench/results/generate.json``: pairs per second with all words, set-up time of a
fresh process until the first pair, memory while it goes on, and the seconds of ``simcrm generate`` by one process and
by one a core. A pair is a contact with its company, as the history of their account leaves them, so the rate is that
of histories. The peers make the same fields, at random; a peer that is not installed is left out.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from simcrm.planning.batches import Batch
from simcrm_cli.offline_generator import OfflineOptions, build_generator
from simcrm_cli.parallel_generation import generate_chunks, usable_cores
from simcrm_cli.record_writers import FileFormat, FileLayout

RESULT = Path(__file__).parent / "results" / "generate.json"
AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
PAIRS = 20_000
PEER_PAIRS = 1_000
ROUNDS = 3
PAIRS_OF_A_FILE = 5_000
MEMORY_AT = (20_000, 200_000)
MOST_PAIRS = 1_000_000
"""The pairs of the simulation whose first ones are measured."""

FIRST_PAIR = f"""
import time
began = time.process_time()
from datetime import datetime
from simcrm.planning.batches import Batch
from simcrm_cli.offline_generator import OfflineOptions, build_generator
at = datetime.fromisoformat("{AT.isoformat()}")
generator = build_generator(OfflineOptions(pairs={MOST_PAIRS}, seed="7", scenario="B2B", as_of=at))
generator.contact_rows(Batch(0, at, 0, 1))
print((time.process_time() - began) * 1000)
"""
Maker = Callable[[int], object]


def ours() -> Maker:
    """A pair of this project."""
    generator = build_generator(OfflineOptions(pairs=MOST_PAIRS, seed="7", scenario="B2B", as_of=AT))
    return lambda index: generator.contact_rows(Batch(0, AT, index, 1))


def faker() -> Maker:
    """The same fields from Faker."""
    from faker import Faker  # noqa: PLC0415 - a peer may be missing

    fake = Faker("en_US")
    fake.seed_instance(7)

    def place() -> dict[str, str]:
        return {"city": fake.city(), "state": fake.state(), "zip": fake.postcode(), "phone": fake.phone_number()}

    def words() -> dict[str, str]:
        return {name: fake.sentence() for name in ("source", "reasoning", "consent", "role", "temperature")}

    def make(index: int) -> object:
        contact = {
            "firstname": fake.first_name(),
            "lastname": fake.last_name(),
            "email": fake.email(),
            "jobtitle": fake.job(),
            "country": fake.country(),
            "score": str(fake.random_int(0, 100)),
            "at": fake.iso8601(),
        }
        company = {
            "name": fake.company(),
            "domain": fake.domain_name(),
            "industry": fake.bs(),
            "country": fake.country(),
            "employees": str(fake.random_int(2, 9000)),
            "revenue": str(fake.random_int(10_000, 9_000_000)),
            "description": fake.catch_phrase(),
            "interest": json.dumps([fake.word()]),
        }
        return index, contact | place() | words(), company | place()

    return make


def mimesis() -> Maker:
    """The same fields from Mimesis."""
    from mimesis import Generic  # noqa: PLC0415 - a peer may be missing
    from mimesis.locales import Locale  # noqa: PLC0415

    generic = Generic(locale=Locale.EN, seed=7)
    person, address, finance, text = generic.person, generic.address, generic.finance, generic.text

    def place() -> dict[str, str]:
        return {
            "city": address.city(),
            "state": address.state(),
            "zip": address.zip_code(),
            "phone": person.phone_number(),
        }

    def words() -> dict[str, str]:
        return {name: text.sentence() for name in ("source", "reasoning", "consent", "role", "temperature")}

    def make(index: int) -> object:
        contact = {
            "firstname": person.first_name(),
            "lastname": person.last_name(),
            "email": person.email(),
            "jobtitle": person.occupation(),
            "country": address.country(),
            "score": str(generic.numeric.integer_number(0, 100)),
            "at": str(generic.datetime.datetime()),
        }
        company = {
            "name": finance.company(),
            "domain": generic.internet.hostname(),
            "industry": text.word(),
            "country": address.country(),
            "employees": str(generic.numeric.integer_number(2, 9000)),
            "revenue": str(generic.numeric.integer_number(10_000, 9_000_000)),
            "description": text.sentence(),
            "interest": json.dumps([text.word()]),
        }
        return index, contact | place() | words(), company | place()

    return make


def rate(generator: Maker, count: int) -> float:
    """Pairs per second, the best of some rounds: the machine is shared."""
    best = 0.0
    for turn in range(ROUNDS):
        began = time.process_time()
        for index in range(turn * count, (turn + 1) * count):
            generator(index)
        best = max(best, count / (time.process_time() - began))
    return round(best)


def seconds_of_a_file(jobs: int) -> float:
    """Seconds to make the lines of records with activities by so many processes, their start among it."""
    wanted = OfflineOptions(pairs=PAIRS_OF_A_FILE, seed="7", scenario="B2B", as_of=AT)
    began = time.monotonic()
    generator = build_generator(wanted)
    with generate_chunks(generator, FileLayout.for_generator(FileFormat.JSONL, generator), jobs=jobs) as made:
        for _ in made:
            pass
    return time.monotonic() - began


def by_jobs() -> dict[str, float]:
    """A file by one process and by one a core, in turns: the best of some rounds of each, and their ratio."""
    jobs, rounds = usable_cores(), range(ROUNDS)
    turns = [(seconds_of_a_file(1), seconds_of_a_file(jobs)) for _ in rounds]
    one, all_cores = (min(found) for found in zip(*turns, strict=True))
    return {
        "pairs": PAIRS_OF_A_FILE,
        "jobs": jobs,
        "secondsWithOneJob": round(one, 2),
        "secondsWithAllJobs": round(all_cores, 2),
        "ratio": round(one / all_cores, 2),
    }


def set_up() -> float:
    """Milliseconds from the start of a fresh process's imports to its first pair, the best of some rounds."""
    runs = [
        subprocess.run([sys.executable, "-c", FIRST_PAIR], capture_output=True, text=True, check=True) for _ in range(5)
    ]
    return round(min(float(run.stdout) for run in runs), 1)


def memory() -> dict[str, int]:
    """Peak memory in MB after so many pairs."""
    generator, measured, made = ours(), {}, 0
    for goal in MEMORY_AT:
        for index in range(made, goal):
            generator(index)
        made = goal
        measured[str(goal)] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return measured


def main() -> None:
    """Measure and write the result."""
    result = {
        "pairsPerSecond": rate(ours(), PAIRS),
        "setupMs": set_up(),
        "memoryMbAfterPairs": memory(),
        "generate": by_jobs(),
        "peers": {peer.__name__: rate(peer(), PEER_PAIRS) for peer in (faker, mimesis) if find_spec(peer.__name__)},
        "python": sys.version.split()[0],
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
