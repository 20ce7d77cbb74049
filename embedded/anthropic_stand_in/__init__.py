"""A stand-in for the Anthropic API on this machine, for tests, benchmarks and demos without a key.

Run it with ``python -m anthropic_stand_in``, or mount :func:`anthropic_stand_in.app.create_app` in a test.
"""
