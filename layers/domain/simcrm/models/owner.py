"""A seller of the portal, to whom accounts and activities are assigned."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Owner(BaseModel):
    """An owner of a HubSpot portal; ``id`` is HubSpot's."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
