"""`Cell`: what all recurrences share: options, weights, dropout, zoneout, configuration."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import repeat
from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.cells.checks import check_integer, check_share
from skrnn.cells.initializers import make_initializer
from skrnn.keras_objects.initializers import DrawnInFloat32
from skrnn.keras_objects.precision import NARROW
from skrnn.keras_objects.private import DropoutRNNCell
from skrnn.keras_objects.recipe import argument_names

States = Sequence[Any]

# Options that a cell takes only where its literature has them.
REGULARIZATIONS = ("recurrent_dropout", "zoneout", "weight_norm")


class Cell(DropoutRNNCell, keras.layers.Layer):
    """One step of a recurrence, for `keras.layers.RNN` and `skrnn.layers.RNN`.

    A subclass names its states, makes its weights in `build` by `add_matrix` and `add_vector`, and divides its step
    in two: `project`, what depends on the input alone and is computed for all steps at once, and `step`, a pure
    function of what `project` gave, the states, and `recurrent_weights`.

    Parameters
    ----------
    units : int
        H, the width of the output.
    dropout : float in [0, 1), default=0
        Dropout rate of the input features; one mask for all steps.
    recurrent_dropout : float in [0, 1), default=0
        Dropout rate of the first state in products with recurrent weights; one mask for all steps [1]_.
    zoneout : float in [0, 1), or one for each state, default=0
        Probability that a unit keeps its state in a step of training; otherwise states are the expectation [2]_.
    weight_norm : bool, default=False
        Learn the length of each column of the matrices apart from its direction [3]_. Columns begin with length 1.
    kernel_initializer, recurrent_initializer, bias_initializer : Keras initializers
        Of input matrices, recurrent matrices and biases.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : Keras regularizers, default=None
        Of the same.
    kernel_constraint, recurrent_constraint, bias_constraint : Keras constraints, default=None
        Of the same.
    seed : int, default=None
        Of dropout and zoneout.
    **kwargs
        ``name`` and ``dtype``, as of `keras.layers.Layer`.

    Attributes
    ----------
    state_names : tuple of str
        The first is the state that recurrent products see.
    state_size : list of int
        Width of each state.
    output_size : int
        Width of the output.

    References
    ----------
    .. [1] Y. Gal, Z. Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural
       networks, NeurIPS.
    .. [2] D. Krueger et al. (2017), Zoneout: regularizing RNNs by randomly preserving hidden activations, ICLR.
    .. [3] T. Salimans, D. P. Kingma (2016), Weight normalization: a simple reparameterization to accelerate training of
       deep neural networks, NeurIPS.
    """

    state_names: ClassVar[tuple[str, ...]] = ("h",)
    # Those of REGULARIZATIONS that the cell takes. Zoneout needs an output that is the first state.
    takes: ClassVar[tuple[str, ...]] = REGULARIZATIONS
    # Of the states those that a decoder may begin with any value in (-1, 1); others count, scale, or keep inputs.
    given_states: ClassVar[tuple[str, ...]] = ("h", "c", "y")
    # The output is the first state, so a step that is left out repeats the output before it.
    output_is_state: ClassVar[bool] = True
    # States that zoneout keeps, the first ones; None is all.
    n_zoned: ClassVar[int | None] = None
    # Keras' cell with the same equations and weights, where there is one.
    keras_class: ClassVar[Any] = None
    # Options that say how weights begin and nothing else: cells that differ in them alone share compiled programs.
    drawn_by: ClassVar[tuple[str, ...]] = ("kernel_initializer", "recurrent_initializer", "bias_initializer")
    # NaN in the input is a value that is missing.
    reads_missing: ClassVar[bool] = False
    # Column of the input that holds time stamps; None where the cell reads none.
    time_feature: int | None = None

    def __init__(
        self,
        units: int,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        zoneout: Any = 0.0,
        weight_norm: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = check_integer("units", units)
        self.dropout = check_share("dropout", dropout)
        self.recurrent_dropout = check_share("recurrent_dropout", recurrent_dropout)
        self.zoneout = self._check_zoneout(zoneout)
        self.weight_norm = bool(weight_norm)
        for option in REGULARIZATIONS:
            value = getattr(self, option)
            if option not in self.takes and (any(value) if isinstance(value, tuple) else value):
                raise ValueError(f"{type(self).__name__} takes no {option}. Leave it at its default.")
        self.kernel_initializer = make_initializer(kernel_initializer)
        self.recurrent_initializer = make_initializer(recurrent_initializer)
        self.bias_initializer = make_initializer(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed=seed)

    # -- what a recurrence says -----------------------------------------------------------------------------------

    def project(self, x: Any) -> Any:
        """What of a step depends on the input alone: (..., D) -> (..., P), for one step or for all.

        Unless a recurrence says otherwise ``x W + b``, of the weights ``kernel`` and ``bias``.
        """
        return ops.matmul(x, self.matrix("kernel")) + self.vector("bias")

    def recurrent_weights(self) -> list[Any]:
        """Tensors that `step` uses, computed once for all steps."""
        return []

    @abstractmethod
    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step; a pure function, which reads no variable.

        Parameters
        ----------
        z : tensor (B, P)
            Of `project`.
        h_dropped : tensor (B, states[0].shape[1])
            The first state after recurrent dropout, for products with recurrent weights.
        states : list of tensors
            Before the step.
        weights : list of tensors
            Of `recurrent_weights`.

        Returns
        -------
        output : tensor (B, output_size)
        states : list of tensors
            After the step.
        """

    @property
    def state_size(self) -> list[int]:
        """Width of each state; H unless a recurrence says otherwise."""
        return [self.units] * len(self.state_names)

    @property
    def output_size(self) -> int:
        """Width of the output."""
        return self.units

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """States before the first step: zeros."""
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in self.state_size]

    # -- weights --------------------------------------------------------------------------------------------------

    def add_matrix(
        self,
        name: str,
        shape: tuple[int, int],
        initializer: Any = None,
        recurrent: bool = False,
        trainable: bool = True,
    ) -> None:
        """Make the attribute `name`, a matrix; `matrix` gives its value.

        Parameters
        ----------
        name : str
            Name of the attribute.
        shape : (int, int)
            Inputs, outputs.
        initializer : Keras initializer, optional
            None is that of input, or of recurrent matrices.
        recurrent : bool, default=False
            Which of the initializers, regularizers and constraints are its own.
        trainable : bool, default=True
            Whether training moves it.
        """
        kind = "recurrent" if recurrent else "kernel"
        setattr(self, name, self._weight(name, shape, kind, initializer, trainable=trainable))
        if self.weight_norm:
            setattr(self, f"{name}_gain", self.add_weight(shape=shape[1:], name=f"{name}_gain", initializer="ones"))

    def add_vector(
        self,
        name: str,
        size: Any,
        initializer: Any = None,
        recurrent: bool = False,
        constraint: Any = None,
        trainable: bool = True,
    ) -> None:
        """Make the attribute `name`, a vector of a size, or a shape; `vector` gives its value.

        Without an `initializer` and a `constraint` those of biases are its own, or those of recurrent matrices.
        """
        shape = size if isinstance(size, tuple) else (size,)
        kind = "recurrent" if recurrent else "bias"
        setattr(self, name, self._weight(name, shape, kind, initializer, constraint, trainable))

    def _weight(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: str,
        initializer: Any,
        constraint: Any = None,
        trainable: bool = True,
    ) -> Any:
        initializer = keras.initializers.get(
            getattr(self, f"{kind}_initializer") if initializer is None else initializer
        )
        if self.variable_dtype in NARROW:
            initializer = DrawnInFloat32(initializer)
        return self.add_weight(
            shape=shape,
            name=name,
            initializer=initializer,
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=constraint or getattr(self, f"{kind}_constraint"),
            trainable=trainable,
        )

    def matrix(self, name: str) -> Any:
        """Value of a matrix in the compute dtype, its columns normalized with `weight_norm`."""
        value = self.vector(name)
        if not self.weight_norm:
            return value
        length = ops.sqrt(ops.sum(ops.square(value), axis=0) + keras.config.epsilon() ** 2)
        return value * (self.vector(f"{name}_gain") / length)

    def vector(self, name: str) -> Any:
        """Value of a weight in the compute dtype, which a layer around a cell does not cast it to."""
        return ops.cast(ops.convert_to_tensor(getattr(self, name)), self.compute_dtype)

    # -- one step as Keras takes it -------------------------------------------------------------------------------

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Take a step.

        Parameters
        ----------
        inputs : tensor (B, D)
        states : list of tensors (B, size)
        training : bool, default=False
            Use dropout, and draw who is zoned out.

        Returns
        -------
        output : tensor (B, output_size)
        states : list of tensors
        """
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        x = inputs * self.get_dropout_mask(inputs) if training and self.dropout else inputs
        dropout_mask = self.get_recurrent_dropout_mask(states[0]) if training and self.recurrent_dropout else None
        noise = None
        if training and self.zones_out:
            if keras.backend.backend() == "jax":
                raise ValueError(
                    "zoneout on JAX must be drawn before the loop: use skrnn.layers.RNN. Got a single step."
                )
            noise = self.zoneout_noise(states)
        return self.regularized_step(self.project(x), states, self.recurrent_weights(), dropout_mask, noise)

    def zoneout_noise(self, states: States, n_steps: tuple[Any, ...] = ()) -> list[Any]:
        """Numbers in [0, 1) for each state (B, size) that zoneout keeps, (B, size), or (T, B, size) for T steps."""
        shapes = [(*n_steps, *ops.shape(s)) for s in states[: len(self._zoned_names)]]
        return [keras.random.uniform(shape, dtype=self.compute_dtype, seed=self.seed_generator) for shape in shapes]

    @property
    def zones_out(self) -> bool:
        """Whether there is any zoneout."""
        return any(self.zoneout_rates())

    def zoneout_rates(self) -> tuple[float, ...]:
        """One for each state that it may keep."""
        return self.zoneout if isinstance(self.zoneout, tuple) else (self.zoneout,) * len(self._zoned_names)

    @property
    def _zoned_names(self) -> tuple[str, ...]:
        return self.state_names[: self.n_zoned]

    def regularized_step(
        self, z: Any, states: States, weights: Sequence[Any], dropout_mask: Any = None, noise: States | None = None
    ) -> tuple[Any, list[Any]]:
        """`step` with recurrent dropout and zoneout.

        Parameters
        ----------
        z, states, weights : as of `step`
        dropout_mask : tensor (B, states[0].shape[1]), optional
            Mask of recurrent dropout, a factor of the first state.
        noise : list of tensors, optional
            For each state uniform numbers in [0, 1); units below the rate are zoned out. None is the expectation.
        """
        h_dropped = states[0] if dropout_mask is None else states[0] * dropout_mask
        output, after = self.step(z, h_dropped, states, weights)
        if not self.zones_out:
            return output, after
        after = [
            *map(zoned_out, self.zoneout_rates(), states, after, noise or repeat(None)),
            *after[len(self._zoned_names) :],
        ]
        return after[0], after

    # -- configuration --------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor, each an attribute of the same name."""
        config = super().get_config()
        for name in sorted((argument_names(type(self)) or set()) - {"activity_regularizer", "autocast"}):
            if name not in config and hasattr(self, name):
                config[name] = _serialized(getattr(self, name))
        return config

    def as_keras(self) -> keras.layers.Layer | None:
        """Keras' own cell with the same equations and weights, or None where there is none."""
        if self.keras_class is None or self.zones_out or self.weight_norm:
            return None
        known = argument_names(self.keras_class) or set()
        return self.keras_class.from_config({k: v for k, v in self.get_config().items() if k in known})

    def _check_zoneout(self, zoneout: Any) -> Any:
        if not isinstance(zoneout, (list, tuple)):
            return check_share("zoneout", zoneout)
        if len(zoneout) != len(self._zoned_names):
            states = ", ".join(self._zoned_names)
            raise ValueError(f"zoneout must be one number, or one for each state ({states}). Got {zoneout!r}.")
        return tuple(check_share("zoneout", rate) for rate in zoneout)


def zoned_out(rate: float, old: Any, new: Any, noise: Any = None) -> Any:
    """A state after zoneout: old where noise is below rate, else new; without noise the expectation."""
    if noise is None:
        return rate * old + (1.0 - rate) * new
    return ops.where(noise < rate, old, new)


def _serialized(value: Any) -> Any:
    if isinstance(value, keras.initializers.Initializer):
        return keras.initializers.serialize(value)
    if isinstance(value, keras.regularizers.Regularizer):
        return keras.regularizers.serialize(value)
    if isinstance(value, keras.constraints.Constraint):
        return keras.constraints.serialize(value)
    if callable(value):
        return keras.activations.serialize(value)
    return list(value) if isinstance(value, tuple) else value
