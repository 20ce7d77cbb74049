"""What a scene says of the deal that it belongs to."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import DAY, START

from simcrm.models.account_story import LineItem
from simcrm.synthetic.grammar import Noun
from simcrm.synthetic.scenario import Offer, Price, PriceModel
from simcrm.synthetic.scene_view import SceneView


@pytest.mark.parametrize(
    ("model", "quantity", "seats"),
    [(PriceModel.SEAT, 40, 40), (PriceModel.SEAT, 1, 25), (PriceModel.SITE, 3, 25), (PriceModel.ONE_OFF, 1, 25)],
)
def test_users_are_counted_by_seats_and_never_by_sites(model: PriceModel, quantity: int, seats: int) -> None:
    assert view_of(model, [(START, quantity)], START).seats == seats


@pytest.mark.parametrize(("days", "seats"), [(-1, 12), (0, 12), (9, 12), (10, 15), (30, 15)])
def test_users_are_those_that_the_deal_sells_at_the_time(days: int, seats: int) -> None:
    view = view_of(PriceModel.SEAT, [(START, 12), (START + 10 * DAY, 15)], START + days * DAY)

    assert view.seats == seats


@pytest.mark.parametrize(("model", "is_said"), [(PriceModel.SEAT, True), (PriceModel.SITE, False), (None, True)])
def test_a_number_of_users_is_not_said_of_what_is_sold_by_site(model: PriceModel | None, is_said: bool) -> None:  # noqa: FBT001
    assert view_of(model, [(START, 3)], START).is_sold_by_seat is is_said


def view_of(model: PriceModel | None, quantities: list[tuple[datetime, int]], at: datetime) -> SceneView:
    """A view at a time on a deal whose quantity changes, of an account that expects 25 users."""
    offer = Offer(Noun("Scale"), ("p",), ("g",), ("i",), None if model is None else Price(model, 900))
    account: Any = SimpleNamespace(subject=SimpleNamespace(offer=offer, seats=25))
    revisions = [
        SimpleNamespace(at=since, line_items=(LineItem("Scale", quantity, 90_000),)) for since, quantity in quantities
    ]
    deal, unused = cast("Any", SimpleNamespace(revisions=revisions)), cast("Any", None)
    return SceneView(unused, account, unused, unused, 0, at, unused, unused, deal=deal)
