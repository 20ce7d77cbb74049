"""Settings of a portal, at the start and while it runs."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Plan(StrEnum):
    """The subscription whose limits apply; ``unlimited`` never throttles, and its headers show that."""

    UNLIMITED = "unlimited"
    FREE = "free"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


_CURRENCY = "^[A-Z]{3}$"
AccountType = Literal["DEVELOPER_TEST", "STANDARD", "SANDBOX", "APP_DEVELOPER"]
"""Types of accounts; STANDARD is a production account."""


class PortalSettings(BaseModel):
    """The settings of a portal; JSON names are camelCase, and unknown ones are rejected.

    ``currency`` is the home currency, ``further_currencies`` are those that were added to it, by ISO 4217 code.
    The five limits override those of the plan: calls per token in 10 seconds, calls per day, searches per second, and
    association calls in 10 seconds and per day. With ``association_headers_show_general_limit``, the headers of
    association calls show the limit of the other calls, which HubSpot's documentation does not rule out.
    ``records_per_object`` is the maximum number of records per type. ``archived_records_keep_unique_values`` is the
    stricter of two readings of HubSpot's documentation: e-mails and unique values of archived records are not free.
    ``search_lag_seconds`` is how long a search does not see a change.
    ``create_companies`` associates each new contact with the company of its e-mail domain, which is created if there is
    none.
    ``association_labels_per_pair`` is the maximum number of custom labels between two object types; plans below
    Professional have none.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    portal_id: int = 90_210_001
    account_type: AccountType = "DEVELOPER_TEST"
    time_zone: str = "US/Eastern"
    currency: str = Field(default="USD", pattern=_CURRENCY)
    further_currencies: tuple[Annotated[str, Field(pattern=_CURRENCY)], ...] = ()
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
    association_labels_per_pair: int = Field(default=10, ge=0)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The codes of all currencies, with the home currency first."""
        return (self.currency, *self.further_currencies)

    @property
    def has_custom_labels(self) -> bool:
        """Whether the subscription includes custom association labels."""
        return self.plan in {Plan.UNLIMITED, Plan.PROFESSIONAL, Plan.ENTERPRISE}
