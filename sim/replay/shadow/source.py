"""Where lines come from: standard input, or a file that grows. Offsets count bytes of whole lines that were handed on.

A growing file is followed as ``tail -F`` does: at its end it is looked at again after POLL_S; where another file has taken
its name, that one is read from its start; where it has become shorter, it is read again from its start.
"""

from __future__ import annotations

import os
import select
import time
import zlib
from collections.abc import Callable

from sim.replay.clock import StreamError
from sim.replay.shadow.batch import LONGEST, decode
from sim.words import _

CHUNK, POLL_S = 65_536, 0.05
KEPT = 1000
"""Of a line longer than LONGEST this much is kept [bytes]; LONGEST + 1 bytes say that it was."""


class LineSource:
    """Lines as they come. ``path``: a file, or "-" for standard input; ``follow``: whether to wait at its end."""

    def __init__(self, path: str, follow: bool, tell: Callable[[str], None]) -> None:
        self.path, self.follow, self.tell = path, follow, tell
        self.fd = 0 if path == "-" else _open(path)
        self.offset = self.crc = 0
        self.rest = b""
        self.long = self.long_crc = 0
        self.at_end = False

    def skip(self, offset: int, crc: int, where: str) -> None:
        """Pass over what was read before a restart; it must be what it was (CRC-32)."""
        checksum, left = 0, offset
        while left:
            data = os.read(self.fd, min(left, 1 << 20))
            if not data:
                raise StreamError(
                    _(
                        "{name} holds {offset:,} bytes, but {where} has read {offset2:,} of it already; give "
                        "the same feed from its start, or say resend=new or resend=seq"
                    ).format(name=self._name(), offset=offset - left, where=where, offset2=offset)
                )
            checksum, left = zlib.crc32(data, checksum), left - len(data)
        if checksum != crc:
            raise StreamError(
                _(
                    "{name} does not begin with what {where} has read of it; give the same feed from its "
                    "start, or say resend=new or resend=seq"
                ).format(name=self._name(), where=where)
            )
        self.offset, self.crc = offset, crc

    def read(self, wait_s: float) -> list[bytes]:
        """The whole lines there are now; none where none came within ``wait_s``. ``at_end`` tells that no more will come."""
        if self.path == "-" and not select.select([self.fd], [], [], max(0.0, wait_s))[0]:
            return []
        data = os.read(self.fd, CHUNK)
        if data:
            return self._cut(data)
        if self.path == "-" or not self.follow:
            self.at_end = True
            return self._last()
        if self._moved_on():
            return self._left_over()
        time.sleep(min(POLL_S, max(0.0, wait_s)))
        return []

    def close(self) -> None:
        """Let go of the file."""
        if self.fd > 0:
            os.close(self.fd)
            self.fd = -1

    def unfinished(self) -> int:
        """Bytes of a line whose end has not come."""
        return self.long or len(self.rest)

    def _cut(self, data: bytes) -> list[bytes]:
        """Whole lines; what follows the last newline waits, and a line that grows too long is kept in part only."""
        if self.long:
            end = data.find(b"\n") + 1
            self._keep(data[:end] if end else data)
            if not end:
                return []
            line, self.rest = self.rest.ljust(LONGEST + 1), b""
            self.offset, self.crc, self.long = self.offset + self.long, self.long_crc, 0
            return [line, *self._cut(data[end:])]
        end = data.rfind(b"\n") + 1
        if not end:
            self._keep(data)
            return []
        body, self.rest = self.rest + data[:end], b""
        self.offset, self.crc = self.offset + len(body), zlib.crc32(body, self.crc)
        self._keep(data[end:])
        return body.split(b"\n")[:-1]

    def _keep(self, data: bytes) -> None:
        if self.long:
            self.long, self.long_crc = self.long + len(data), zlib.crc32(data, self.long_crc)
            return
        self.rest += data
        if len(self.rest) > LONGEST:
            self.long, self.long_crc = len(self.rest), zlib.crc32(self.rest, self.crc)
            self.rest = self.rest[:KEPT]

    def _last(self) -> list[bytes]:
        """At the end of the input: a last line without a newline counts where it is a whole object."""
        try:
            whole = not self.long and type(decode(self.rest.decode())) is dict
        except (ValueError, RecursionError):
            whole = False
        if not whole:
            return []
        line, self.rest = self.rest, b""
        self.offset, self.crc = self.offset + len(line), zlib.crc32(line, self.crc)
        return [line]

    def _left_over(self) -> list[bytes]:
        """The line that the old file ends in the middle of, for the rejects."""
        line, self.rest, self.long = self.rest, b"", 0
        return [line] if line else []

    def _moved_on(self) -> bool:
        """Whether the file was exchanged or cut short, in which case reading begins anew."""
        here = os.fstat(self.fd)
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            what = _("another file has taken its name")
        elif there.st_size < os.lseek(self.fd, 0, os.SEEK_CUR):
            what = _("it was cut short")
        else:
            return False
        self.tell(_("{path}: {what}; reading on from the start of the file that is there now").format(path=self.path, what=what))
        self.close()
        self.fd = _open(self.path)
        self.offset = self.crc = 0
        return True

    def _name(self) -> str:
        return _("standard input") if self.path == "-" else self.path


def _open(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise StreamError(
            _("input={path!r} is not there; name a file of JSON lines, or - for standard input").format(path=path)
        ) from None
    except OSError as error:
        raise StreamError(
            _("input={path!r} cannot be read ({strerror}); check its permissions").format(path=path, strerror=error.strerror)
        ) from None
    if os.path.isdir(path):
        os.close(fd)
        raise StreamError(_("input={path!r} is a folder; name a file of JSON lines, or - for standard input").format(path=path))
    return fd
