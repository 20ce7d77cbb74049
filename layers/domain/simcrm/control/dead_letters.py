"""The dead letters an operator has to look at."""

import json
from collections import Counter
from typing import TYPE_CHECKING

from simcrm.storage.artifacts import JsonObject
from simcrm.writing.dead_letters import PREFIX
from simcrm.writing.request import UnusableMessageError, parse_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SAMPLES = 20
REPLAYED = 200
"""Letters of one replay, as many as an API call has time for."""


def dead_letters(s3: "S3Client", bucket: str) -> JsonObject:
    """How many there are by category, and the latest of them without their bodies, which hold task tokens."""
    keys = _keys(s3, bucket)
    letters = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys[:SAMPLES]]
    samples = [{name: value for name, value in letter.items() if name != "body"} for letter in letters]
    return {"total": len(keys), "byCategory": Counter(key.split("/")[-2] for key in keys), "samples": samples}


def replay(s3: "S3Client", sqs: "SQSClient", bucket: str, queue_url: str, *, dry_run: bool) -> JsonObject:
    """Send the latest letters to the writer again and strike them off; what cannot be used would only come back.

    The task that waited for a letter has been told of its end; the ledger learns of the write all the same.
    """
    usable: dict[str, str] = {}
    unusable = 0
    for key in _keys(s3, bucket)[:REPLAYED]:
        body = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["body"]
        try:
            parse_request(body)
        except UnusableMessageError:
            unusable += 1
        else:
            usable[key] = body
    if not dry_run:
        for key, body in usable.items():
            sqs.send_message(QueueUrl=queue_url, MessageBody=body)
            s3.delete_object(Bucket=bucket, Key=key)
    return {"dryRun": dry_run, "replayed": len(usable), "unusable": unusable}


def _keys(s3: "S3Client", bucket: str) -> list[str]:
    """All letters, the latest first."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    return sorted((item["Key"] for page in pages for item in page.get("Contents", [])), reverse=True)
