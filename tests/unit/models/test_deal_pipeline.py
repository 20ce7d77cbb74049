import pytest
from pydantic import ValidationError

from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline

PIPELINE = DealPipeline(id="p", open=("first", "second", "third", "fourth"), won="w", lost="l")


@pytest.mark.parametrize(
    ("progress", "stage"),
    [(0.0, "first"), (0.24, "first"), (0.25, "second"), (0.5, "third"), (0.99, "fourth"), (1.0, "fourth")],
)
def test_a_deal_passes_the_open_stages_in_equal_parts(progress: float, stage: str) -> None:
    assert PIPELINE.stage_at(progress) == stage


@pytest.mark.parametrize(("progress", "stage"), [(-3.0, "first"), (7.0, "fourth")])
def test_before_its_beginning_and_past_its_end_a_deal_is_on_an_open_stage_too(progress: float, stage: str) -> None:
    assert PIPELINE.stage_at(progress) == stage


def test_a_pipeline_without_an_open_stage_is_none() -> None:
    with pytest.raises(ValidationError):
        DealPipeline(id="p", open=(), won="w", lost="l")


def test_the_pipeline_of_a_new_portal_has_five_open_stages() -> None:
    assert len(DEFAULT_PIPELINE.open) == 5
    assert (DEFAULT_PIPELINE.won, DEFAULT_PIPELINE.lost) == ("closedwon", "closedlost")
