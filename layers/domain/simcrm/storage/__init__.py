"""A simulation's data in S3: plan, records, activities, ledger and status."""
