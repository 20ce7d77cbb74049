"""The lifecycle stages that contacts have reached according to the ledger."""

from collections import Counter
from collections.abc import Mapping

from simcrm.models.lead_events import LifecycleStage

STAGE_ORDER = tuple(LifecycleStage)


def later_stage(stage: LifecycleStage, known: LifecycleStage | None) -> LifecycleStage:
    """Return the later of two stages."""
    return stage if known is None else max(stage, known, key=STAGE_ORDER.index)


def newly_reached(now: Mapping[str, LifecycleStage], before: Mapping[str, LifecycleStage]) -> dict[LifecycleStage, int]:
    """Count the contacts that have newly reached or passed each stage; both mappings are by contact key."""
    counts: Counter[LifecycleStage] = Counter()
    for key, stage in now.items():
        known = before.get(key)
        counts.update(STAGE_ORDER[0 if known is None else STAGE_ORDER.index(known) + 1 : STAGE_ORDER.index(stage) + 1])
    return {stage: counts[stage] for stage in STAGE_ORDER}
