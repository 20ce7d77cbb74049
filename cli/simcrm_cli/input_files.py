"""Input from files or standard input."""

import sys
from pathlib import Path

from simcrm.core.text_decoding import UnreadableTextError, decode_text
from simcrm_cli.errors import InputFileError

STANDARD_INPUT = Path("-")


def read_text(path: Path) -> str:
    """Read UTF-8 text, with or without a byte order mark; ``-`` is standard input.

    Raises:
        InputFileError: it cannot be read, or has another encoding.
    """
    source = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        return decode_text(sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes())
    except OSError as error:
        raise InputFileError(source, f"cannot be read ({error.strerror})") from error
    except UnreadableTextError as error:
        raise InputFileError(source, str(error)) from error
