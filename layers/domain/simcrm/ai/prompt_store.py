"""Prompts of one's own in S3: every version is kept, one of them is in use, and there is a way back."""

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import RootModel

from simcrm.ai.errors import AiError
from simcrm.ai.prompts import PROMPTS, SHIPPED, Prompt, check_prompt, shipped_prompt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "prompts/"
CURRENT = f"{PREFIX}current.json"
_VERSION = re.compile(r"u(\d+)")


class _Current(RootModel[dict[str, str]]):
    """The version in use by the prompt's name; a prompt that is not in it is the shipped one."""


class PromptStore:
    """The prompts of a deployment. Versions are ``v1`` for the shipped one and ``u1``, ``u2`` ... for one's own."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def current(self, name: str) -> Prompt:
        """The prompt that the next simulation takes.

        Raises:
            AiError: there is no prompt of this name.
        """
        shipped_prompt(name)
        return self.read(name, self._in_use().get(name, SHIPPED))

    def all_current(self) -> dict[str, Prompt]:
        """All of them by name."""
        return {name: self.current(name) for name in PROMPTS}

    def versions(self, name: str) -> list[str]:
        """The versions of a prompt, oldest first."""
        shipped_prompt(name)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{PREFIX}{name}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        numbers = sorted(int(found[1]) for key in keys if (found := _VERSION.search(key.rpartition("/")[2])))
        return [SHIPPED, *(f"u{number}" for number in numbers)]

    def read(self, name: str, version: str) -> Prompt:
        """One version of a prompt.

        Raises:
            AiError: there is none.
        """
        if version == SHIPPED:
            return shipped_prompt(name)
        body = self._get(_key(name, version)) if _VERSION.fullmatch(version) else None
        if body is None:
            raise AiError(f"prompt {name} has no version {version}; there are: {', '.join(self.versions(name))}")
        return Prompt(name, version, body)

    def set(self, name: str, text: str) -> Prompt:
        """Keep a new version and take it into use.

        Raises:
            AiError: the name is unknown, or the text names an unknown variable.
        """
        check_prompt(text)
        versions = self.versions(name)
        latest = 0 if versions[-1] == SHIPPED else int(versions[-1][1:])
        prompt = Prompt(name, f"u{latest + 1}", text)
        self._put(_key(name, prompt.version), text)
        self._use(prompt)
        return prompt

    def revert(self, name: str, version: str = SHIPPED) -> Prompt:
        """Take an older version into use again.

        Raises:
            AiError: there is no such prompt or version.
        """
        prompt = self.read(name, version)
        self._use(prompt)
        return prompt

    def _in_use(self) -> dict[str, str]:
        body = self._get(CURRENT)
        return {} if body is None else _Current.model_validate_json(body).root

    def _use(self, prompt: Prompt) -> None:
        chosen = self._in_use() | {prompt.name: prompt.version}
        self._put(CURRENT, _Current(chosen).model_dump_json())

    def _get(self, key: str) -> str | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def _put(self, key: str, text: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=text.encode())


def _key(name: str, version: str) -> str:
    return f"{PREFIX}{name}/{version}.md"
