"""What a fit shows: bars in terminals and notebooks, lines in files."""

import io
import os
import sys
import types

import pytest
import tqdm.auto

from skrnn.training import progress
from skrnn.training.progress import Bar, Lines, Progress, show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def frames(self):
        """What was drawn over each other."""
        return [frame.rstrip() for frame in self.getvalue().replace("\n", "\r").split("\r") if frame.strip()]


def open_terminal(monkeypatch):
    """Call it in the test: a fixture would be too early, before pytest captures the test."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def clock(monkeypatch):
    """Time stands still but for what a test adds."""
    now = types.SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def train(shown, losses, clock=None, seconds=0.0):
    with shown:
        for loss in losses:
            if clock is not None:
                clock.seconds += seconds
            shown.epoch_end({"loss": loss, "accuracy": 0.5, "val_loss": 0.25})


def test_where_what_is_shown(monkeypatch):
    open_terminal(monkeypatch)
    assert type(show_progress(3, 0)) is Progress
    assert type(show_progress(3, 1)) is Bar
    assert type(show_progress(3, 2)) is Lines
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        assert type(show_progress(3, 1)) is Lines
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "ipykernel.zmqshell", types.ModuleType("zmqshell"))
    assert type(show_progress(3, 1)) is Bar


def test_a_bar_shows_epochs_losses_and_the_time_left(monkeypatch):
    terminal = open_terminal(monkeypatch)
    bar = show_progress(4, 1)
    bar._bar.mininterval = 0  # draw every epoch
    train(bar, [1.5, 1.25, 1.0, 0.75])
    first, *frames = terminal.frames()
    assert first.startswith("epoch 0/4 |")
    assert first.endswith("| 00:00, ? left")
    for done, (frame, loss) in enumerate(zip(frames, [1.5, 1.25, 1.0, 0.75]), start=1):
        assert frame.startswith(f"epoch {done}/4 |")
        assert frame.endswith(f"00:00 left, loss={loss:.4f}, val_loss=0.2500, accuracy=0.5000")
    assert frames[4].startswith("epoch 4/4 |##########|")
    assert "left" not in frames[4]
    assert frames[4].endswith("| 00:00, loss=0.7500, val_loss=0.2500, accuracy=0.5000")


def test_a_bar_says_why_it_ended_early(monkeypatch):
    terminal = open_terminal(monkeypatch)
    train(show_progress(9, 1), [1.5, 1.25])
    assert terminal.frames()[-1].startswith("epoch 2/9 |")
    assert "| 00:00, stopped early, loss=1.2500" in terminal.frames()[-1]
    with pytest.raises(ZeroDivisionError):
        train(show_progress(9, 1), (1 / (1 - i) for i in range(2)))
    assert terminal.frames()[-1].startswith("epoch 1/9 |")
    assert "| 00:00, interrupted, loss=1.0000" in terminal.frames()[-1]
    assert terminal.getvalue().endswith("\n")


def test_a_terminal_without_a_size_has_a_bar(monkeypatch):
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()  # 0 rows, 0 columns
    with open(slave, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        train(show_progress(2, 1), [1.5, 1.25])
        drawn = b""
        while b"\n" not in drawn:  # it may come in pieces
            drawn += os.read(master, 4096)
    os.close(master)
    assert b"epoch 2/2 |" in drawn


def test_a_notebook_without_widgets_hears_of_it_only_with_a_bar(monkeypatch):
    class Refused:
        def __init__(self, *args, **kwargs):
            raise RuntimeError("no widgets")

    monkeypatch.setattr(tqdm.auto, "tqdm", Refused)
    train(show_progress(2, 0), [1.0, 0.5])
    with pytest.raises(RuntimeError, match="no widgets"):
        Bar(2)


def test_a_log_has_a_line_now_and_then(capsys, clock):
    train(show_progress(8, 1), [0.5] * 8, clock, seconds=4.0)
    values = "loss 0.5000  accuracy 0.5000  val_loss 0.2500"
    assert capsys.readouterr() == (
        "",
        f"epoch 3/8  {values}  00:20 left\nepoch 6/8  {values}  00:08 left\nepoch 8/8  {values}  00:32\n",
    )


def test_a_log_of_a_short_fit_is_one_line(capsys, clock):
    train(show_progress(100, 1), [0.5, 0.25], clock, seconds=1.0)
    assert capsys.readouterr().err == (
        "epoch 2/100  loss 0.2500  accuracy 0.5000  val_loss 0.2500  00:02, stopped early\n"
    )
    with pytest.raises(RuntimeError), show_progress(100, 1):
        raise RuntimeError
    assert capsys.readouterr() == ("", "")


def test_a_line_an_epoch(capsys):
    train(show_progress(3, 2), [0.5, 0.25])
    assert capsys.readouterr() == (
        "epoch 1/3  loss 0.5000  accuracy 0.5000  val_loss 0.2500\n"
        "epoch 2/3  loss 0.2500  accuracy 0.5000  val_loss 0.2500\n",
        "",
    )
