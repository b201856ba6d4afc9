"""From what a user calls a cell to a recurrent layer over a sequence."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any

import keras

from skrnn.cells import CELLS, Cell
from skrnn.cells.elapsed_time import TimedCell
from skrnn.keras_objects.memo import remembered
from skrnn.keras_objects.recipe import Recipe, argument_names
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.layers.loops import loop_class
from skrnn.layers.rnn import FUSED, RNN
from skrnn.sequences.messages import nearest, shown

DEFAULT_UNITS = 32


@dataclass(frozen=True)
class RecurrenceSpec:
    """One recurrent layer as data.

    Attributes
    ----------
    recipe : Recipe
        The cell, or the layer, to build.
    kind : {"cell", "rnn", "layer"}
        A cell runs inside `keras.layers.RNN`; "rnn" is a layer with ``return_sequences``; any other layer maps
        (B, T, D) to (B, T, H).
    """

    recipe: Recipe
    kind: str

    @classmethod
    def from_cell(
        cls,
        cell: Any,
        units: int | None,
        options: dict[str, Any] | None = None,
        recurrent_dropout: float = 0.0,
    ) -> RecurrenceSpec:
        """Read a name, class or instance.

        Parameters
        ----------
        cell : str, class or instance
            A key of `CELLS`, or a Keras cell or layer of the user's own.
        units : int or None
            H; None is `DEFAULT_UNITS`, or an instance's own.
        options : dict, optional
            Further arguments of the class, ``cell__*`` of the estimators.
        recurrent_dropout : float, default=0
            Handed to cells that know it.

        Raises
        ------
        ValueError
            For an unknown name, or a cell without the option asked for.
        TypeError
            For anything that is no cell or layer, or an unknown option.
        """
        options = dict(options or {})
        if recurrent_dropout:
            options["recurrent_dropout"] = recurrent_dropout
        if isinstance(cell, str):
            if cell not in CELLS:
                raise ValueError(f"cell must be one of {', '.join(sorted(CELLS))}. Got {cell!r}{nearest(cell, CELLS)}.")
            cell = CELLS[cell]
        if inspect.isclass(cell) and issubclass(cell, keras.layers.Layer):
            return _construct(cell, units, options)
        if isinstance(cell, keras.layers.Bidirectional):
            raise ValueError("cell must be one direction; set bidirectional=True for both. Got a Bidirectional layer.")
        elif isinstance(cell, keras.layers.Layer) and not isinstance(cell, keras.Model):
            instance = _reconfigure(cell, units, options)
        else:
            raise TypeError(
                f"cell must be a name in CELLS, or a Keras cell or layer, class or instance. Got {shown(cell, 80)}."
            )
        return _as_spec(instance)

    def make(
        self,
        return_sequences: bool,
        bidirectional: bool,
        *,
        fused: bool = True,
        jit_compile: bool = False,
        return_state: bool = False,
    ) -> keras.layers.Layer:
        """Build the layer.

        Parameters
        ----------
        return_sequences : bool
            All steps, (B, T, H), or the last real one, (B, H).
        bidirectional : bool
            Run in both directions and join the features, 2 H of them.
        fused : bool, default=True
            Take skrnn's own loop for the recurrences in `FUSED`, with the same weights and results.
        jit_compile : bool, default=False
            Compile that loop with XLA.
        return_state : bool, default=False
            Also give the states after the last step.
        """
        if self.kind == "layer":
            if bidirectional:
                raise ValueError(f"{self.recipe.cls.__name__} has no direction. Set bidirectional=False.")
            return self.recipe.make()
        if fused and self.is_fused:
            layer = self._fused(return_sequences, jit_compile, return_state)
        elif self.kind == "cell":
            ours = _is_ours(self.recipe.cls)
            options = {"right_padded": True, "jit_compile": jit_compile} if fused and ours else {}
            rnn = RNN if ours else keras.layers.RNN
            layer = rnn(self.recipe.make(), return_sequences=return_sequences, return_state=return_state, **options)
        else:
            layer = self.recipe.make(return_sequences=return_sequences, return_state=return_state)
        if bidirectional:
            with self.recipe.scope():  # it copies the layer by name
                layer = keras.layers.Bidirectional(layer)
        return layer

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal ones build equal layers."""
        return (self.kind, self.recipe.fingerprint)

    @property
    def graph_fingerprint(self) -> Any:
        """The same without what only says how weights begin: equal ones give equal graphs."""
        drawn = drawn_options(self.recipe.cls, self.recipe.config)
        config = {k: v for k, v in self.recipe.config.items() if k not in drawn}
        return (self.kind, replace(self.recipe, config=config).fingerprint)

    @property
    def is_fused(self) -> bool:
        """Whether skrnn has its own loop for this recurrence."""
        return self.recipe.cls in FUSED

    @property
    def loop(self) -> str | None:
        """Name of the loop of skrnn's that XLA may compile: one of its own, or "cell", that of all its cells."""
        cls = self.recipe.cls
        if self.is_fused:
            loop = loop_class(FUSED[cls].cell_class)
        else:
            loop = loop_class(cls) if _is_ours(cls) else None
        return None if loop is None else loop.name

    def _fused(self, return_sequences: bool, jit_compile: bool, return_state: bool) -> keras.layers.Layer:
        options = {"return_sequences": return_sequences, "return_state": return_state, "jit_compile": jit_compile}
        options["right_padded"] = True  # as all batches of the engine are
        return replace(self.recipe, cls=FUSED[self.recipe.cls]).make(**options)


def _is_ours(cls: Any) -> bool:
    return inspect.isclass(cls) and issubclass(cls, Cell)


def drawn_options(cls: type, config: dict[str, Any]) -> set[str]:
    """Options of a class of Keras or skrnn that say how its weights begin, and nothing else."""
    owner = cls.__module__.split(".")[0]
    if owner == "skrnn" and issubclass(cls, Cell):
        return set(cls.drawn_by)
    return {name for name in config if name.endswith("_initializer")} if owner == "keras" else set()


def cell_class(cell: Any) -> type | None:
    """Class of what a user calls a cell; of a `keras.layers.RNN` that of its cell; None for an unknown name."""
    if isinstance(cell, str):
        return CELLS.get(cell)
    cell = cell.cell if isinstance(cell, keras.layers.RNN) else cell
    return cell if inspect.isclass(cell) else type(cell)


def reads_missing(cell: Any) -> bool:
    """Whether NaN is a missing value to what a user calls a cell.

    `Cell` declares it; a user's own Keras layer says so, if at all, by an attribute of its own.
    """
    return bool(getattr(cell_class(cell), "reads_missing", False))


def time_feature_of(cell: Any) -> Any:
    """What an instance has for ``time_feature``, or None; declared by `Cell`, and any attribute of a user's layer."""
    return getattr(cell.cell if isinstance(cell, keras.layers.RNN) else cell, "time_feature", None)


def knows_time(cell: Any) -> bool:
    """Whether what a user calls a cell has time stamps in a column of its input, if it is told so."""
    cls = cell_class(cell)
    return cls is not None and issubclass(cls, TimedCell)


def _construct(cls: type, units: int | None, options: dict[str, Any]) -> RecurrenceSpec:
    names = argument_names(cls)
    check_options(cls.__name__, names, options)
    takes_units = names is None or "units" in names
    if takes_units:
        options = {"units": DEFAULT_UNITS if units is None else units, **options}
    elif units is not None:
        raise ValueError(f"{cls.__name__} takes no units. Leave units=None.")
    return remembered(_built_spec, cls, options)


def _built_spec(cls: type, options: dict[str, Any]) -> RecurrenceSpec:
    with keras_seeds():
        return _as_spec(cls(**options))


def _as_spec(layer: keras.layers.Layer) -> RecurrenceSpec:
    layer = (layer.as_keras() if isinstance(layer, Cell) else None) or layer
    recipe = Recipe.of(layer)
    config = {k: v for k, v in recipe.config.items() if k != "name"}
    return RecurrenceSpec(replace(recipe, config=config), _kind(layer))


def _reconfigure(cell: keras.layers.Layer, units: int | None, options: dict[str, Any]) -> keras.layers.Layer:
    recipe = Recipe.of(cell)
    check_options(type(cell).__name__, argument_names(type(cell)), options)
    if units is not None:
        if "units" not in recipe.config:
            raise ValueError(f"{type(cell).__name__} takes no units. Leave units=None for this instance.")
        options = {"units": units, **options}
    return recipe.make(**options)


def check_options(owner: str, known: set[str] | None, options: dict[str, Any], prefix: str = "cell") -> None:
    """Raise a TypeError for an option that the constructor does not know, naming the nearest."""
    for name in options:
        if known is not None and name.split("__")[0] not in known:
            if name == "recurrent_dropout":
                raise ValueError(f"{owner} takes no recurrent_dropout. Leave recurrent_dropout=0.")
            raise TypeError(f"{owner} has no option {name!r}, given as {prefix}__{name}{nearest(name, known)}.")


def _kind(layer: keras.layers.Layer) -> str:
    # Keras has no base class of cells, nor of layers over time: their attributes are what its `RNN` reads, too.
    if hasattr(layer, "return_sequences"):
        return "rnn"
    return "cell" if hasattr(layer, "state_size") else "layer"
