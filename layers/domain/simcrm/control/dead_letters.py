"""The dead letters an operator has to look at."""

import json
from collections import Counter
from typing import TYPE_CHECKING

from simcrm.storage.artifacts import JsonObject
from simcrm.writing.dead_letters import PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLES = 20


def dead_letters(s3: "S3Client", bucket: str) -> JsonObject:
    """How many there are by category, and the latest of them without their bodies, which hold task tokens."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    keys = sorted((item["Key"] for page in pages for item in page.get("Contents", [])), reverse=True)
    letters = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys[:SAMPLES]]
    samples = [{name: value for name, value in letter.items() if name != "body"} for letter in letters]
    return {"total": len(keys), "byCategory": Counter(key.split("/")[-2] for key in keys), "samples": samples}
