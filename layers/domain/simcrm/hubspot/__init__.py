"""The portal: its API client and rate limits, its property definitions, and the batch writer."""
