"""How long the parts of a message batch may take, and how long to wait between polls."""

from datetime import timedelta

from simcrm.llm.caller import Clock

SUBMIT_UNKNOWN = timedelta(seconds=60)
"""How long a submission may be in flight: longer than its call may take and the provider needs to list the batch."""
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""Maximum difference between the provider's clock and ours."""
MAX_REFUSED = timedelta(hours=1)
"""How long the provider may refuse message batches before their records fall back."""
MAX_BATCH_AGE = timedelta(hours=26)
"""A message batch ends within 24 hours."""
STEP_SECONDS = 120.0
"""The time reserved for building and submitting a message batch, or for collecting one."""
MIN_WAIT, MAX_WAIT = timedelta(seconds=2), timedelta(seconds=300)
"""The wait between polls; a day of polling stays well below the limit of 25,000 events per execution."""


def is_late(clock: Clock) -> bool:
    """Whether too little of the invocation's time is left for another step."""
    return clock.now() + STEP_SECONDS > clock.deadline
