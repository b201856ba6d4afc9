"""What a fit shows while it runs: a bar, lines, or nothing."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

# Where no terminal redraws a bar, such as in a log file, a line comes this often.
LOG_SECONDS = 10.0


def show_progress(epochs: int, verbose: int) -> Progress:
    """Choose how to show the epochs of a fit.

    Parameters
    ----------
    epochs : int
        How many there are at most.
    verbose : int
        0 is silent. 1 shows a bar in a terminal or notebook, and a line every 10 seconds elsewhere. 2 prints a line
        an epoch.
    """
    if verbose <= 0:
        return Progress(epochs)
    if verbose > 1:
        return Lines(epochs, sys.stdout, 0.0)
    return Bar(epochs) if _redraws(sys.stderr) else Lines(epochs, sys.stderr, LOG_SECONDS)


def _redraws(stream: Any) -> bool:
    """Tell a terminal or a notebook, of which tqdm knows the sign, from a file."""
    return (stream is not None and stream.isatty()) or "ipykernel.zmqshell" in sys.modules


class Progress:
    """Nothing to see; the base of what can be seen. A ``with`` block is the training.

    Parameters
    ----------
    epochs : int
        How many there are at most.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.done = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        if error is not None:
            self.close("interrupted")
        else:
            self.close("" if self.done == self.epochs else "stopped early")

    def epoch_end(self, logs: dict[str, float]) -> None:
        """Show what one more epoch brought."""
        self.done += 1

    def close(self, ending: str) -> None:
        """Leave it tidy; ending says why training is over, where it is over before the last epoch."""


class Bar(Progress):
    """A bar of tqdm with the losses and the time left, as widget in a notebook that has them."""

    def __init__(self, epochs: int) -> None:
        super().__init__(epochs)
        from tqdm.auto import tqdm  # warns in a notebook without widgets, which who wants no bar need not hear

        running = "epoch {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left{postfix}"
        self._bar = tqdm(total=epochs, bar_format=running, **_size(sys.stderr))

    def epoch_end(self, logs: dict[str, float]) -> None:
        """Show what one more epoch brought."""
        super().epoch_end(logs)
        # A narrow terminal cuts the end off, so losses come first.
        names = sorted(logs, key=lambda name: not name.endswith("loss"))
        self._bar.set_postfix({name: f"{logs[name]:.4f}" for name in names}, refresh=False)
        self._bar.update()

    def close(self, ending: str) -> None:
        """Draw the last state, without a time left."""
        if ending != "interrupted":
            self._bar.total = self._bar.n  # a notebook paints a bar that is not full red
        what = f", {ending}" if ending else ""
        self._bar.bar_format = f"epoch {self.done}/{self.epochs} |{{bar}}| {{elapsed}}{what}{{postfix}}"
        self._bar.close()


def _size(stream: Any) -> dict[str, int]:
    """A size for a terminal that claims to have none, in which tqdm would show nothing; else tqdm knows best."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (AttributeError, OSError):
        return {}
    return {} if columns and rows else {"ncols": 80, "nrows": 24}


class Lines(Progress):
    """A line an epoch, or now and then, with the time left.

    Parameters
    ----------
    epochs : int
        How many there are at most.
    stream : file
        Where to write.
    every : float
        Seconds between two lines; the last epoch has its line always. 0 is a line an epoch, with no times.
    """

    def __init__(self, epochs: int, stream: Any, every: float) -> None:
        super().__init__(epochs)
        self._stream, self._every = stream, every
        self._start = self._printed = time.monotonic()
        self._pending = ""

    def epoch_end(self, logs: dict[str, float]) -> None:
        """Print what one more epoch brought, or note it for later."""
        super().epoch_end(logs)
        values = "".join(f"  {name} {value:.4f}" for name, value in logs.items())
        self._pending = f"epoch {self.done}/{self.epochs}{values}"
        now = time.monotonic()
        if not self._every:
            self._print("")
        elif now - self._printed >= self._every and self.done < self.epochs:
            self._printed = now
            left = (now - self._start) / self.done * (self.epochs - self.done)
            self._print(f"  {_minutes(left)} left")

    def close(self, ending: str) -> None:
        """Print the last epoch, if it was not."""
        if self._every and self.done:
            what = f", {ending}" if ending else ""
            self._print(f"  {_minutes(time.monotonic() - self._start)}{what}")

    def _print(self, times: str) -> None:
        print(self._pending + times, file=self._stream, flush=True)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
