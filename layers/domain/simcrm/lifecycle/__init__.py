"""What happens to a lead after it arrives: qualification, deal, activities, support."""

from simcrm.lifecycle.budgets import Cuts, budget_cuts, within_budget
from simcrm.lifecycle.life import World, life_of_lead, stage_of_lead
from simcrm.lifecycle.pipeline import DEFAULT_PIPELINE, DealPipeline

__all__ = [
    "DEFAULT_PIPELINE",
    "Cuts",
    "DealPipeline",
    "World",
    "budget_cuts",
    "life_of_lead",
    "stage_of_lead",
    "within_budget",
]
