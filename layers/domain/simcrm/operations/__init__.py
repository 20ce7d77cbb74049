"""Operations behind the API and the command line: start, list, describe, abort, resume, schedule, export."""
