"""The names of a simulation's objects: the one place that knows the layout of its prefix."""

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
CONTACTS_STEP = "contacts"
ABORTED_STEP = "aborted"
FAILURES = "failures/"
UNFINISHED_SUFFIX = "-begun"


def wave_step(wave: int) -> str:
    """The step of a batch that writes the activities of a wave, counted from 0."""
    return f"wave-{wave:03d}"


def steps_before(step: str) -> list[str]:
    """The steps of a batch that are settled before one is begun: its contacts, then each earlier wave."""
    base = step.removesuffix(UNFINISHED_SUFFIX)
    wave = 0 if base == CONTACTS_STEP else int(base.removeprefix("wave-"))
    return [] if base == CONTACTS_STEP else [CONTACTS_STEP, *map(wave_step, range(wave))]


def records_file(batch: int) -> str:
    """The contact and company pairs of a batch."""
    return f"records/{batch:06d}.jsonl"


def activities_file(batch: int, wave: int) -> str:
    """The activities of a batch that are due together."""
    return f"{ACTIVITIES}{batch:06d}/{wave:03d}.jsonl"


def batch_from_activities_file(name: str) -> int:
    """The batch of a name that ``activities`` made."""
    return int(name.removeprefix(ACTIVITIES).partition("/")[0])


def batch_failures_prefix(attempt: int) -> str:
    """The prefix of the failures of an attempt's batches."""
    return f"{FAILURES}{attempt:03d}/"


def batch_failure_file(attempt: int, batch: int) -> str:
    """Why a batch failed in an attempt."""
    return f"{batch_failures_prefix(attempt)}{batch:06d}.json"


def parse_failure_batch(name: str) -> int:
    """The batch of a name that ``batch_failure`` made."""
    return int(name.rpartition("/")[2].removesuffix(".json"))


def texts_file(batch: int) -> str:
    """What the model wrote for a batch, with its companies' final names."""
    return f"words/{batch:06d}.jsonl"


def call_texts_file(batch: int, first_index: int) -> str:
    """What one call of the model wrote, kept before anything else happens to it."""
    return f"{call_texts_prefix(batch)}{first_index:07d}.jsonl"


def call_texts_prefix(batch: int) -> str:
    """The prefix of all calls of a batch."""
    return f"words/{batch:06d}/"


def ledger_file(batch: int, step: str) -> str:
    """What became of each object a step of a batch had to write."""
    return f"{batch_ledger_prefix(batch)}{step}.jsonl"


def aborted_ledger_file(batch: int) -> str:
    """What an abort left unwritten of a batch, whatever step it belongs to."""
    return ledger_file(batch, ABORTED_STEP)


def unfinished_step(step: str) -> str:
    """What stands in the ledger of a step that stopped in its middle, until the step is settled."""
    return f"{step}{UNFINISHED_SUFFIX}"


def parse_ledger_batch(name: str) -> int:
    """The batch of a name that ``ledger`` made."""
    return int(name.removeprefix(LEDGER).partition("/")[0])


def step_from_ledger_file(name: str) -> str:
    """The step of a name that ``ledger`` made."""
    return name.rpartition("/")[2].removesuffix(".jsonl")


def batch_document_file(batch: int) -> str:
    """What became of the objects of a batch in all its steps, as its ledger files say."""
    return f"{BATCH_DOCUMENTS}{batch:06d}.json"


def totals_file(shard: int) -> str:
    """The totals of a share of the batches."""
    return f"{TOTALS}{shard:02d}.json"


def batch_ledger_prefix(batch: int) -> str:
    """The prefix of all steps of a batch."""
    return f"{LEDGER}{batch:06d}/"
