"""Every recurrence once more, step by step in plain NumPy float64 from the equations of its paper.

A twin is a function ``twin(w, x, seen, states, cell) -> output, states`` of one step: weights by name, input (B, D),
first state as recurrent products see it (B, H), states, and the cell for its options. `SETTINGS` lists for each cell
the options, besides the defaults, under which it is tested, and `BAD` options with the sentence that they get.
"""

from twins import classic, continuous, extended, long_memory, parallel, reservoir

MODULES = (classic, continuous, extended, long_memory, parallel, reservoir)

TWINS = {name: twin for module in MODULES for name, twin in module.TWINS.items()}
SETTINGS = {name: settings for module in MODULES for name, settings in module.SETTINGS.items()}
BAD = [case for module in MODULES for case in module.BAD]
