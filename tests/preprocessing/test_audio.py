"""`LogMelSpectrogram`, `MFCC` and `Deltas`, against slow loops in float64 and against kaldi-native-fbank."""

import math
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skrnn import RNNClassifier, Sequences
from skrnn.preprocessing import MFCC, Deltas, LogMelSpectrogram, PerSequence, PerStep

RNG = np.random.default_rng(0)
RATE = 8000
KINDS = {"LogMelSpectrogram": LogMelSpectrogram, "MFCC": MFCC}
# Largest differences to float64, and to Kaldi, which computes in float32, too, as the docstrings say. Rounding is
# relative to the loudest frequency, and large in the logarithm of a filter with little energy.
TOLERANCE = {"LogMelSpectrogram": 2e-3, "MFCC": 5e-3}
EPSILON = float(np.finfo(np.float32).eps)  # Kaldi's floor


def recordings(lengths=(4000, 1000, 5003, 150), rate=RATE):
    """Tones in noise, as int16; the last is shorter than a frame."""
    found = []
    for n in lengths:
        tone = np.sin(2 * np.pi * RNG.uniform(200, 0.4 * rate) * np.arange(n) / rate)
        found.append((5000 * tone + RNG.normal(scale=300, size=n) + 200).astype(np.int16))
    return found


WAVES = recordings()


def by_hand(x, kind, rate=RATE, **changes):
    """Features of one recording, frame by frame, filter by filter, in float64."""
    p = KINDS[kind](rate, **changes).get_params()
    win, hop = round(p["win_length"] * rate), round(p["hop_length"] * rate)
    x = np.asarray(x, np.float64) / 2**15
    if p["snip_edges"]:
        x = np.append(x, np.zeros(max(0, win - len(x))))
        begins = range(0, len(x) - win + 1, hop)
    else:
        begins = [k * hop + hop // 2 - win // 2 for k in range((len(x) + hop // 2) // hop)]
    return np.array([of_frame([at(x, t) for t in range(b, b + win)], kind, rate, p) for b in begins])


def at(x, t):
    """A sample, reflected at the ends."""
    while not 0 <= t < len(x):
        t = -t - 1 if t < 0 else 2 * len(x) - 1 - t
    return x[t]


def of_frame(frame, kind, rate, p):
    n = len(frame)
    frame = np.array(frame)
    if p["remove_dc_offset"]:
        frame = frame - frame.sum() / n
    energy = math.log(max((frame**2).sum(), p["log_floor"]))
    before = np.append(frame[0], frame[:-1])
    wave = np.cos(2 * np.pi * np.arange(n) / (n - 1))
    shapes = {"hann": 0.5 - 0.5 * wave, "hamming": 0.54 - 0.46 * wave, "rectangular": 1.0 + 0 * wave}
    shapes["povey"] = shapes["hann"] ** 0.85
    frame = (frame - p["preemphasis"] * before) * shapes[p["window"]]
    size = p["n_fft"] or 2 ** math.ceil(math.log2(n))
    angles = -2j * np.pi * np.outer(np.arange(size // 2 + 1), np.arange(n)) / size
    spectrum = np.abs(np.exp(angles) @ frame) ** p["power"]

    def in_mel(f):
        return 1127 * math.log(1 + f / 700)

    low, high = in_mel(p["f_min"]), in_mel(p["f_max"] or rate / 2)
    step = (high - low) / (p["n_mels"] + 1)
    values = []
    for k in range(p["n_mels"]):
        total = 0.0
        for b, value in enumerate(spectrum):
            away = abs(in_mel(b * rate / size) - (low + (k + 1) * step)) / step
            total += max(0.0, 1 - away) * value
        values.append(math.log(max(total, p["log_floor"])))
    if kind == "LogMelSpectrogram":
        return values
    m, lifter, found = p["n_mels"], p["cepstral_lifter"], []
    for k in range(p["n_mfcc"]):
        cosine = sum(v * math.cos(math.pi / m * (j + 0.5) * k) for j, v in enumerate(values))
        scale = math.sqrt((1 if k == 0 else 2) / m)
        found.append(cosine * scale * (1 + lifter / 2 * math.sin(math.pi * k / lifter) if lifter else 1))
    return [energy, *found[1:]] if p["use_energy"] else found


OPTIONS = [
    {},
    {"snip_edges": False},
    {"window": "hann", "remove_dc_offset": False},
    {"window": "hamming", "preemphasis": 0.0, "power": 1.0},
    {"window": "rectangular", "n_mels": 15, "f_min": 100.0, "f_max": 3000.0, "power": 1.5},
    {"win_length": 0.02, "hop_length": 0.0125, "n_fft": 400, "log_floor": 1e-3},
]


@pytest.mark.parametrize("changes", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_frames_by_hand(kind, changes):
    found = KINDS[kind](RATE, **changes).fit_transform(WAVES)
    assert isinstance(found, Sequences)
    assert found.values.dtype == np.float32
    for x, got in zip(WAVES[1:], found[1:]):
        np.testing.assert_allclose(got, by_hand(x, kind, **changes), atol=TOLERANCE[kind])


@pytest.mark.parametrize("changes", [{"use_energy": True}, {"cepstral_lifter": 0}, {"n_mfcc": 5, "n_mels": 20}])
def test_options_of_cepstra_by_hand(changes):
    found = MFCC(RATE, **changes).fit_transform(WAVES[1:2])
    np.testing.assert_allclose(found[0], by_hand(WAVES[1], "MFCC", **changes), atol=TOLERANCE["MFCC"])


def of_kaldi(x, kind, rate, **changes):
    knf = pytest.importorskip("kaldi_native_fbank")
    p = KINDS[kind](rate, **changes).get_params()
    options = knf.MfccOptions() if kind == "MFCC" else knf.FbankOptions()
    frames, mels = options.frame_opts, options.mel_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff = rate, 0.0, p["preemphasis"]
    frames.frame_length_ms, frames.frame_shift_ms = 1000 * p["win_length"], 1000 * p["hop_length"]
    frames.window_type = "hanning" if p["window"] == "hann" else p["window"]
    frames.remove_dc_offset, frames.snip_edges = p["remove_dc_offset"], p["snip_edges"]
    mels.num_bins, mels.low_freq, mels.high_freq = p["n_mels"], p["f_min"], p["f_max"] or 0.0
    options.energy_floor, options.htk_compat, options.use_energy = 0.0, False, p.get("use_energy", False)
    if kind == "MFCC":
        options.num_ceps, options.cepstral_lifter = p["n_mfcc"], p["cepstral_lifter"]
    else:
        options.use_power = p["power"] == 2
    computer = (knf.OnlineMfcc if kind == "MFCC" else knf.OnlineFbank)(options)
    computer.accept_waveform(rate, (x / 2**15).astype(np.float32))
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


@pytest.mark.parametrize("rate", [8000, 11025, 16000])
@pytest.mark.parametrize("changes", [*OPTIONS[:3], {"n_mels": 23, "f_min": 64.0, "f_max": 3400.0}], ids=str)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_equal_to_kaldi(kind, changes, rate):
    more = [{}, {"use_energy": True, "n_mfcc": 10}] if kind == "MFCC" else [{}, {"power": 1.0}]
    waves = recordings((rate, 3000), rate)
    for extra in more:
        found = KINDS[kind](rate, log_floor=EPSILON, **changes, **extra).fit_transform(waves)
        for x, got in zip(waves, found):
            expected = of_kaldi(x, kind, rate, **changes, **extra)
            np.testing.assert_allclose(got, expected, atol=TOLERANCE[kind])


@pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_equal_to_kaldi_on_speech(kind):
    from skrnn.datasets import load_spoken_digits

    X = load_spoken_digits(split="test")[0][::10]
    for x, got in zip(X, KINDS[kind](RATE, log_floor=EPSILON).fit_transform(X)):
        np.testing.assert_allclose(got, of_kaldi(x, kind, RATE), atol=TOLERANCE[kind])


# -- Forms of X ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_recording_alone_is_the_same_as_among_others(kind):
    waves = recordings(RNG.integers(100, 9000, 40))
    transformer = KINDS[kind](RATE)
    found = transformer.fit_transform(waves)
    for i in (0, 17, 39):
        np.testing.assert_allclose(transformer.transform(waves[i : i + 1])[0], found[i], atol=1e-6)


def test_long_recordings_are_transformed_in_blocks():
    long = recordings([400_000])[0]
    whole = LogMelSpectrogram(RATE).fit_transform([long])[0]
    assert len(whole) == 1 + (400_000 - 200) // 80
    part = LogMelSpectrogram(RATE).fit_transform([long[4600 * 80 :]])[0]
    np.testing.assert_allclose(whole[4600:], part, atol=1e-6)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_integers_are_scaled_by_their_full_scale(kind):
    transformer = KINDS[kind](RATE)
    expected = transformer.fit_transform(WAVES).values
    floats = [x / 2**15 for x in WAVES]
    wide = [x.astype(np.int32) * 2**16 for x in WAVES]
    for X in (floats, [x.astype(np.float32) for x in floats], wide, [x.astype(">i2") for x in WAVES]):
        np.testing.assert_array_equal(transformer.transform(X).values, expected)
    small = [(x // 2**8).astype(np.int8) for x in WAVES]
    unsigned = [(x.astype(np.int16) + 128).astype(np.uint8) for x in small]
    np.testing.assert_array_equal(transformer.transform(unsigned).values, transformer.transform(small).values)


def test_forms():
    transformer = LogMelSpectrogram(RATE)
    waves = recordings((1000, 1000, 1000))
    expected = transformer.fit_transform(waves)
    objects = np.empty(3, object)
    objects[:] = waves
    columns = pl.DataFrame({"audio": pl.Series(waves, dtype=pl.List(pl.Int16)), "id": [1, 2, 3]})
    forms = [
        tuple(waves),
        objects,
        Sequences.from_list(waves),
        pd.Series(waves),
        pd.DataFrame({"audio": waves}),
        columns["audio"],
        [x[:, None] for x in waves],
        [(x / 2**15).tolist() for x in waves],
    ]
    for X in forms:
        found = transformer.fit(X).transform(X)
        assert isinstance(found, Sequences)
        assert found.feature_names == tuple(transformer.get_feature_names_out())
        np.testing.assert_array_equal(found.values, expected.values)
    array = transformer.fit_transform(np.stack(waves))
    assert array.shape == (3, 11, 40)
    np.testing.assert_array_equal(array.reshape(33, 40), expected.values)


def test_samples_and_seconds():
    seconds = LogMelSpectrogram(RATE, win_length=0.02, hop_length=0.01).fit_transform(WAVES)
    samples = LogMelSpectrogram(RATE, win_length=160, hop_length=80).fit_transform(WAVES)
    np.testing.assert_array_equal(seconds.values, samples.values)
    assert LogMelSpectrogram(100, n_mels=1, win_length=0.07, f_min=0.0)._samples("win_length", 2) == 7


# -- Estimators ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_names_and_containers(kind, library):
    transformer = KINDS[kind](RATE, n_mels=14)
    expected = transformer.fit_transform(WAVES)
    name = {"LogMelSpectrogram": "mel", "MFCC": "mfcc"}[kind]
    names = [f"{name}{k}" for k in range(expected.n_features)]
    assert list(transformer.get_feature_names_out()) == names
    frames = clone(transformer.set_output(transform=library)).fit_transform(WAVES)
    for frame, rows in zip(frames, expected):
        assert isinstance(frame, pd.DataFrame if library == "pandas" else pl.DataFrame)
        assert list(frame.columns) == names
        np.testing.assert_array_equal(frame.to_numpy(), rows)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_is_learned(kind):
    transformer = KINDS[kind](RATE, n_mels=20, window="hann")
    found = transformer.transform(WAVES).values  # without a fit
    fitted = transformer.fit(WAVES[:1])
    assert fitted.n_features_in_ == 1
    for other in (fitted, clone(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.transform(WAVES).values, found)
    tags = get_tags(transformer)
    assert not tags.requires_fit
    assert not tags.input_tags.string
    assert get_tags(transformer.set_params(input="filename")).input_tags.string


def digits_by_pitch(n=16):
    y = np.arange(n) % 2
    low = [np.sin(2 * np.pi * (400 if k else 1500) * np.arange(RNG.integers(900, 1500)) / RATE) for k in y]
    return [x + RNG.normal(scale=0.1, size=len(x)) for x in low], y


def test_in_a_pipeline_and_a_search():
    X, y = digits_by_pitch()
    network = RNNClassifier("gru", units=4, epochs=25, random_state=0)
    model = make_pipeline(LogMelSpectrogram(RATE), Deltas(1), PerStep(StandardScaler()), network)
    assert model.fit(X, y).score(X, y) == 1.0
    model.set_params(rnnclassifier__epochs=1)
    search = GridSearchCV(model, {"logmelspectrogram__n_mels": [10, 20]}, cv=2).fit(X, y)
    assert set(search.best_params_) == {"logmelspectrogram__n_mels"}
    alone = make_pipeline(MFCC(RATE), PerSequence(StandardScaler())).fit_transform(X)
    np.testing.assert_allclose(alone[0].mean(axis=0), 0, atol=1e-5)


# -- Files --------------------------------------------------------------------------------------------------------


def written(folder, waves, rate=RATE, ending="wav"):
    soundfile = pytest.importorskip("soundfile")
    paths = []
    for i, x in enumerate(waves):
        paths.append(folder / f"{i}.{ending}")
        soundfile.write(paths[-1], x, rate)
    return paths


@pytest.mark.parametrize("ending", ["wav", "flac"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_files(kind, ending, tmp_path):
    paths = written(tmp_path, WAVES, ending=ending)
    transformer = KINDS[kind](RATE, input="filename")
    expected = KINDS[kind](RATE).fit_transform(WAVES)
    strings = [str(p) for p in paths]
    for X in (paths, strings, np.array(strings), np.array(paths), pd.Series(strings), pl.Series(strings)):
        found = transformer.fit(X).transform(X)
        assert isinstance(found, Sequences)
        np.testing.assert_array_equal(found.values, expected.values)


def test_files_are_resampled(tmp_path):
    rates = (16000, 11025, 8000)
    tones = [np.sin(2 * np.pi * 700 * np.arange(r) / r) / 2 for r in rates]
    paths = [written(tmp_path / str(r), [x], r)[0] for r, x in zip(rates, tones) if not (tmp_path / str(r)).mkdir()]
    found = LogMelSpectrogram(RATE, input="filename", resample=True).fit_transform(paths)
    assert found.lengths.tolist() == [98, 98, 98]
    loud = found[2].mean(axis=0) > -5
    assert 2 <= loud.sum() <= 6
    for other in found[:2]:  # but for the ends, where the filter has no samples
        np.testing.assert_allclose(other[2:-2][:, loud], found[2][2:-2][:, loud], atol=0.02)
    sentence = r"X\[0\] \('.*0.wav'\) must have the sample rate 8000 of MFCC. Got 16000; resample=True converts it."
    with pytest.raises(ValueError, match=sentence):
        MFCC(RATE, input="filename").fit_transform(paths)


def test_files_that_are_none(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    (good,) = written(tmp_path, WAVES[:1])
    text = tmp_path / "words.wav"
    text.write_text("no sound")
    cases = [
        (text, ValueError, r"X\[1\] must be a file of sound. Got '.*words.wav': "),
        (tmp_path / "none.wav", FileNotFoundError, r"X\[1\] must be an existing file. Got '.*none.wav'."),
        (tmp_path, FileNotFoundError, r"X\[1\] must be an existing file. Got"),
    ]
    for name, samples, sentence in [
        ("stereo", np.zeros((100, 2)), "must have one channel. Got 2."),
        ("empty", np.zeros(0), "must hold at least one sample. Got an empty recording."),
        ("silent", np.zeros(100), "must not be silent. Got 100 samples of 0."),
    ]:
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, samples, RATE)
        cases.append((path, ValueError, rf"X\[1\] \('.*{name}.wav'\) {sentence}"))
    for path, kind, sentence in cases:
        with pytest.raises(kind, match=sentence):
            LogMelSpectrogram(RATE, input="filename").fit_transform([good, path])


def test_without_soundfile(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ImportError, match=r"MFCC needs soundfile to read files: pip install skrnn\[audio\]."):
        MFCC(input="filename").fit_transform(["a.wav"])


# -- Errors -------------------------------------------------------------------------------------------------------

GOOD = WAVES[0]


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ([GOOD, np.zeros((5, 2))], r"X\[1\] must have shape \(time,\), one channel. Got \(5, 2\)"),
        (np.zeros((2, 5, 2)), r"X\[0\] must have shape \(time,\), one channel. Got \(5, 2\)"),
        ([GOOD, []], r"X\[1\] must hold at least one sample. Got an empty recording."),
        ([GOOD, np.zeros(9, np.int16)], r"X\[1\] must not be silent. Got 9 samples of 0."),
        ([GOOD, np.full(9, 0.5)], r"X\[1\] must not be silent. Got 9 samples of 0.5."),
        ([GOOD, np.array([0, 1, np.nan])], r"X\[1\] must not contain NaN. Got one at sample 2."),
        ([GOOD, np.array([0, -np.inf, 1])], r"X\[1\] must not contain infinity. Got one at sample 1."),
        ([GOOD, np.array([0, np.inf], np.float16)], r"X\[1\] must not contain infinity. Got one at sample 1."),
        ([GOOD, np.array([0, 1e30])], r"X\[1\] must not contain samples beyond 1e\+12. Got one at sample 1."),
        ([GOOD, "a.wav"], r"X\[1\] must be a recording.* Got 'a.wav'. Set input='filename' to read files."),
        ([Path("a.wav")], r"X\[0\] must be a recording.* Set input='filename' to read files."),
        ("a.wav", r"X must be a list of recordings.* Got 'a.wav'. Set input='filename' to read files."),
        ([0.5, 1.0], r"X\[0\] must be a recording, an array of samples. Got 0.5."),
        ([[[1.0], [1.0, 2.0]]], r"X\[0\] must be a recording, an array of samples."),
        ([np.arange(9)], r"X\[0\] must hold floats, or integers of type .* Got int64. Convert them"),
        ([np.array(["a"])], r"X\[0\] must hold floats, or integers of type .* Got <U1."),
        (GOOD, r"X must be a list of recordings, or have shape \(N, T\). Got \(4000,\)."),
        ([], "Found array with 0 sample"),
        (None, "X must be a list of recordings, each an array of samples. Got None."),
        (pd.DataFrame({"a": [GOOD], "b": [1]}), "column 'a' of X must hold numbers"),
    ],
    ids=range(20),
)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_no_recording(kind, X, sentence):
    for method in ("fit", "transform", "fit_transform"):
        with pytest.raises(ValueError, match=sentence):
            getattr(KINDS[kind](RATE), method)(X)


def test_what_is_sparse_or_masked():
    from scipy.sparse import csr_array

    with pytest.raises(TypeError, match="Sparse data are not recordings: X must be dense."):
        MFCC().fit(csr_array(np.eye(3)))
    with pytest.raises(TypeError, match=r"X\[0\] must not be a masked array."):
        MFCC().fit([np.ma.masked_array([1.0, 2.0], [False, True])])


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ([GOOD], r"X\[0\] must be a path, as input='filename'. Got array"),
        ([3.5], r"X\[0\] must be a path, as input='filename'. Got 3.5."),
        ("a.wav", "X must be a list of paths with input='filename'. Got 'a.wav'."),
        (pd.DataFrame({"a": ["a.wav"]}), "X must be a list of paths .* Got a data frame; take one column."),
        ([], "Found array with 0 sample"),
    ],
    ids=range(5),
)
def test_what_is_no_path(X, sentence):
    with pytest.raises(ValueError, match=sentence):
        LogMelSpectrogram(input="filename").fit(X)


@pytest.mark.parametrize(
    ("transformer", "sentence"),
    [
        (LogMelSpectrogram(0), "The 'sample_rate' parameter of LogMelSpectrogram must be"),
        (LogMelSpectrogram(window="box"), "The 'window' parameter of LogMelSpectrogram must be"),
        (MFCC(hop_length=0), "The 'hop_length' parameter of MFCC must be"),
        (MFCC(RATE, f_max=5000.0), "f_max must be above f_min=20 and at most 4000, half of sample_rate. Got 5000."),
        (MFCC(RATE, f_min=900, f_max=900), "f_max must be above f_min=900 and at most 4000, .* Got 900."),
        (MFCC(RATE, f_min=4000.0), "f_max must be above f_min=4000 and at most 4000, .* Got 4000."),
        (MFCC(n_fft=256), "n_fft must be at least the 400 samples of win_length. Got 256."),
        (MFCC(n_mfcc=41), "n_mfcc must be at most n_mels=40. Got 41."),
        (
            LogMelSpectrogram(RATE, n_mels=200),
            "n_mels must be so low that each filter has .* n_fft=256 samples.",
        ),
        (MFCC(RATE, win_length=0.0001), "win_length must be at least 2 samples. Got 0.0001 seconds at"),
        (MFCC(RATE, hop_length=0.0001), "hop_length must be at least 1 samples. Got 0.0001 seconds at"),
    ],
    ids=range(11),
)
def test_wrong_parameters(transformer, sentence):
    with pytest.raises(ValueError, match=sentence):
        transformer.fit(WAVES)
    with pytest.raises(ValueError, match=sentence):
        transformer.transform(WAVES)


# -- Deltas -------------------------------------------------------------------------------------------------------

ARRAYS = [RNG.normal(size=(n, 3)) for n in (7, 1, 4)]
NAMES = ["a", "b", "c"]


def slopes_by_hand(x, width):
    m, last = width // 2, len(x) - 1
    total = [sum(n * (x[min(t + n, last)] - x[max(t - n, 0)]) for n in range(1, m + 1)) for t in range(len(x))]
    return np.array(total) / (2 * sum(n * n for n in range(1, m + 1)))


@pytest.mark.parametrize(("order", "width"), [(2, 5), (1, 3), (3, 9)])
def test_deltas_by_hand(order, width):
    found = Deltas(order, width).fit_transform(ARRAYS)
    for x, got in zip(ARRAYS, found):
        parts = [x]
        for _ in range(order):
            parts.append(slopes_by_hand(parts[-1], width))
        np.testing.assert_allclose(got, np.column_stack(parts), atol=1e-12)
    line = np.arange(30.0) * 4
    np.testing.assert_allclose(Deltas(1, width).fit_transform([line])[0][9:-9, 1], 4)


def test_names_of_deltas():
    X = [pd.DataFrame(x, columns=NAMES) for x in ARRAYS]
    names = [*NAMES, *(f"{n}_delta1" for n in NAMES), *(f"{n}_delta2" for n in NAMES)]
    transformer = Deltas().fit(X)
    assert list(transformer.get_feature_names_out()) == names
    assert transformer.transform(X).feature_names == tuple(names)
    frames = clone(Deltas().set_output(transform="polars")).fit_transform(ARRAYS)
    expected = Deltas().fit(ARRAYS).get_feature_names_out()
    assert list(frames[0].columns) == list(expected)
    assert list(expected[:4]) == ["x0", "x1", "x2", "x0_delta1"]
    chosen = Deltas(1, features=["b"]).fit(X)
    assert list(chosen.get_feature_names_out()) == ["a", "c", "b", "b_delta1"]
    found = chosen.transform(X)
    assert found.feature_names == ("a", "c", "b", "b_delta1")
    np.testing.assert_allclose(found[0][:, 3], slopes_by_hand(ARRAYS[0][:, 1], 5))


def test_forms_of_deltas():
    X = RNG.normal(size=(4, 6, 2)).astype(np.float32)
    found = Deltas().fit_transform(X)
    assert found.shape == (4, 6, 6)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(Deltas().fit_transform(list(X)).values, found.reshape(24, 6))
    cells = pd.DataFrame({n: [x[:, k] for x in ARRAYS] for k, n in enumerate(NAMES)} | {"age": [1.0, 2.0, 3.0]})
    transformer = Deltas(1).fit(cells)
    got = transformer.transform(cells)
    assert list(got.columns) == list(transformer.get_feature_names_out())
    assert set(got.columns) == {*NAMES, "age", *(f"{n}_delta1" for n in NAMES)}
    np.testing.assert_allclose(got["b_delta1"][0], slopes_by_hand(ARRAYS[0][:, 1], 5))
    again = pickle.loads(pickle.dumps(transformer)).transform(cells)
    assert list(again.columns) == list(got.columns)


def test_wrong_parameters_of_deltas():
    with pytest.raises(ValueError, match="width must be odd. Got 4."):
        Deltas(width=4).fit(ARRAYS)
    with pytest.raises(ValueError, match="The 'order' parameter of Deltas must be"):
        Deltas(0).fit(ARRAYS)
    with pytest.raises(ValueError, match="X has 2 features, but Deltas is expecting 3 features as input"):
        Deltas().fit(ARRAYS).transform([x[:, :2] for x in ARRAYS])
