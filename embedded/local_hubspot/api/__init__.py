"""The endpoints: each handler turns a call into an answer by asking the portal."""
