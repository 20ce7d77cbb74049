"""What a scene says of the deal that it belongs to."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from simcrm.models.account_story import LineItem
from simcrm.synthetic.scenario import Offer, Price, PriceModel
from simcrm.synthetic.scene_view import SceneView


@pytest.mark.parametrize(
    ("model", "quantity", "seats"),
    [(PriceModel.SEAT, 40, 40), (PriceModel.SEAT, 1, 25), (PriceModel.SITE, 3, 25), (PriceModel.ONE_OFF, 1, 25)],
)
def test_users_are_counted_by_seats_and_never_by_sites(model: PriceModel, quantity: int, seats: int) -> None:
    offer = Offer("Scale", ("p",), ("g",), ("i",), Price(model, 900))
    account = SimpleNamespace(subject=SimpleNamespace(offer=offer, seats=25))
    deal = SimpleNamespace(final=SimpleNamespace(line_items=(LineItem("Scale", quantity, 90_000),)))
    unused = cast("Any", None)
    view = SceneView(
        unused, cast("Any", account), unused, unused, 0, unused, unused, unused, deal=cast("Any", deal)
    )  # fmt: skip

    assert view.seats == seats
