"""Speed of features of sound: `LogMelSpectrogram` and `MFCC` against kaldi-native-fbank, on ten minutes of noise.

    python docs/benchmarks/speech/features.py [--repeats 7]

The recordings are int16 samples at 16 kHz: one of ten minutes, 600 of a second, and 1,200 of half a second that come as
files. All compute 40 mel filters of frames of 25 ms every 10 ms. kaldi-native-fbank gives frames one by one, which
become an array; for information there is a line without this step. Both have one thread.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
from pathlib import Path
from typing import Any

import kaldi_native_fbank as knf
import numpy as np
import soundfile
from numpy.typing import NDArray

from skrnn.preprocessing import MFCC, LogMelSpectrogram

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import Result, command_line, compare, in_turn, print_results, seconds, show

RATE, MINUTES = 16000, 10


def kaldi(recordings: list[NDArray], mfcc: bool, read: bool = True) -> list[Any]:
    """Features of kaldi-native-fbank, as arrays if they are read."""
    options = knf.MfccOptions() if mfcc else knf.FbankOptions()
    options.frame_opts.dither, options.mel_opts.num_bins = 0.0, 40
    found = []
    for recording in recordings:
        computer = (knf.OnlineMfcc if mfcc else knf.OnlineFbank)(options)
        computer.accept_waveform(RATE, recording.astype(np.float32) / 2**15)
        computer.input_finished()
        frames = range(computer.num_frames_ready)
        found.append(np.stack([computer.get_frame(i) for i in frames]) if read else computer)
    return found


def in_memory(kind: type, name: str, X: list[NDArray], repeats: int) -> list[Result]:
    mfcc = kind is MFCC
    calls = {
        "skrnn": lambda: seconds(lambda: kind().fit_transform(X)),
        "kaldi-native-fbank": lambda: seconds(lambda: kaldi(X, mfcc)),
        "without reading frames": lambda: seconds(lambda: kaldi(X, mfcc, read=False)),
    }
    found = in_turn(calls, repeats)
    row = f"{kind.__name__}, {MINUTES} minutes, {name}"
    print(row)
    for call, durations in found.items():
        show(call, durations)
    median = float(np.median(found["skrnn"]))
    return [
        Result(row, f"{median:.3f} s", "-", f"{median:.3f} s", "below 1 s", median < 1),
        compare(row, found["skrnn"], "kaldi-native-fbank", found["kaldi-native-fbank"], at_least=1),
        compare(row, found["skrnn"], "without reading frames", found["without reading frames"]),
    ]


def of_files(repeats: int) -> list[Result]:
    half = RATE // 2
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{k}.wav" for k in range(2 * 60 * MINUTES)]
        for path in paths:
            soundfile.write(path, random.normal(scale=3000, size=half).astype(np.int16), RATE)
        calls = {
            "skrnn": lambda: seconds(lambda: LogMelSpectrogram(input="filename").fit_transform(paths)),
            "soundfile and kaldi-native-fbank": lambda: seconds(
                lambda: kaldi([soundfile.read(path, dtype="int16")[0] for path in paths], False)
            ),
        }
        found = in_turn(calls, repeats)
    print(f"{len(paths)} files of {MINUTES} minutes in all")
    for call, durations in found.items():
        show(call, durations)
    name = "soundfile and kaldi-native-fbank"
    return [compare(f"LogMelSpectrogram, {len(paths)} files", found["skrnn"], name, found[name], at_least=1)]


if __name__ == "__main__":
    arguments = command_line(__doc__, repeats=7).parse_args()
    samples = np.random.default_rng(0).normal(scale=3000, size=60 * MINUTES * RATE).astype(np.int16)
    results = []
    for name, X in (("one recording", [samples]), ("600 recordings", np.split(samples, 600))):
        for kind in (LogMelSpectrogram, MFCC):
            results += in_memory(kind, name, X, arguments.repeats)
    print_results([*results, *of_files(arguments.repeats)])
