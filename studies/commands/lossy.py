"""Output that never holds up whoever writes it: what its reader does not take in time is dropped.

A pipe that nobody empties, a terminal after Ctrl-S or behind a slow line blocks the process that writes to it. A
launch must go on supervising meanwhile.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TextIO, cast

_MOST_TEXTS = 1_000
_DRAIN_SECONDS = 1.0


@contextmanager
def lossy_output() -> Iterator[None]:
    """Within, standard output and error take every text at once, and drop the oldest that wait to be read."""
    output, error = _lossy(sys.stdout), _lossy(sys.stderr)
    with redirect_stdout(output), redirect_stderr(error):
        yield
    for stream in (output, error):
        if isinstance(stream, LossyStream):
            stream.drain(_DRAIN_SECONDS)


def _lossy(stream: TextIO) -> TextIO:
    try:
        stream.fileno()
        return cast(TextIO, LossyStream(stream))
    except (AttributeError, OSError):  # none at all, or one in memory
        return stream
    except RuntimeError:  # no thread is left to start
        return stream


class LossyStream(io.TextIOBase):
    """Writes to the descriptor of a stream, in a thread of its own. A write that fails is dropped as well.

    Not through the stream itself, whose lock a blocked thread would hold.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._texts: deque[str] = deque(maxlen=_MOST_TEXTS)
        self._changed = threading.Condition()
        self._is_writing = False
        self._is_over = False
        threading.Thread(target=self._write_all, name="output", daemon=True).start()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Have it written; returns its length."""
        with self._changed:
            self._texts.append(text)
            self._changed.notify_all()
        return len(text)

    def drain(self, seconds: float) -> None:
        """Wait until all is written, but no longer than that; what is left then is dropped. To be called once."""
        with self._changed:
            self._changed.wait_for(lambda: not self._texts and not self._is_writing, seconds)
            self._texts.clear()
            self._is_over = True
            self._changed.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._texts or self._is_over)
                if self._is_over:
                    return
                text = self._texts.popleft()
                self._is_writing = True
            data = text.encode(self.encoding, "backslashreplace")
            with suppress(OSError):
                while data:
                    data = data[os.write(self.fileno(), data) :]
