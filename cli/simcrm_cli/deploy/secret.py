"""A stack's secret, read and written as a whole without overwriting concurrent changes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from simcrm_cli.errors import AwsError, CliError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Document = Mapping[str, str]
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
MAX_TRIES = 5
MARK = "bossToken"
"""Empty in a document that CloudFormation has generated; each deployment fills it, and nothing clears it."""


class SecretBusyError(CliError):
    """Others changed the secret at every attempt to change it."""

    def __init__(self) -> None:
        super().__init__(
            "SECRET_BUSY", "Somebody else keeps changing the stack's secret: nothing was changed, try again."
        )


def restore_values(held: Document, *former: Document) -> Document:
    """Restore the values of a former document if CloudFormation has since regenerated the secret.

    CloudFormation does so when a part of ``GenerateSecretString`` changes, again when it rolls that back, and when it
    replaces the secret. Tokens in use are restored too. The first former document that was in use is taken.
    """
    used = next((document for document in former if document.get(MARK)), None)
    if held.get(MARK) or used is None:
        return held
    return {**held, **{name: value for name, value in used.items() if value}}


@dataclass(frozen=True, slots=True)
class StackSecret:
    """Keys and tokens by name."""

    client: "SecretsManagerClient"
    arn: str

    def read(self) -> Document:
        """Return the current content.

        Raises:
            AwsError: it cannot be read.
        """
        with _translate_errors():
            return self._current()[1]

    def previous(self) -> Document:
        """Return the content before the last change, or nothing if it was never changed.

        Raises:
            AwsError: it cannot be read.
        """
        with _translate_errors():
            try:
                found = self.client.get_secret_value(SecretId=self.arn, VersionStage=PREVIOUS)
            except self.client.exceptions.ResourceNotFoundException:
                return {}
            held: Document = json.loads(found["SecretString"])
            return held

    def change(self, edit: Callable[[Document], Document]) -> Document:
        """Apply an edit to the document and write it; start over if somebody else has changed it meanwhile.

        Raises:
            AwsError: the secret cannot be read or written.
            SecretBusyError: somebody else was faster each time.
        """
        with _translate_errors():
            for _ in range(MAX_TRIES):
                version, current = self._current()
                changed = edit(current)
                if changed == current or self._replace(version, changed):
                    return changed
        raise SecretBusyError

    def _current(self) -> tuple[str, Document]:
        response = self.client.get_secret_value(SecretId=self.arn)
        return response["VersionId"], json.loads(response["SecretString"])

    def _replace(self, version: str, document: Document) -> bool:
        """Make the document current if the version it is based on still is; return whether it was.

        A plain write would overwrite any version. Moving the label names the version it is taken from, and fails if
        that version no longer has it.
        """
        text = json.dumps(dict(document))
        made = self.client.put_secret_value(SecretId=self.arn, SecretString=text, VersionStages=[PENDING])["VersionId"]
        try:
            self.client.update_secret_version_stage(
                SecretId=self.arn, VersionStage=CURRENT, MoveToVersionId=made, RemoveFromVersionId=version
            )
        except self.client.exceptions.InvalidParameterException:
            return False
        # Another change may have taken the label by now; a label left behind would block AWS's own rotation.
        with suppress(self.client.exceptions.InvalidParameterException):
            self.client.update_secret_version_stage(SecretId=self.arn, VersionStage=PENDING, RemoveFromVersionId=made)
        return True


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        raise AwsError(error) from None
