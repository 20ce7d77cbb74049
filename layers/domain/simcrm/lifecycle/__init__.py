"""The lifecycle of a lead after it arrives: qualification, deal, activities, support."""

from simcrm.lifecycle.activity_budgets import BudgetCutoffs, apply_budget, compute_budget_cutoffs
from simcrm.lifecycle.lead_lifecycle import LifecycleSettings, initial_stage, lifecycle_triggers, simulate_lead
from simcrm.lifecycle.llm_timing import RetimedLead, apply_proposed_times, default_delay_minutes

__all__ = [
    "BudgetCutoffs",
    "LifecycleSettings",
    "RetimedLead",
    "apply_budget",
    "apply_proposed_times",
    "compute_budget_cutoffs",
    "default_delay_minutes",
    "initial_stage",
    "lifecycle_triggers",
    "simulate_lead",
]
