"""Calls a language model: providers, prompts, limits, prices. It knows no CRM records, and no failure ends a run."""
