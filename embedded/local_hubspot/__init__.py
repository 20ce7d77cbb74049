"""A HubSpot portal on this machine: the CRM API over HTTP, in memory, for demos, tests and benchmarks.

Run it with ``python -m local_hubspot``, or mount :func:`local_hubspot.app.create_app` in a test.
"""
