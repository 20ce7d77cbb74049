"""The history of an account after it arrives: qualification, deals, activities, support."""
