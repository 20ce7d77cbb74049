"""A stand-in for the Anthropic API on this machine, for tests, benchmarks and demos without a key.

Run it with ``python -m local_anthropic``, or mount :func:`local_anthropic.app.create_app` in a test.
"""
