"""Texts that users bring as bytes."""

import json

_OTHER_ENCODINGS = {"utf-16": "UTF-16", "utf-32": "UTF-32"}


class UnreadableTextError(ValueError):
    """Bytes that are no text in UTF-8; the message goes on after the name of their source."""


def decode_text(data: bytes) -> str:
    """The text of bytes in UTF-8, without a byte order mark, with line feeds alone between its lines.

    Raises:
        UnreadableTextError: it is in another encoding, which is named where it can be told.
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
