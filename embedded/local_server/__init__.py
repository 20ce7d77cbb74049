"""Shared parts of the stand-in servers of the embedded stack: serving, access control and dropping connections."""
