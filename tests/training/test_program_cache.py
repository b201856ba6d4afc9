"""The cache of programs: bounded, lent to one user at a time, counted."""

import gc
import threading
import weakref

import keras
import numpy as np
import pytest
from small_plans import small_plan

from skrnn import RNNClassifier
from skrnn.keras_objects import Recipe
from skrnn.keras_objects.objectives import make_optimizer
from skrnn.training import ProgramCache, program_cache
from skrnn.training.cache import program_class
from skrnn.training.keras_program import KerasProgram


def plan(units=3, rate=0.01, beta_1=0.9):
    return small_plan(make_optimizer("adam", rate, 1.0, {"beta_1": beta_1}), units=units)


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
    assert info.compile_seconds > 0
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


def test_the_limit_may_be_another_for_a_while():
    cache = ProgramCache(limit=3)
    with cache.bounded(1) as same, same.bounded(2):
        for units in (2, 3, 4):
            with cache.borrow(plan(units)):
                pass
        assert (cache.limit, cache.info().idle) == (2, 2)
    assert (cache.limit, cache.info().idle) == (3, 1)
    cache.limit = 0
    assert cache.info().idle == 0


def test_limits_of_two_threads_may_overlap():
    cache = ProgramCache(limit=5)
    first, second = cache.bounded(1), cache.bounded(2)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert cache.limit == 2
    second.__exit__(None, None, None)
    assert cache.limit == 5


@pytest.mark.parametrize("limit", [-1, 1.5, None])
def test_a_limit_is_a_number_of_programs(limit):
    with pytest.raises(ValueError, match="limit must be a whole number"):
        ProgramCache(limit)
    with pytest.raises(ValueError, match="limit must be a whole number"), ProgramCache().bounded(limit):
        pass


@pytest.mark.core
def test_compile_seconds_count_first_calls(toy):
    program_cache.clear()
    RNNClassifier("gru", units=3, epochs=1).fit(*toy)
    (_, program) = next(iter(program_cache._idle.values()))
    after_fit = program_cache.info().compile_seconds
    assert after_fit > 0
    assert "train" not in vars(program)  # only the first call is timed
    RNNClassifier("gru", units=3, epochs=1).fit(*toy)
    assert program_cache.info().compile_seconds == after_fit


@pytest.mark.core
def test_cleared_programs_leave_memory(toy):
    program_cache.clear()
    RNNClassifier("lstm", units=3, epochs=1, early_stopping=True).fit(*toy).predict(toy[0])
    programs = [weakref.ref(program) for _, program in program_cache._idle.values()]
    models = [weakref.ref(program().model) for program in programs]
    assert programs
    program_cache.clear()
    gc.collect()
    assert [r() for r in (*programs, *models)] == [None] * 2 * len(programs)


@pytest.mark.core
def test_a_second_plan_builds_nothing(monkeypatch):
    def built(self, *args, **kwargs):
        raise AssertionError(f"{type(self)} was built")

    first = plan(rate=0.01)
    monkeypatch.setattr(keras.optimizers.Optimizer, "__init__", built)
    monkeypatch.setattr(keras.layers.Layer, "__init__", built)
    second = plan(rate=0.5)
    assert second.key == first.key
    assert (first.learning_rate, second.learning_rate) == (0.01, 0.5)


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
    a, b, c = (program.initial_weights(program.plan.network, seed) for seed in (0, 0, 1))
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
    options = {"kernel_initializer": keras.initializers.GlorotUniform(seed=7)}
    plan = small_plan(Recipe(keras.optimizers.SGD, {"learning_rate": 0.1}), options=options)
    network, program = plan.network, program_class()(plan)
    a, b = (program.initial_weights(network, seed) for seed in (0, 1))
    np.testing.assert_array_equal(a[0], b[0])
    assert not np.array_equal(a[1], b[1])


@pytest.mark.core
def test_networks_that_differ_in_how_weights_begin_share_a_program():
    def plan_with(**options):
        return small_plan(Recipe(keras.optimizers.SGD, {"learning_rate": 0.1}), cell="mgu", options=options)

    cache = ProgramCache()
    plans = [plan_with(), plan_with(kernel_initializer="ones"), plan_with(use_bias=False)]
    assert len({p.network.fingerprint for p in plans}) == 3
    with cache.borrow(plans[0]) as program:
        own = program.initial_weights(plans[0].network, 0)
    with cache.borrow(plans[1]) as again:
        assert again is program
        others = again.initial_weights(plans[1].network, 0)
        assert (others[0] == 1.0).all()
        np.testing.assert_array_equal(others[1], own[1])
        np.testing.assert_array_equal(again.initial_weights(plans[0].network, 0)[0], own[0])
    with cache.borrow(plans[2]) as program:
        assert program is not again


def test_other_backends_take_the_portable_program(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    assert program_class() is KerasProgram
