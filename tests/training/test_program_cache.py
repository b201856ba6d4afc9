"""The cache of programs: bounded, lent to one user at a time, counted."""

import threading

import numpy as np
import pytest

from skrnn.cells import Recipe
from skrnn.layers import RecurrenceSpec
from skrnn.networks import RecurrentNetwork
from skrnn.training import Plan, ProgramCache
from skrnn.training.cache import program_class
from skrnn.training.keras_program import KerasProgram
from skrnn.training.objectives import make_loss, make_optimizer


def plan(units=3, rate=0.01, beta_1=0.9):
    network = RecurrentNetwork(2, (RecurrenceSpec.from_cell("gru", units),), 1, "linear")
    return Plan(network, make_loss("mse", {}), make_optimizer("adam", rate, 1.0, {"beta_1": beta_1}))


@pytest.mark.core
def test_hits_and_misses():
    cache = ProgramCache()
    with cache.borrow(plan()) as first:
        pass
    with cache.borrow(plan(rate=0.5)) as second:
        assert second is first  # the learning rate is loaded
        assert cache.info().idle == 0
    for other in (plan(units=4), plan(beta_1=0.8)):
        with cache.borrow(other) as third:
            assert third is not first
    info = cache.info()
    assert (info.hits, info.misses, info.idle) == (1, 3, 3)
    assert info.build_seconds > 0
    cache.clear()
    assert cache.info() == (0, 0, 0.0, 0)


def test_the_one_unused_for_longest_goes():
    cache = ProgramCache(limit=2)
    for units in (2, 3, 2, 4):  # 3 is unused for longest
        with cache.borrow(plan(units)):
            pass
    assert cache.info().idle == 2
    misses = cache.info().misses
    for units, missed in ((2, 0), (4, 0), (3, 1)):
        with cache.borrow(plan(units)):
            pass
        misses += missed
        assert cache.info().misses == misses


def test_a_program_whose_user_failed_is_thrown_away():
    cache = ProgramCache()
    with pytest.raises(RuntimeError), cache.borrow(plan()):
        raise RuntimeError
    assert cache.info().idle == 0


def test_two_users_at_once_get_a_program_each():
    cache = ProgramCache()
    taken, both = [], threading.Barrier(2)

    def use():
        with cache.borrow(plan()) as program:
            taken.append(program)
            both.wait(timeout=60)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken[0] is not taken[1]
    assert cache.info().idle == 2


@pytest.mark.core
def test_initial_weights_follow_from_the_seed_and_the_initializers():
    program = program_class()(plan(units=64))
    a, b, c = (program.initial_weights(seed) for seed in (0, 0, 1))
    for p, q in zip(a, b):
        np.testing.assert_array_equal(p, q)
    assert not np.array_equal(a[0], c[0])
    kernel, recurrent, bias, output, output_bias = a
    limit = np.sqrt(6 / (2 + 3 * 64))  # Glorot uniform
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(64), atol=1e-5)  # orthogonal
    assert not bias.any()
    assert not output_bias.any()


def test_a_seed_of_the_users_initializer_is_kept():
    import keras

    network = RecurrentNetwork(
        2,
        (RecurrenceSpec.from_cell("gru", 3, {"kernel_initializer": keras.initializers.GlorotUniform(seed=7)}),),
        1,
        "linear",
    )
    program = program_class()(Plan(network, make_loss("mse", {}), Recipe(keras.optimizers.SGD, {"learning_rate": 0.1})))
    a, b = program.initial_weights(0), program.initial_weights(1)
    np.testing.assert_array_equal(a[0], b[0])
    assert not np.array_equal(a[1], b[1])


def test_other_backends_take_the_portable_road(monkeypatch):
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    assert program_class() is KerasProgram
