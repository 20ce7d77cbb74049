"""Calling a language model: providers, prompts, limits, prices. It knows no CRM record; no failure of it ends a run."""
