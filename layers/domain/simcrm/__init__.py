"""SimCRM's domain: plan, generate, validate and write a simulated CRM history.

The package knows nothing of Lambda; handlers in ``functions/`` adapt events to it.
"""

__version__ = "0.1.0"
