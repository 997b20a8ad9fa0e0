"""A progress bar on stderr: one line that moves at a terminal, nothing where nobody watches."""

import time
from typing import TextIO

WIDTH = 30


class Bar:
    """``Bar(stderr, "Re-wrapping")(done, total)``; drawn at most ten times a second."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self.stream, self.title = stream, title
        self.shown = bool(getattr(stream, "isatty", lambda: False)())
        self.began = self.drawn = time.monotonic()
        self.open = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.shown or not total or (done < total and self.open and now - self.drawn < 0.1):
            return
        self.drawn, self.open = now, True
        full = WIDTH * done // total
        left = (now - self.began) * (total - done) / done if done else 0
        bar = "#" * full + "." * (WIDTH - full)
        self.stream.write(f"\r{self.title} [{bar}] {done:,}/{total:,}  {left:4.0f} s left ")
        self.stream.flush()

    def close(self) -> None:
        if self.open:
            self.stream.write("\n")
            self.open = False
