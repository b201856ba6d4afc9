"""Synthetic tasks: each answer computed again from the input alone, by a plain loop."""

import numpy as np
import pytest

from skrnn.datasets import make_adding_problem, make_copying_memory, make_order_task, make_running_mean

MAKERS = {
    "adding": make_adding_problem,
    "order": make_order_task,
    "running_mean": make_running_mean,
}


def halves(places, steps):
    return [int(place >= steps // 2) for place in places]


def test_adding_problem_adds_the_marked_values():
    X, y = make_adding_problem(300, length=(2, 9), random_state=0)
    for x, answer in zip(X, y, strict=True):
        marked = [t for t in range(len(x)) if x[t, 1] == 1]
        assert halves(marked, len(x)) == [0, 1]
        assert {float(mark) for mark in x[:, 1]} <= {0.0, 1.0}
        assert answer == pytest.approx(sum(float(x[t, 0]) for t in marked), abs=1e-6)


def test_adding_problem_reaches_every_place():
    X, _ = make_adding_problem(500, length=7, random_state=0)
    marks = np.sum([x[:, 1] for x in X], axis=0)
    assert (marks > 0).all()
    assert marks[:3].sum() == marks[3:].sum() == 500


def test_always_one_scores_one_sixth_on_the_adding_problem():
    _, y = make_adding_problem(20_000, length=4, random_state=0)
    squares = (y.astype(np.float64) - 1) ** 2
    # Four standard errors; the fourth moment of the sum of two uniform numbers is 1/15.
    assert abs(squares.mean() - 1 / 6) < 4 * np.sqrt((1 / 15 - 1 / 36) / len(y))


def test_running_mean_is_the_mean_so_far():
    X, y = make_running_mean(50, length=(1, 12), random_state=0)
    for x, answers in zip(X, y, strict=True):
        twin = [float(np.mean(x[: t + 1].astype(np.float64))) for t in range(len(x))]
        np.testing.assert_allclose(answers, twin, rtol=1e-5, atol=1e-6)


def test_running_mean_reads_standard_normal_values():
    X, _ = make_running_mean(500, length=40, random_state=0)
    values = np.concatenate(X)
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert abs(values.var() - 1) < 4 * np.sqrt(2 / values.size)


def test_order_task_labels_follow_from_the_symbols():
    X, y = make_order_task(300, length=(2, 9), random_state=0)
    rules = {"XX": 0, "XY": 1, "YX": 2, "YY": 3}
    for x, label in zip(X, y, strict=True):
        assert all(sorted(step) == [0, 0, 0, 0, 0, 1] for step in x.tolist())
        text = ["XYabcd"[list(step).index(1)] for step in x]
        places = [t for t, symbol in enumerate(text) if symbol in "XY"]
        assert halves(places, len(x)) == [0, 1]
        assert rules[text[places[0]] + text[places[1]]] == label


def test_order_task_draws_all_symbols_and_classes_alike():
    X, y = make_order_task(4000, length=10, random_state=0)
    # Four standard deviations of a count of 4000 draws at 1/4.
    assert (abs(np.bincount(y, minlength=4) - 1000) < 4 * np.sqrt(4000 * 3 / 16)).all()
    distractors = np.concatenate(X).sum(axis=0)[2:]
    assert (abs(distractors - 8000) < 4 * np.sqrt(32_000 * 3 / 16)).all()


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_shapes_types_and_lengths(name):
    X, y = MAKERS[name](200, length=(3, 6), random_state=0)
    width = {"adding": 2, "order": 6, "running_mean": 1}[name]
    assert isinstance(X, list)
    assert len(X) == len(y) == 200
    assert {len(x) for x in X} == {3, 4, 5, 6}
    assert {x.shape[1] for x in X} == {width}
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    if name == "running_mean":
        assert [answer.shape for answer in y] == [(len(x),) for x in X]
        assert {answer.dtype for answer in y} == {np.dtype(np.float32)}
    else:
        assert y.shape == (200,)
        assert y.dtype == (np.int64 if name == "order" else np.float32)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_one_seed_gives_one_data_set(name):
    make = MAKERS[name]
    first, again, other = make(20, random_state=3), make(20, random_state=3), make(20, random_state=4)
    for a, b in zip(first, again, strict=True):
        assert all(np.array_equal(u, v) for u, v in zip(a, b, strict=True))
    assert not all(np.array_equal(u, v) for u, v in zip(first[0], other[0], strict=True))
    rng = np.random.RandomState(3)
    assert np.array_equal(make(20, random_state=rng)[0][0], first[0][0])


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_one_length_and_numpy_integers(name):
    X, _ = MAKERS[name](np.int64(3), length=np.int32(5), random_state=0)
    assert [len(x) for x in X] == [5, 5, 5]


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("length", [0, -3, 2.5, True, "ten", None, (5,), (6, 5), (0, 5), (5, 6, 7), (2.0, 3)])
def test_bad_lengths_are_errors(name, length):
    with pytest.raises(ValueError, match=r"length must be an integer of at least [12], or a pair \(low, high\)"):
        MAKERS[name](5, length=length)


@pytest.mark.parametrize("name", ["adding", "order"])
def test_two_places_need_two_steps(name):
    with pytest.raises(ValueError, match=r"length must be an integer of at least 2.* Got 1\."):
        MAKERS[name](5, length=1)


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("n_samples", [0, -1, 2.0, True, "3"])
def test_bad_numbers_of_samples_are_errors(name, n_samples):
    with pytest.raises(ValueError, match=r"n_samples must be a positive integer\. Got "):
        MAKERS[name](n_samples)


def test_copying_memory_asks_for_what_it_showed():
    X, y = make_copying_memory(50, delay=4, n_copied=3, random_state=0)
    for x, labels in zip(X, y):
        tokens = x.argmax(axis=1)
        assert x.shape == (10, 10)
        assert (x.sum(axis=1) == 1).all()
        assert tokens[:3].tolist() == labels[-3:].tolist()
        assert tokens[3:].tolist() == [8] * 4 + [9] + [8] * 2
        assert (labels[:-3] == -1).all()
    assert {t for labels in y for t in labels} == {-1, *range(8)}


def test_copying_memory_is_seeded_and_checked():
    one, two, other = (make_copying_memory(5, 2, 2, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one[0], two[0])
    assert not np.array_equal(one[0], other[0])
    assert make_copying_memory(1, delay=0)[0][0].shape == (20, 10)
    for wrong, sentence in (
        ({"delay": -1}, "delay must be an integer of at least 0. Got -1."),
        ({"n_copied": 0}, "n_copied must be an integer of at least 1. Got 0."),
        ({"n_samples": 0}, "n_samples must be a positive integer. Got 0."),
    ):
        with pytest.raises(ValueError, match=sentence):
            make_copying_memory(**wrong)
