"""Deploying to an AWS account: what is wanted, what is there already, and the way from one to the other."""
