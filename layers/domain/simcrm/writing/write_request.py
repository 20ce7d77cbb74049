"""The state machine's request to the writer, as a queue message."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from simcrm.models.simulation_input import SIMULATION_ID_PATTERN


class InvalidMessageError(ValueError):
    """A queue message that no retry can fix: it is not a write request, or it refers to data that does not exist."""


class WriteRequest(BaseModel):
    """A request to write one step of one batch and then complete the waiting task.

    ``source`` is the path of the rows under the simulation's prefix; ``task_token`` is the Step Functions task token.
    """

    model_config = ConfigDict(frozen=True, strict=True, alias_generator=to_camel)

    task_token: Annotated[str, Field(min_length=1, max_length=2048)]
    simulation_id: Annotated[str, Field(pattern=SIMULATION_ID_PATTERN)]
    batch: Annotated[int, Field(ge=0)]
    step: Annotated[str, Field(pattern=r"^(catalogue|contacts|wave-\d{3})$")]
    source: Annotated[str, Field(pattern=r"^(products|(records|activities)/[0-9/]+)\.jsonl$")]


def parse_write_request(body: str) -> WriteRequest:
    """Parse a message.

    Raises:
        InvalidMessageError: says what is wrong with it.
    """
    try:
        return WriteRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise InvalidMessageError(f"{where}: {first['msg']}") from None
