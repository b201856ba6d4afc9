# make demo: set up a virtual environment, train and search on real data (under two minutes after the set-up)
# make test: set up, run the tests
PYTHON ?= python3
VENV ?= .venv
# Tests run beside each other, a process for each core up to four.
PYTEST = -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: demo test test-slow test-oldest test-jax test-torch lint clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

demo: $(VENV)/ready
	TF_CPP_MIN_LOG_LEVEL=3 $(VENV)/bin/python docs/examples/plot_grid_search.py

test: $(VENV)/ready
	$(VENV)/bin/python $(PYTEST)

test-slow: $(VENV)/ready
	$(VENV)/bin/python $(PYTEST) -m slow

# An environment with the oldest versions that pyproject.toml promises. That of `test` has the newest.
OLDEST = import tomllib; print(*(d.replace('>=', '==') for d in tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies']))

$(VENV)-oldest/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" \
		$$($(VENV)-oldest/bin/python -c "$(OLDEST)")
	touch $@

test-oldest: $(VENV)-oldest/ready
	$(VENV)-oldest/bin/python $(PYTEST) -m core

# Another environment, with JAX below Keras.
$(VENV)-jax/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-jax
	$(VENV)-jax/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev,jax]"
	touch $@

test-jax: $(VENV)-jax/ready
	KERAS_BACKEND=jax $(VENV)-jax/bin/python $(PYTEST) -m core

# A third one, with PyTorch below Keras. One thread: the matrices of the tests are too small for more.
$(VENV)-torch/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-torch
	$(VENV)-torch/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev,torch]"
	touch $@

test-torch: $(VENV)-torch/ready
	KERAS_BACKEND=torch OMP_NUM_THREADS=1 $(VENV)-torch/bin/python $(PYTEST) -m core

lint: $(VENV)/ready
	$(VENV)/bin/ruff check skrnn tests docs
	$(VENV)/bin/ruff format --check skrnn tests docs
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-jax $(VENV)-torch
