"""What can be set about a portal, at the start and while it runs."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Plan(StrEnum):
    """The subscription whose limits hold; ``unlimited`` never throttles, and its headers say so."""

    UNLIMITED = "unlimited"
    FREE = "free"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


AccountType = Literal["DEVELOPER_TEST", "STANDARD", "SANDBOX", "APP_DEVELOPER"]
"""The kinds of accounts; STANDARD is one that people work in."""


class Settings(BaseModel):
    """The settings of a portal; JSON names are camelCase, unknown ones are refused.

    The five limits override those of the plan: calls in 10 seconds and token, calls a day, searches a second,
    association calls in 10 seconds and a day. With ``association_headers_show_general_limit`` the headers of
    association calls speak of the other calls, which HubSpot does not rule out. ``records_per_object`` is how many
    records of a type the portal may hold. ``archived_records_keep_unique_values`` is the stricter of two readings of
    HubSpot's pages: e-mails and unique values in the recycling bin are not free.
    ``search_lag_seconds`` is how long a search does not see a change.
    ``create_companies`` links each new contact to the company of its e-mail's domain and creates that company
    when there is none.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    portal_id: int = 90_210_001
    account_type: AccountType = "DEVELOPER_TEST"
    time_zone: str = "US/Eastern"
    currency: str = "USD"
    plan: Plan = Plan.UNLIMITED
    calls_per_ten_seconds: int | None = Field(default=None, ge=1)
    calls_per_day: int | None = Field(default=None, ge=1)
    searches_per_second: int | None = Field(default=None, ge=1)
    association_calls_per_ten_seconds: int | None = Field(default=None, ge=1)
    association_calls_per_day: int | None = Field(default=None, ge=1)
    association_headers_show_general_limit: bool = False
    records_per_object: int | None = Field(default=None, ge=0)
    archived_records_keep_unique_values: bool = False
    retry_after: bool = False
    search_lag_seconds: float = Field(default=0, ge=0)
    create_companies: bool = False
    activities_take_unique_properties: bool = True
