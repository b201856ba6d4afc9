"""`SequenceEstimator`: what all estimators share, from parameters to fit and predict."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skrnn.estimators import parameters
from skrnn.estimators.planning import make_plan, reads_gaps, recurrent_network, time_column
from skrnn.estimators.readout import check_readout, fit_readout, make_readout
from skrnn.estimators.splitting import split_validation
from skrnn.estimators.targets import Head, Target
from skrnn.estimators.tasks import CallbackSupportMixin, FitTask, with_callbacks
from skrnn.estimators.wrapper import Wrapper
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.sequences.check import check_sequences, check_time_stamps, frame_columns, is_list_of_arrays
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import check_feature_names, copy_settings, validate_params
from skrnn.sequences.weights import check_weights
from skrnn.training import Outcome, Trainer, predict
from skrnn.training.plan import Examples
from skrnn.training.processes import check_process
from skrnn.training.program import build_model
from skrnn.training.trainer import seeds_of

NAN_HINT = 'cell="grud" reads missing values; PerStep(SimpleImputer()) fills them in.'


class SequenceEstimator(CallbackSupportMixin, Wrapper):
    """Base of the estimators. Use `RNNClassifier` or `RNNRegressor`."""

    _parameter_constraints: dict[str, Any] = parameters.CONSTRAINTS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # scikit-learn reads names of parameters here; `**routed` is none.
        signature = inspect.signature(cls.__init__)
        names = [p for p in signature.parameters.values() if p.name != "self" and p.kind is not p.VAR_KEYWORD]
        cls.__signature__ = signature.replace(parameters=names)

    def _set_routed(self, routed: dict[str, Any]) -> None:
        parameters.check_routed_names(type(self), routed)
        self.__dict__.update(routed)

    # -- parameters ---------------------------------------------------------------------------------------------

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return parameters.own_names(cls)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, routed ones such as ``optimizer__beta_1`` included.

        Parameters
        ----------
        deep : bool, default=True
            Also the parameters of nested estimators.

        Returns
        -------
        dict
        """
        routed = {k: v for k, v in vars(self).items() if k.partition("__")[0] in parameters.PREFIXES and "__" in k}
        return {**BaseEstimator.get_params(self, deep=deep), **routed}

    def set_params(self, **params: Any) -> Any:
        """Set parameters, routed ones included.

        Raises
        ------
        TypeError
            For an unknown name; nothing is set then.
        """
        parameters.check_routed_names(type(self), params)
        self.__dict__.update(params)
        return self

    __repr__ = BaseEstimator.__repr__

    def __sklearn_clone__(self) -> Any:
        # clone() copies Keras layers through their registered name, which a user's own cell need not have.
        params = self.get_params(deep=False)
        keras_objects = {k: parameters.as_data(v) for k, v in params.items() if parameters.holds_keras_objects(v)}
        plain = type(self)(**{k: v for k, v in params.items() if k not in keras_objects})
        cloned = BaseEstimator.__sklearn_clone__(plain)
        copy_settings(self, cloned)
        return cloned.set_params(**{k: parameters.from_data(v) for k, v in keras_objects.items()})

    def __getstate__(self) -> dict[str, Any]:
        return {k: parameters.as_data(v) for k, v in BaseEstimator.__getstate__(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        BaseEstimator.__setstate__(self, {k: parameters.from_data(v) for k, v in state.items()})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = reads_gaps(self)
        tags.target_tags.required = True
        return tags

    # -- fitting ------------------------------------------------------------------------------------------------

    @with_callbacks
    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any = None,
        *,
        resume: bool = False,
        epochs: int | None = None,
        classes: Any = None,
    ) -> Any:
        resume = resume and self.__sklearn_is_fitted__()
        validate_params(self)
        check_readout(self)
        rng = check_random_state(self.random_state)
        build_seed, split_seed, train_seed = (int(s) for s in rng.randint(np.iinfo(np.int32).max, size=3))
        if resume and self.n_iter_:  # order and dropout of these epochs are not those of the epochs before
            train_seed = int(np.random.SeedSequence([train_seed, self.n_iter_]).generate_state(1)[0])
        sequences = self._check_X(X, resume)
        time = time_column(self, self.get_params(), sequences)
        if time is not None:
            check_time_stamps(sequences, time)
        target = self._check_y(sequences, y, sample_weight, resume, classes)
        if groups is not None:
            check_consistent_length(sequences, groups)
        weights = self._weigh(check_weights(sample_weight, sequences, target.per_step), target)
        check_process()
        with keras_seeds(build_seed):
            plan, head, start = make_plan(self, sequences, target, build_seed, resume)
        examples, kept = _without_zero_weights(Examples(sequences, head.y, weights), target.per_step)
        read = {"_tokens": self.embedding is not None, "_gaps": reads_gaps(self), "_time_column": time}
        fitted = {**_fitted_on(X, sequences), **target.fitted, "_plan": plan, **read}
        if getattr(self, "readout", None) is not None and epochs is None:
            given, _ = _without_zero_weights(Examples(sequences, target.given, weights), target.per_step)
            task = FitTask.begin(self, X, y, sample_weight, 1, partial(self._as_fitted, fitted))
            readout = make_readout(self, train_seed)
            fitted["readout_"], outcome = fit_readout(readout, plan, seeds_of(train_seed)[0], given, target)
            if task is not None:
                task.epoch_begin(lambda: outcome)
                task.epoch_end(lambda: outcome)
            self._commit(fitted, outcome)
            if task is not None:
                task.end()
            return self
        training, validation = self._hold_out(examples, kept, target, groups, split_seed)
        epochs = self.epochs if epochs is None else epochs
        trainer = Trainer(
            epochs=epochs,
            batch_size=self.batch_size,
            seed=train_seed,
            callbacks=parameters.make_callbacks(self.callbacks, parameters.routed(self.get_params(), "callbacks")),
            patience=self.n_iter_no_change if validation is not None else None,
            verbose=int(self.verbose),
        )
        trainer.observer = task = FitTask.begin(self, X, y, sample_weight, epochs, partial(self._as_fitted, fitted))
        outcome = Outcome(history={k: list(v) for k, v in self.history_.items()} if resume else {})
        try:
            trainer.run(plan, training, validation, start, outcome)
        except KeyboardInterrupt:
            if (self.warm_start or resume) and outcome.weights is not None:
                self._commit(fitted, outcome)
            raise
        self._commit(fitted, outcome)
        if task is not None:
            task.end()
        return self

    def _fit_an_epoch(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """What `partial_fit` does."""
        if getattr(self, "readout", None) is not None:
            raise ValueError("readout is fitted in one pass. Set readout=None to use partial_fit.")
        if getattr(self, "class_weight", None) == "balanced":
            raise ValueError("class_weight='balanced' needs all of y. Give a dict to use it with partial_fit.")
        if self.early_stopping:
            raise ValueError("early_stopping needs many epochs. Set early_stopping=False to use partial_fit.")
        return self._fit(X, y, sample_weight, resume=True, epochs=1, classes=classes)

    def _commit(self, fitted: dict[str, Any], outcome: Outcome) -> None:
        """Become fitted, all at once."""
        for name in self._fitted_names():
            delattr(self, name)
        self.__dict__.update(_with_outcome(fitted, outcome))

    def _as_fitted(self, fitted: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
        """Attributes that make a copy of self, which may be fitted to other data, as after this outcome."""
        return {**dict.fromkeys(self._fitted_names()), **_with_outcome(fitted, outcome)}

    def _fitted_names(self) -> list[str]:
        return [k for k in vars(self) if k.endswith("_") and not k.startswith("__")]

    def _check_X(self, X: Any, resume: bool) -> Sequences:
        tokens = self.embedding is not None
        if tokens:
            parameters.embedding_shape(self.embedding, 0)
        n_features = self.n_features_in_ if resume else None
        gaps: Any = {"allow_nan": reads_gaps(self), "nan_hint": "" if tokens else NAN_HINT}
        sequences = check_sequences(X, tokens=tokens, n_features=n_features, owner=type(self).__name__, **gaps)
        if resume:
            self._check_seen(X, sequences)
        return sequences

    def _check_seen(self, X: Any, sequences: Sequences) -> None:
        """Check names and tokens against those of the fit."""
        named = X[0] if is_list_of_arrays(X) else X
        if hasattr(named, "columns") or (isinstance(named, np.ndarray) and hasattr(self, "feature_names_in_")):
            check_feature_names(self, named, reset=False)
        network = self._plan.network
        embedding = getattr(network, "embedding", None)
        if embedding is not None and sequences.largest() >= embedding[0]:
            raise ValueError(
                f"X must hold tokens below {embedding[0]}, as in fit. Got {sequences.largest()}; "
                "embedding=(number of tokens, features) makes room for more."
            )

    @abstractmethod
    def _check_y(self, X: Sequences, y: Any, sample_weight: Any, resume: bool, classes: Any) -> Target:
        """Check y, and say what is learned."""

    @abstractmethod
    def _head(self, target: Target, loss: Any, units: int | None) -> Head:
        """Choose the output; units is the width of a model that is there already."""

    @abstractmethod
    def _default_loss(self, target: Target) -> str | None:
        """Name of the loss where none is given; None leaves it to the network."""

    def _weigh(self, weights: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
        return weights

    def _network(self, sequences: Sequences, target: Target, head: Head, params: dict[str, Any], resume: bool) -> Any:
        return recurrent_network(self, sequences, target, head, params, resume)

    def _hold_out(
        self, examples: Examples, kept: NDArray[np.int64], target: Target, groups: Any, seed: int
    ) -> tuple[Examples, Examples | None]:
        if not self.early_stopping:
            return _with_mean_weight_one(examples), None
        if groups is not None:
            groups = np.asarray(groups)[kept]
        classes = None if target.labels is None or target.kind == "multilabel" else target.labels[kept]
        parts = split_validation(len(examples.X), self.validation_fraction, classes, groups, seed)
        training, validation = (examples.take(rows, target.per_step) for rows in parts)
        return _with_mean_weight_one(training), _with_mean_weight_one(validation)

    # -- predicting ---------------------------------------------------------------------------------------------

    def _outputs(self, X: Any) -> tuple[NDArray, Sequences]:
        """Outputs of the network for X, in float64."""
        check_is_fitted(self)
        sequences = self._check_X_as_fitted(X)
        return predict(self._plan, self.weights_, sequences).astype(np.float64), sequences

    def _check_X_as_fitted(self, X: Any) -> Sequences:
        owner = type(self).__name__
        gaps: Any = {"allow_nan": self._gaps, "nan_hint": "" if self._tokens else NAN_HINT}
        sequences = check_sequences(X, n_features=self.n_features_in_, tokens=self._tokens, owner=owner, **gaps)
        self._check_seen(X, sequences)
        if self._time_column is not None:
            check_time_stamps(sequences, self._time_column)
        return sequences

    def __sklearn_is_fitted__(self) -> bool:
        return "weights_" in vars(self)

    @property
    def initialized_(self) -> bool:
        """Whether there are weights."""
        return self.__sklearn_is_fitted__()

    def initialize(self, X: Any, y: Any) -> Any:
        """Build the network for X and y with its first weights, without training.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        self
        """
        return self._fit(X, y, None, epochs=0)

    @property
    def model_(self) -> keras.Model:
        """A plain Keras model with a copy of the weights: ``model_(padded, mask=mask)``."""
        check_is_fitted(self)
        check_process()
        with keras_seeds():
            model, _ = build_model(self._plan.network, fused=False)
        model.set_weights(self.weights_)
        return model


def _fitted_on(X: Any, sequences: Sequences) -> dict[str, Any]:
    names = sequences.feature_names or frame_columns(X)
    fitted: dict[str, Any] = {"n_features_in_": sequences.n_features}
    if names is not None:
        fitted["feature_names_in_"] = np.asarray(names, dtype=object)
    return fitted


def _with_outcome(fitted: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    return {
        **fitted,
        "weights_": outcome.weights,
        "_optimizer_state": outcome.optimizer_state,
        "history_": outcome.history,
        "n_iter_": len(outcome.history.get("loss", [])),
    }


def _without_zero_weights(examples: Examples, per_step: bool) -> tuple[Examples, NDArray[np.int64]]:
    """Drop the sequences that count for nothing, and tell which rows are left."""
    weights = examples.weights
    if per_step:
        weights = np.add.reduceat(weights, examples.X.offsets[:-1])
    kept = np.flatnonzero(weights > 0)
    return (examples if len(kept) == len(examples.X) else examples.take(kept, per_step)), kept


def _with_mean_weight_one(examples: Examples) -> Examples:
    weights = (examples.weights / examples.weights.mean()).astype(np.float32)
    return Examples(examples.X, examples.y, weights)
