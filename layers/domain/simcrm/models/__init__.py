"""The types of the domain: simulation input, CRM objects, events of a lead, deal pipelines, ids."""
