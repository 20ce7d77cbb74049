"""What a prompt says of a deal."""

import pytest
from builders import DAY, START, plan

from simcrm.generation.text.prompt_requests import language_name
from simcrm.generation.text.record_prompts import build_activity_prompt
from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_currency import PortalCurrencies
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic.activity_properties import activity_properties


@pytest.mark.parametrize(("currencies", "code"), [(None, ""), (PortalCurrencies("CHF"), "CHF ")])
def test_a_prompt_names_the_currency_of_a_deal_if_the_portal_is_known(
    currencies: PortalCurrencies | None, code: str
) -> None:
    run = AccountHistories.from_plan(
        plan(run_start=START + 200 * DAY, currencies=currencies, locale="de_DE", totalRecords=60)
    )
    deals = [
        (history, event)
        for history in map(run.history, range(run.arrivals.count))
        for own in history.events
        for event in own
        if event.object_type is ObjectType.DEALS
    ]

    assert deals
    for history, event in deals:
        properties = activity_properties(history.writer, event)
        assert event.deal is not None
        line = build_activity_prompt(event, properties).text
        assert f" {properties['amount']} {code}{event.deal.outcome} closes " in line


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en_US", "English"), ("en_GB", "British English"), ("de_AT", "German"), ("xx_YY", "xx_YY")],
)
def test_a_prompt_names_the_language_of_a_locale_and_its_variant(locale: str, language: str) -> None:
    assert language_name(locale) == language
