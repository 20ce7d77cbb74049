"""Atomic output to files: each appears under its name once it is complete, or not at all."""

import codecs
import os
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn, Protocol, cast

from simcrm_cli.errors import OutputFileError

STANDARD_OUTPUT = "-"
_DRAFT_PREFIX = ".simcrm-"
_NEW_FILE = 0o666
_STREAMS = ("/dev/fd/", "/dev/std", "/proc/")
"""Paths of open files: these are written to, not replaced."""
_END_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_ORDINARY = (signal.SIG_DFL, signal.default_int_handler)
_SIGNALLED = 128


class TextSink(Protocol):
    """Anything that text can be written to."""

    def write(self, text: str, /) -> object:
        """Write text."""


def is_standard_output(out: str | Path | None) -> bool:
    """Whether the result goes to standard output."""
    return out is None or str(out) == STANDARD_OUTPUT


@contextmanager
def open_for_writing(out: str | Path, *, bom: bool = False) -> Iterator[TextSink]:
    """Open UTF-8 output, whatever the machine's encoding; line endings stay as written, and ``-`` is standard output.

    A regular file is written next to its target and renamed once the block succeeds; it keeps the permissions of the
    file it replaces, and a symbolic link stays one. Pipes and devices are written to directly. ``bom`` starts the text
    with a byte order mark, by which spreadsheets recognise UTF-8.

    Raises:
        OutputFileError: the file cannot be written there.
        OSError: writing fails, for example on a full disk.
    """
    with _open_target(str(out)) as file:
        yield codecs.getwriter("utf-8-sig" if bom else "utf-8")(file)
        file.flush()


@contextmanager
def _open_target(out: str) -> Iterator[BinaryIO]:
    if out == STANDARD_OUTPUT:
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    path, former = Path(out), _stat_if_exists(out)
    if former is not None and (not stat.S_ISREG(former.st_mode) or os.path.abspath(path).startswith(_STREAMS)):  # noqa: PTH100 - keep symbolic links
        with path.open("wb") as file:
            yield file
    else:
        with _ending_in_order() as ending, _replacing(Path(os.path.realpath(path)), former) as file:
            yield cast("BinaryIO", _InterruptibleFile(file, ending))
            ending.check()


def _stat_if_exists(out: str) -> os.stat_result | None:
    """Return the status of an existing file.

    Raises:
        OutputFileError: it is a folder, or cannot be accessed.
    """
    try:
        status = Path(out).stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise OutputFileError(out, str(error.strerror)) from error
    if out.endswith("/") or (status is not None and stat.S_ISDIR(status.st_mode)):
        raise OutputFileError(out, "it is a folder")
    return status


@contextmanager
def _replacing(target: Path, former: os.stat_result | None) -> Iterator[BinaryIO]:
    # A signal waits until the draft is known to whoever removes it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _END_SIGNALS)
    try:
        descriptor, draft = _draft_beside(target, is_there=former is not None)
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        raise
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            _copy_permissions(file.fileno(), former)
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _draft_beside(target: Path, *, is_there: bool) -> tuple[int, Path]:
    if is_there and not os.access(target, os.W_OK):
        raise OutputFileError(str(target), "it is not writable")
    try:
        descriptor, name = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=target.parent)
    except OSError as error:
        raise OutputFileError(str(target), f"no file can be created in its folder ({error.strerror})") from error
    return descriptor, Path(name)


def _copy_permissions(descriptor: int, former: os.stat_result | None) -> None:
    """Give a draft the permissions of the file it replaces, and its owner if that is allowed."""
    if former is None:
        os.fchmod(descriptor, _NEW_FILE & ~_umask())
        return
    with suppress(OSError):
        os.fchown(descriptor, former.st_uid, former.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(former.st_mode))


def _umask() -> int:
    """Return the umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _EndSignal:
    """A signal that ends the program: raises immediately, and again at the next write.

    The first may happen in a finalizer or a fork callback, where exceptions are lost.
    """

    def __init__(self) -> None:
        self._number: int | None = None

    def handle(self, number: int, frame: FrameType | None) -> NoReturn:
        del frame
        self._number = number
        self._leave(number)

    def check(self) -> None:
        if self._number is not None:
            self._leave(self._number)

    def _leave(self, number: int) -> NoReturn:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(_SIGNALLED + number)


@dataclass(frozen=True, slots=True)
class _InterruptibleFile:
    """A file that refuses writes once the program has been told to end."""

    file: BinaryIO
    ending: _EndSignal

    def write(self, data: bytes) -> int:
        self.ending.check()
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


@contextmanager
def _ending_in_order() -> Iterator[_EndSignal]:
    """Make signals that end a program raise instead, so that no draft is left behind; ignored signals stay ignored."""
    ending = _EndSignal()
    former = {number: signal.getsignal(number) for number in _END_SIGNALS}
    taken = [number for number, handler in former.items() if handler in _ORDINARY]
    try:
        for number in taken:
            signal.signal(number, ending.handle)
        yield ending
    finally:
        for number in taken:
            signal.signal(number, former[number])
