"""`SequenceEstimator`: what all estimators share, from parameters to fit and predict."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from functools import partial
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skrnn.estimators import parameters
from skrnn.estimators.callback_context import CallbackContext, CallbackSupportMixin, with_callbacks
from skrnn.estimators.likely_mistakes import warn_of_mistakes
from skrnn.estimators.planning import Seeds, make_plan, reads_gaps, time_column
from skrnn.estimators.pretraining import GATE, language_model_of, reader_of
from skrnn.estimators.readout import ReadoutTrainer, check_readout, make_readout
from skrnn.estimators.splitting import split_validation, validation_scorer
from skrnn.estimators.wrapper import Wrapper
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.preprocessing import Reader, default_reader
from skrnn.sequences.check import check_time_stamps
from skrnn.sequences.examples import Examples
from skrnn.sequences.sklearn_private import copy_settings, validate_params
from skrnn.sequences.vocabulary import text_rows
from skrnn.sequences.weights import drop_weightless
from skrnn.targets import Target
from skrnn.training import Outcome, Plan, Trainer, predict
from skrnn.training.processes import check_process
from skrnn.training.program import build_model
from skrnn.training.schedules import EpochValue

# Parameters that are fitted language models, and stay so in a clone; their parameters are not those of the estimator.
FITTED = ("pretrained", "language_model")

NAN_HINT = 'cell="grud" reads missing values; PerStep(SimpleImputer()) fills them in.'


class SequenceEstimator(CallbackSupportMixin, Wrapper):
    """Base of the estimators. Use `RNNClassifier` or `RNNRegressor`."""

    _parameter_constraints: dict[str, Any] = parameters.CONSTRAINTS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # scikit-learn reads names of parameters here; `**routed` is none.
        cls.__signature__ = inspect.Signature(parameters.own_parameters(cls))

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
        params = BaseEstimator.get_params(self, deep=deep)
        return {k: v for k, v in params.items() if k.partition("__")[0] not in FITTED or "__" not in k} | routed

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
        fitted = {k: params[k] for k in FITTED if k in params}
        apart = {**keras_objects, **fitted}
        plain = type(self)(**{k: v for k, v in params.items() if k not in apart})
        cloned = BaseEstimator.__sklearn_clone__(plain)
        copy_settings(self, cloned)
        vars(cloned).update(fitted)
        return cloned.set_params(**{k: parameters.from_data(v) for k, v in keras_objects.items()})

    def __getstate__(self) -> dict[str, Any]:
        return {k: parameters.as_data(v) for k, v in BaseEstimator.__getstate__(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        BaseEstimator.__setstate__(self, {k: parameters.from_data(v) for k, v in state.items()})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
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
        seeds = Seeds.of(self.random_state, self.n_iter_ if resume else 0)
        reader, examples = self._read(X, resume)
        target = self._target if resume else self._new_target(y, reader)
        reader.check_axis(target.axis)
        examples = target.encode(y, examples, sample_weight, fit=not resume, classes=classes)
        if groups is not None:
            check_consistent_length(examples, groups)
        examples = target.weigh(examples, self.get_params(deep=False).get("class_weight"))
        check_process()
        with keras_seeds(seeds.build):
            plan, start = make_plan(self, reader, target, examples, seeds.build, resume)
        fitted = self._fitted(reader, target, plan)
        if not resume:
            both_ways = bool(vars(self).get("bidirectional", False))
            warn_of_mistakes(X, y, reader, examples, target, both_ways, fitted["_time_column"])
        training, validation, held_out = self._hold_out(examples, target, groups, seeds.split)
        done = self.n_iter_ if resume else 0
        trainer = self._trainer(epochs, seeds.train, target, validation is not None, done)
        if reader.augments:
            if not isinstance(trainer, Trainer):
                raise ValueError("readout sees each sequence once. Set augmentation=None in the reader to use it.")
            trainer.augment = reader.augmented
        as_fitted = partial(self._as_fitted, fitted)
        if held_out is not None and vars(self).get("scoring", "loss") != "loss":
            trainer.scorer = validation_scorer(self, as_fitted, X, y, held_out)
        context = CallbackContext.begin(self, X, y, sample_weight, self._epochs(epochs), as_fitted)
        trainer.observer = context
        outcome = Outcome(history={k: list(v) for k, v in self.history_.items()} if resume else {})
        try:
            trainer.run(plan, training, validation, start, outcome)
        except KeyboardInterrupt:
            if (self.warm_start or resume) and outcome.weights is not None:
                self._commit(fitted, outcome)
            raise
        self._commit(fitted, outcome)
        if context is not None:
            context.end()
        return self

    def _fit_an_epoch(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """What `partial_fit` does."""
        params = self.get_params(deep=False)
        if params.get("readout") is not None:
            raise ValueError("readout is fitted in one pass. Set readout=None to use partial_fit.")
        if params.get("class_weight") == "balanced":
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

    # -- hooks of subclasses: forms of X by default, and forms of y -----------------------------------------------

    def _new_reader(self, X: Any) -> Reader:
        """An unfitted reader for X: a clone of `reader`, or the one for the form of X."""
        return default_reader(X) if self.reader is None else clone(self.reader)

    @abstractmethod
    def _new_target(self, y: Any, reader: Reader) -> Target:
        """An unfitted target for y, which says what is learned."""

    def _head_options(self, params: dict[str, Any]) -> dict[str, Any]:
        """Options of the head beside those of a loss."""
        return {}

    def _carried_rows(self, examples: Examples) -> int | None:
        """Rows of a training batch, of an estimator that carries states from batch to batch."""
        return None

    def _own_callbacks(self, epochs: int, done: int) -> list[keras.callbacks.Callback]:
        """Callbacks of Keras that the estimator itself needs, for so many epochs after those that are done."""
        frozen = vars(self).get("frozen_epochs", 0)
        if not frozen:
            return []
        return [EpochValue(GATE, "open", lambda epoch: float(epoch + done >= frozen))]

    def _new_tokenizer(self, X: Any) -> Any:
        """A tokenizer fitted to X, of an estimator that takes strings, where X holds some; None otherwise."""
        return None

    # Whether a read-out is a classifier.
    _learns_classes = False

    # -- parts of a fit -------------------------------------------------------------------------------------------

    def _read(self, X: Any, resume: bool) -> tuple[Reader, Examples]:
        if resume:
            return self.reader_, self._read_as_fitted(X)
        language_model = language_model_of(vars(self))
        if language_model is not None:
            reader = reader_of(language_model)
            return reader, reader.read(reader.tokens(X))
        tokenizer = self._new_tokenizer(X)
        X = X if tokenizer is None else list(tokenizer.transform(text_rows(X, "X")))
        reader = self._new_reader(X).cut_by(tokenizer)
        options = parameters.routed(self.get_params(deep=False), "reader")
        if options:
            reader.set_params(**options)
        reader.serve(type(self).__name__, reads_gaps(self), NAN_HINT)
        examples = reader.fit_read(X)
        self._check_time(examples, time_column(self, self.get_params(), reader))
        return reader, examples

    def _read_as_fitted(self, X: Any) -> Examples:
        examples = self.reader_.read(self.reader_.tokens(X))
        self._check_time(examples, self._time_column)
        return examples

    def _check_time(self, examples: Examples, column: int | None) -> None:
        if column is not None:
            check_time_stamps(examples.sequences("steps"), column)

    def _hold_out(
        self, examples: Examples, target: Target, groups: Any, seed: int
    ) -> tuple[Examples, Examples | None, Any]:
        """Training and validation part, and the rows of X in the second; examples of weight 0 are dropped."""
        examples, kept = drop_weightless(examples, target.axis)
        if not self.early_stopping:
            return examples, None, None
        groups = None if groups is None else np.asarray(groups)[kept]
        rows = split_validation(len(examples), self.validation_fraction, target.strata(examples), groups, seed)
        return examples.take(rows[0]), examples.take(rows[1]), kept[rows[1]]

    def _trainer(self, epochs: int | None, seed: int, target: Target, validates: bool, done: int) -> Any:
        params = self.get_params()
        if params.get("readout") is not None and epochs is None:
            return ReadoutTrainer(make_readout(self, seed), target, seed)
        return Trainer(
            epochs=self._epochs(epochs),
            batch_size=self.batch_size,
            seed=seed,
            callbacks=[
                *self._own_callbacks(self._epochs(epochs), done),
                *parameters.make_callbacks(self.callbacks, parameters.routed(params, "callbacks")),
            ],
            patience=self.n_iter_no_change if validates else None,
            verbose=int(self.verbose),
            average_epochs=params.get("average_epochs", 1),
        )

    def _epochs(self, epochs: int | None) -> int:
        """Epochs of a fit; a read-out has one."""
        if epochs is not None:
            return epochs
        return 1 if self.get_params(deep=False).get("readout") is not None else self.epochs

    def _fitted(self, reader: Reader, target: Target, plan: Plan) -> dict[str, Any]:
        """Attributes of the fit that are known before training."""
        fitted = {"reader_": reader, "_target": target, "_plan": plan, "n_features_in_": reader.n_features_in_}
        if reader.column_names is not None:
            fitted["feature_names_in_"] = np.asarray(reader.column_names, dtype=object)
        return {**fitted, "_time_column": time_column(self, self.get_params(), reader), **target.attributes}

    # -- predicting ---------------------------------------------------------------------------------------------

    def _decoded(self, X: Any, how: Any = "best") -> Examples:
        """What the head makes of X."""
        check_is_fitted(self)
        return predict(self._plan, self.weights_, self._read_as_fitted(X), how)

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


def _with_outcome(fitted: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    return {
        **fitted,
        "weights_": outcome.weights,
        "_optimizer_state": outcome.optimizer_state,
        "history_": outcome.history,
        "n_iter_": len(outcome.history.get("loss", [])),
        **({} if outcome.readout is None else {"readout_": outcome.readout}),
    }
