"""Plans of small networks, for tests of programs."""

from skrnn.heads import Request, make_head
from skrnn.layers import RecurrenceSpec
from skrnn.networks import Network, RecurrentBody
from skrnn.preprocessing.reader import ArraySpec
from skrnn.sequences.examples import ColumnSpec
from skrnn.targets.numbers import NumberSpec
from skrnn.training import Plan


def small_network(
    target=None, inputs=None, cell="gru", units=4, depth=1, options=None, loss=None, body=None, **settings
):
    """A network of one kind of recurrence; settings are those of `RecurrentBody`."""
    target = NumberSpec(1) if target is None else target
    head = make_head(target, Request(loss))
    if body is None:
        settings = {"pooling": "last", **settings} if head.axis is None else {**settings, "pooling": None}
        body = RecurrentBody(tuple(RecurrenceSpec.from_cell(cell, units, options) for _ in range(depth)), **settings)
    return Network(ArraySpec(3) if inputs is None else inputs, body, head)


def small_plan(optimizer, target=None, metrics=(), network=None, **settings):
    """A plan with the columns that the network and the target have."""
    target = NumberSpec(1) if target is None else target
    network = small_network(target, **settings) if network is None else network
    weight = ColumnSpec("weight", axis=target.axis)
    return Plan(network, (*network.inputs.columns, *target.columns, weight), optimizer, metrics)
