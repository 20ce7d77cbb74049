"""What happens to a lead after it arrives: qualification, deal, activities, support."""

from simcrm.lifecycle.budgets import Cuts, budget_cuts, within_budget
from simcrm.lifecycle.life import World, life_of_lead, stage_of_lead, turning_points
from simcrm.lifecycle.timing import Timing, retimed, usual_minutes
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline

__all__ = [
    "DEFAULT_PIPELINE",
    "Cuts",
    "DealPipeline",
    "Timing",
    "World",
    "budget_cuts",
    "life_of_lead",
    "retimed",
    "stage_of_lead",
    "turning_points",
    "usual_minutes",
    "within_budget",
]
