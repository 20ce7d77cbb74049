"""The kit of the local servers: serving, access control, requests and responses, faults and control routes."""
