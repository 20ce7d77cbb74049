"""What the API and the command line ask for: start, list, describe, abort, resume, schedule, export."""
