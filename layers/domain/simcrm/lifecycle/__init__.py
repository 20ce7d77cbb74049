"""What happens to a lead after it arrives: qualification, deal, activities, support."""

from simcrm.lifecycle.activity_budgets import Cuts, budget_cuts, within_budget
from simcrm.lifecycle.lead_lifecycle import World, life_of_lead, stage_of_lead, turning_points
from simcrm.lifecycle.llm_timing import Timing, retimed, usual_minutes

__all__ = [
    "Cuts",
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
