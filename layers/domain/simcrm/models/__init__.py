"""The domain types: simulation input, CRM objects, lead events, deal pipelines, ids."""
