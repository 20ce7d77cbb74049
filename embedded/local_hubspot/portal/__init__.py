"""The content of a portal and its rules, independent of HTTP."""
