"""A simulation's data in S3: plan, records, activities, ledger, run status, versioned settings."""
