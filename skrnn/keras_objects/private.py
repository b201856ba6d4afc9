"""The only file that uses private names of Keras, TensorFlow and JAX, each for want of a public one.

It loads no backend that Keras does not load. A name that changes there is changed here.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import keras
from keras.src.backend.common import global_state

# The base of Keras' own cells. `keras.layers.RNN` resets the dropout masks only of cells that derive from it.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

__all__ = [
    "DropoutRNNCell",
    "adam_moments",
    "all_layers",
    "called_as_operation",
    "drawing_postponed",
    "forget_custom_gradients",
    "initializer_of",
    "is_backend_initialized",
    "logits_of",
    "release_kernels",
    "seed_states",
    "set_initializer",
    "set_logits",
    "set_missing_seeds",
]

_WAITING = "uninitialized_variables"


# -- layers and models ------------------------------------------------------------------------------------------------


def all_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """A layer and all layers inside it. The public ``model.layers`` has one level, and other layers have none."""
    return list(layer._flatten_layers())


def seed_states(model: keras.Model) -> list[keras.Variable]:
    """States of the random generators in a model, which Keras marks by the end of their names only."""
    return [v for v in model.variables if v.path.endswith("seed_generator_state")]


def set_missing_seeds(model: keras.Model, seed: int) -> None:
    """Give layers without a seed one, after they were built, when no public attribute takes it.

    With PyTorch, dropout of a layer without a seed draws from the global generator, whatever its state was set to.
    """
    for layer in all_layers(model):
        for generator in layer._seed_generators:
            if generator._initial_seed is None:
                generator._initial_seed = seed


# -- initial weights --------------------------------------------------------------------------------------------------


def initializer_of(variable: keras.Variable) -> Any:
    """Initializer of a variable that is not drawn yet. Keras has no public name for it, and forgets it afterwards."""
    return variable._initializer


def set_initializer(variable: keras.Variable, initializer: Any) -> None:
    """Replace the initializer of a variable that is not drawn yet. In public it can only be given to a constructor."""
    variable._initializer = initializer


@contextmanager
def drawing_postponed() -> Iterator[None]:
    """Open a stateless scope, at the end of which Keras draws the weights that were made inside.

    Where that fails, Keras would try again at the end of each later scope: its list of waiting variables, which is
    not public, is put back.
    """
    waiting = list(global_state.get_global_attribute(_WAITING, []))
    try:
        with keras.StatelessScope():
            try:
                yield
            except BaseException:  # the end of the scope would draw them all the same
                global_state.set_global_attribute(_WAITING, list(waiting))
                raise
    except BaseException:
        global_state.set_global_attribute(_WAITING, waiting)
        raise


# -- outputs ----------------------------------------------------------------------------------------------------------


def logits_of(output: Any) -> Any:
    """Logits of an output of a softmax or sigmoid, or None.

    Keras' cross-entropies take them from this attribute of a tensor; there is no public one, and a new tensor of the
    same values loses it.
    """
    return getattr(output, "_keras_logits", None)


def set_logits(output: Any, logits: Any) -> None:
    """Note the logits of an output for Keras' cross-entropies, where its type has attributes; None is not noted."""
    if logits is not None:
        with suppress(AttributeError):
            output._keras_logits = logits


# -- optimizers and graphs --------------------------------------------------------------------------------------------


def adam_moments(optimizer: Any, variable: Any) -> tuple[keras.Variable, keras.Variable]:
    """First and second moment of Adam for a variable; the public ``optimizer.variables`` names no owner."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def called_as_operation(traced: Any) -> Callable[..., Any]:
    """Call a traced TensorFlow function of tensors to a list of tensors as an operation, on a CPU.

    A function's own call, the only public way, takes some 0.1 ms more for devices and gradients.
    """
    import tensorflow as tf

    captured, types = traced.captured_inputs, [output.dtype for output in traced.outputs]
    return lambda *tensors: tf.raw_ops.StatefulPartitionedCall(args=[*tensors, *captured], Tout=types, f=traced)


def forget_custom_gradients(graph: Any) -> None:
    """Let go of the gradients that the trace of a TensorFlow function has registered, which holds its graph for good.

    Every use of `tf.custom_gradient` in a graph adds a function to TensorFlow's registry, which has no way to take one
    out; through its results it holds the graph, some 10 MB of a program. A gradient of the traced function itself
    cannot be made afterwards.

    Parameters
    ----------
    graph : tf.Graph
        Of the traced function. Gradients that others register meanwhile stay.
    """
    from tensorflow.python.framework import ops

    registry = ops.gradient_registry._registry
    for name in [name for name in list(registry) if name.startswith("CustomGradient-")]:
        if _outermost_graph(registry.get(name)) is graph:
            registry.pop(name, None)


def release_kernels() -> None:
    """Let TensorFlow forget how it runs functions that are gone, which keeps some 5 MB of a program, and others.

    Those that live are prepared again at their next call.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


def _outermost_graph(entry: Any) -> Any:
    """Graph in which a custom gradient was registered; None where a later version of TensorFlow keeps it elsewhere."""
    try:
        inner = inspect.getclosurevars(entry["type"]).nonlocals["tape_grad_fn"]
        result = inspect.getclosurevars(inner).nonlocals["result"]
        graph = keras.tree.flatten(result)[0].graph
        while getattr(graph, "outer_graph", None) is not None and hasattr(graph.outer_graph, "outer_graph"):
            graph = graph.outer_graph
        return graph
    except (AttributeError, IndexError, KeyError, TypeError):
        return None


def is_backend_initialized() -> bool:
    """Whether TensorFlow or JAX has started its threads, which neither says in public.

    A name that a later version lacks counts as not initialized.
    """
    context: Any = sys.modules.get("tensorflow.python.eager.context")
    bridge: Any = sys.modules.get("jax._src.xla_bridge")
    tensorflow = getattr(getattr(context, "_context", None), "_initialized", False)
    return bool(tensorflow or getattr(bridge, "_backends", False))
