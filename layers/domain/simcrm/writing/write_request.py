"""What the state machine asks the writer to do, as a queue message."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from simcrm.models.simulation_input import SIMULATION_ID_PATTERN


class InvalidMessageError(ValueError):
    """A queue message that no retry can mend: it is no write request, or what it names was never made."""


class WriteRequest(BaseModel):
    """Write one step of one batch, then answer the waiting task.

    ``source`` names the rows in the simulation's prefix; ``task_token`` is Step Functions' callback.
    """

    model_config = ConfigDict(frozen=True, strict=True, alias_generator=to_camel)

    task_token: Annotated[str, Field(min_length=1, max_length=2048)]
    simulation_id: Annotated[str, Field(pattern=SIMULATION_ID_PATTERN)]
    batch: Annotated[int, Field(ge=0)]
    step: Annotated[str, Field(pattern=r"^(contacts|wave-\d{3})$")]
    source: Annotated[str, Field(pattern=r"^(records|activities)/[0-9/]+\.jsonl$")]


def parse_write_request(body: str) -> WriteRequest:
    """Read a message.

    Raises:
        UnusableMessageError: names what is wrong with it.
    """
    try:
        return WriteRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise InvalidMessageError(f"{where}: {first['msg']}") from None
