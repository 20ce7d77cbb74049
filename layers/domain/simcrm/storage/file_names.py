"""The names of a simulation's S3 objects; no other module knows the layout of its prefix."""

PLAN = "plan.json"
BATCHES = "batches.jsonl"
STATUS = "status.json"
STOP = "stop.json"
ABORT = "abort.json"
CLEANUP = "cleanup.json"
REPAIR = "repair.json"
JOB = "job.json"
LEDGER = "ledger/"
BATCH_DOCUMENTS = "batches/"
TOTALS = "totals/"
ACTIVITIES = "activities/"
MESSAGE_BATCHES = "parcels.json"
PRODUCTS = "products.jsonl"
CATALOGUE_STEP = "catalogue"
CONTACTS_STEP = "contacts"
ABORTED_STEP = "aborted"
FAILURES = "failures/"
UNFINISHED_SUFFIX = "-begun"


def wave_step(wave: int) -> str:
    """Return the step of a batch that writes the activities of a wave; waves are numbered from 0."""
    return f"wave-{wave:03d}"


def steps_before(step: str) -> list[str]:
    """Return the steps of a batch that are settled before a step starts: the contacts, then each earlier wave.

    The catalogue, a step of the first batch only, is not among them.
    """
    base = step.removesuffix(UNFINISHED_SUFFIX)
    if base in {CATALOGUE_STEP, CONTACTS_STEP}:
        return []
    return [CONTACTS_STEP, *map(wave_step, range(int(base.removeprefix("wave-"))))]


def source_file(batch: int, step: str) -> str:
    """The rows that a step of a batch writes."""
    if step == CATALOGUE_STEP:
        return PRODUCTS
    return records_file(batch) if step == CONTACTS_STEP else activities_file(batch, int(step.removeprefix("wave-")))


def history_file(batch: int) -> str:
    """All rows of a batch by step, as they were generated when it began."""
    return f"histories/{batch:06d}.jsonl"


def records_file(batch: int) -> str:
    """The contact and company pairs of a batch."""
    return f"records/{batch:06d}.jsonl"


def activities_file(batch: int, wave: int) -> str:
    """The activities of one wave of a batch."""
    return f"{batch_activities_prefix(batch)}{wave:03d}.jsonl"


def batch_activities_prefix(batch: int) -> str:
    """The prefix of the activities of a batch."""
    return f"{ACTIVITIES}{batch:06d}/"


def batch_from_activities_file(name: str) -> int:
    """Parse the batch number from a name that ``activities_file`` returned."""
    return int(name.removeprefix(ACTIVITIES).partition("/")[0])


def batch_failures_prefix(attempt: int) -> str:
    """The prefix of an attempt's batch failures."""
    return f"{FAILURES}{attempt:03d}/"


def batch_failure_file(attempt: int, batch: int) -> str:
    """Why a batch failed in an attempt."""
    return f"{batch_failures_prefix(attempt)}{batch:06d}.json"


def parse_failure_batch(name: str) -> int:
    """Parse the batch number from a name that ``batch_failure_file`` returned."""
    return int(name.rpartition("/")[2].removesuffix(".json"))


def texts_file(batch: int) -> str:
    """The model's texts for a batch, with the final names of its companies."""
    return f"words/{batch:06d}.jsonl"


def call_texts_file(batch: int, call: str) -> str:
    """The texts of one model call, stored before any further processing; ``call`` names it within the batch."""
    return f"{call_texts_prefix(batch)}{call}.jsonl"


def call_texts_prefix(batch: int) -> str:
    """The prefix of the texts of a batch's model calls."""
    return f"words/{batch:06d}/"


def ledger_file(batch: int, step: str) -> str:
    """The outcome of each object in a step of a batch."""
    return f"{batch_ledger_prefix(batch)}{step}.jsonl"


def aborted_ledger_file(batch: int) -> str:
    """The objects of a batch that an abort left unwritten, whatever their step."""
    return ledger_file(batch, ABORTED_STEP)


def unfinished_step(step: str) -> str:
    """Return the name under which the ledger lists a partly written step until the step is settled."""
    return f"{step}{UNFINISHED_SUFFIX}"


def parse_ledger_batch(name: str) -> int:
    """Parse the batch number from a name that ``ledger_file`` returned."""
    return int(name.removeprefix(LEDGER).partition("/")[0])


def step_from_ledger_file(name: str) -> str:
    """Parse the step from a name that ``ledger_file`` returned."""
    return name.rpartition("/")[2].removesuffix(".jsonl")


def batch_document_file(batch: int) -> str:
    """The outcomes of a batch's objects over all steps, derived from its ledger files."""
    return f"{BATCH_DOCUMENTS}{batch:06d}.json"


def totals_file(shard: int) -> str:
    """The totals of one shard of the batches."""
    return f"{TOTALS}{shard:02d}.json"


def batch_ledger_prefix(batch: int) -> str:
    """The prefix of a batch's ledger files."""
    return f"{LEDGER}{batch:06d}/"
