"""Dead letters that need an operator's attention."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from simcrm.core.concurrency import chunked_windows, map_concurrently
from simcrm.core.json_types import JsonObject
from simcrm.writing.dead_letter_store import PREFIX
from simcrm.writing.write_request import InvalidMessageError, parse_write_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

MAX_SAMPLES = 20
MAX_REPLAYED = 200
"""Letters per replay: as many as fit into the time of one API call."""

SENT_TOGETHER = 10
"""Maximum messages per call; each is far below the 1 MiB limit on the whole call."""


def summarize_dead_letters(s3: "S3Client", bucket: str) -> JsonObject:
    """Count dead letters by category and return the latest, without their bodies, which contain task tokens."""
    keys = _letter_keys(s3, bucket)
    letters = _letters(s3, bucket, keys[:MAX_SAMPLES])
    samples = [{name: value for name, value in letter.items() if name != "body"} for _, letter in letters]
    return {"total": len(keys), "byCategory": Counter(key.split("/")[-2] for key in keys), "samples": samples}


def replay_letters(s3: "S3Client", sqs: "SQSClient", bucket: str, queue_url: str, *, dry_run: bool) -> JsonObject:
    """Send the latest letters to the writer again and delete them; unusable ones are skipped, as they would fail again.

    The task that waited for a letter has already been reported as ended; the ledger still records the write. A letter
    that the queue does not accept stays and does not count as replayed.
    """
    bodies = {key: str(letter["body"]) for key, letter in _letters(s3, bucket, _letter_keys(s3, bucket)[:MAX_REPLAYED])}
    usable = {key: body for key, body in bodies.items() if _is_usable(body)}
    sent = list(usable) if dry_run else _send(sqs, queue_url, usable)
    if sent and not dry_run:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in sent], "Quiet": True})
    return {"dryRun": dry_run, "replayed": len(sent), "unusable": len(bodies) - len(usable)}


def _send(sqs: "SQSClient", queue_url: str, usable: Mapping[str, str]) -> list[str]:
    """Send letters and return the keys of those that the queue accepted."""
    sent: list[str] = []
    for window in chunked_windows(usable.items(), SENT_TOGETHER):
        entries = [{"Id": str(place), "MessageBody": body} for place, (_, body) in enumerate(window)]
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
        sent += [window[int(done["Id"])][0] for done in answer.get("Successful", [])]
    return sent


def _is_usable(body: str) -> bool:
    try:
        parse_write_request(body)
    except InvalidMessageError:
        return False
    return True


def _letters(s3: "S3Client", bucket: str, keys: Sequence[str]) -> Iterator[tuple[str, JsonObject]]:
    def letter(key: str) -> tuple[str, JsonObject]:
        return key, json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    return map_concurrently(letter, keys)


def _letter_keys(s3: "S3Client", bucket: str) -> list[str]:
    """List the keys of all letters, latest first."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    return sorted((item["Key"] for page in pages for item in page.get("Contents", [])), reverse=True)
