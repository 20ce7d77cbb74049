"""Decode texts that users supply as bytes."""

import json

_OTHER_ENCODINGS = {"utf-16": "UTF-16", "utf-32": "UTF-32"}


class UnreadableTextError(ValueError):
    """Bytes are not UTF-8 text; the message is written to follow the name of their source."""


def decode_text(data: bytes) -> str:
    """Decode UTF-8 bytes, removing a byte order mark and converting all line endings to line feeds.

    Raises:
        UnreadableTextError: the bytes have another encoding, which the message names if it can be detected.
    """
    encoding = json.detect_encoding(data)
    for family, name in _OTHER_ENCODINGS.items():
        if encoding.startswith(family):
            raise UnreadableTextError(f"is in {name}, not in UTF-8: save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte {data[error.start]:#04x} in line {line}"
        raise UnreadableTextError(f"is not in UTF-8 ({byte}), perhaps in Latin-1: save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
