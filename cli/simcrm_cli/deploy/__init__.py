"""Deployment to an AWS account: what is wanted, what exists, and how to get from one to the other."""
