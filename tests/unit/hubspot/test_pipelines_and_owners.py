from typing import Any

import pytest
from portal_in_process import LocalPortal
from scripted_portal import ScriptedPortal, ok

from simcrm.core.errors import InvalidSimulationError
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.pipelines_and_owners import deal_pipeline, read_owners
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline
from simcrm.models.owner import Owner


def stage(name: str, order: int, probability: str = "0.5", closed: Any = "false") -> dict[str, Any]:
    return {"id": name, "displayOrder": order, "metadata": {"probability": probability, "isClosed": closed}}


OPEN = [stage("o", 0)]
WON, LOST = stage("w", 8, "1.0", "true"), stage("l", 9, "0.0", "true")


def pipeline(name: str, order: int = 0, stages: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"id": name, "displayOrder": order, "stages": [*OPEN, WON, LOST] if stages is None else stages}


def portal_with(*pipelines: dict[str, Any]) -> HubSpotClient:
    return ScriptedPortal(ok({"results": list(pipelines)})).client()


def test_the_pipeline_of_a_new_portal_is_the_one_a_dry_run_assumes(empty_portal: LocalPortal) -> None:
    assert deal_pipeline(empty_portal.client(), None) == DEFAULT_PIPELINE


def test_the_first_pipeline_by_the_portals_order_is_taken() -> None:
    assert deal_pipeline(portal_with(pipeline("second", 1), pipeline("first", 0)), None).id == "first"


def test_a_pipeline_is_found_by_its_id() -> None:
    assert deal_pipeline(portal_with(pipeline("first", 0), pipeline("second", 1)), "second").id == "second"


def test_a_pipeline_that_does_not_exist_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidSimulationError, match="no pipeline third, it has first, second") as caught:
        deal_pipeline(portal_with(pipeline("second", 1), pipeline("first", 0)), "third")

    assert caught.value.field == "hubspot.pipelineId"


def test_open_stages_stand_in_the_portals_order() -> None:
    stages = [stage("b", 2), LOST, stage("a", 1), WON]

    found = deal_pipeline(portal_with(pipeline("p", 0, stages)), None)

    assert found == DealPipeline(id="p", open=("a", "b"), won="w", lost="l")


def test_of_several_ways_to_win_or_lose_the_first_is_taken() -> None:
    stages = [*OPEN, stage("w2", 7, "1.0", "true"), WON, LOST, stage("l2", 10, "0.0", "true")]

    found = deal_pipeline(portal_with(pipeline("p", 0, stages)), None)

    assert (found.won, found.lost) == ("w2", "l")


@pytest.mark.parametrize("closed", [True, "true", "TRUE"])
def test_closed_is_read_as_a_flag_and_as_text(closed: Any) -> None:
    stages = [*OPEN, stage("w", 1, "1.0", closed), stage("l", 2, "0", closed)]

    assert deal_pipeline(portal_with(pipeline("p", 0, stages)), None).open == ("o",)


def test_a_stage_without_metadata_is_open() -> None:
    bare: dict[str, Any] = {"id": "bare", "displayOrder": 3}

    assert deal_pipeline(portal_with(pipeline("p", 0, [WON, LOST, bare])), None).open == ("bare",)


@pytest.mark.parametrize("stages", [[WON, LOST], [*OPEN, WON], [*OPEN, LOST], []])
def test_a_pipeline_in_which_no_deal_can_live_is_refused(stages: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidSimulationError, match="pipeline p needs an open, a won and a lost stage") as caught:
        deal_pipeline(portal_with(pipeline("p", 0, stages)), None)

    assert caught.value.field == "hubspot.pipelineId"


def ids_of(client: HubSpotClient, requested: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(owner.id for owner in read_owners(client, requested))


def test_an_owner_has_the_name_and_address_that_mails_are_signed_with() -> None:
    found = {"id": 7, "firstName": "Mara", "lastName": "Ode", "email": "mara@example.com", "userId": 3}
    portal = ScriptedPortal(ok({"results": [found, {"id": "8", "firstName": None}]}))

    assert read_owners(portal.client(), ()) == (Owner("7", "Mara", "Ode", "mara@example.com"), Owner("8"))


def test_without_a_wish_records_are_spread_over_all_owners(empty_portal: LocalPortal) -> None:
    present = [owner["id"] for owner in empty_portal.request("GET", "/crm/v3/owners")["results"]]

    assert len(present) > 1
    assert ids_of(empty_portal.client(), ()) == tuple(present)


def test_wanted_owners_are_taken_in_their_order(empty_portal: LocalPortal) -> None:
    first, second, *_ = ids_of(empty_portal.client(), ())

    assert ids_of(empty_portal.client(), (second, first)) == (second, first)


def test_an_owner_the_portal_does_not_have_is_refused_by_id(empty_portal: LocalPortal) -> None:
    first, *_ = ids_of(empty_portal.client(), ())

    with pytest.raises(InvalidSimulationError, match="the portal has no owner 12") as caught:
        ids_of(empty_portal.client(), (first, "12"))

    assert caught.value.field == "hubspot.ownerIds"


def test_a_portal_without_owners_leaves_records_without_one() -> None:
    assert ids_of(ScriptedPortal(ok({"results": []})).client(), ()) == ()


def test_owners_of_all_pages_are_known() -> None:
    pages = [{"results": [{"id": str(number)}], "paging": {"next": {"after": f"a {number}"}}} for number in range(3)]
    portal = ScriptedPortal(*(ok(page) for page in pages), ok({"results": [{"id": "3"}]}))

    assert ids_of(portal.client(), ("3",)) == ("3",)
    assert [dict(request.url.params) for request in portal.requests[:2]] == [
        {"limit": "100"},
        {"limit": "100", "after": "a 0"},
    ]
