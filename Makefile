# make train   create .venv, install the package, train on MNIST, draw the pictures
# make lab     install the lab's server into the same environment, and open the lab
# make test    install what the tests need into the same environment, and run them
# make lint    ruff and mypy --strict
# make sklearn-tests   scikit-learn's own tests of its networks, run on our estimators
# make docs    build the documentation site, build/docs/index.html, and run all code in it
# make bench   install the peers into an environment of their own, and run all on the same work
# make bench-estimator   scikit-learn's MLPClassifier and our estimator, side by side
# make bench-tables    the recipe table and scikit-learn's MLPClassifier on four tables, from CSV
# make read-test  read many drawn pages, and report by condition (DATA=folder pastes MNIST's digits)
# make fuzz    read a million damaged files of every format (an hour; ARGS="--minutes 5" for less)
# make faults  kill, race and starve the package for ten minutes (ARGS="--minutes 1" for less)
# make candidate-detector  draw pages and train the candidate detector (DATA=folder with MNIST)
# make clean   remove the environment and every output

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
# Where figures and picture go; the published ones, in docs, are replaced only by RESULTS=docs.
RESULTS ?= build/benchmark
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: train lab test lint docs sklearn-tests bench bench-estimator bench-tables
.PHONY: read-test candidate-detector fuzz faults clean

train: $(VENV)/.installed
	$(BIN)/python mnist_training.py $(ARGS)

lab: $(VENV)/.installed-lab
	$(BIN)/neuralnet lab $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

sklearn-tests: $(VENV)/.installed-dev
	$(BIN)/python -m tests.interop.sklearn_suite $(ARGS)

# Two notebooks run side by side, so each has one BLAS thread.
docs: $(VENV)/.installed-docs
	OPENBLAS_NUM_THREADS=1 $(BIN)/sphinx-build --fail-on-warning --keep-going --jobs 2 --quiet docs build/docs $(ARGS)

bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks --json $(RESULTS)/benchmark.json --picture $(RESULTS)/benchmark.png $(ARGS)

bench-estimator: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks.estimator --json $(RESULTS)/estimator.json $(ARGS)

bench-tables: $(VENV)/.installed
	$(BIN)/python -m benchmarks.tables --json $(RESULTS)/tables.json $(ARGS)

read-test: $(VENV)/.installed-dev
	$(BIN)/python -m tests.reading.evaluation $(if $(DATA),--data $(DATA)) $(ARGS)

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.robustness.fuzz $(ARGS)

faults: $(VENV)/.installed-dev
	$(BIN)/python -m tests.robustness.faults $(ARGS)

candidate-detector: $(VENV)/.installed-dev
	$(BIN)/python tools/train_candidate_detector.py --data $(DATA) $(ARGS)

clean:
	rm -rf $(VENV) $(BENCH) images models build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp file each, so that a second `make` installs nothing. It is written last: an install
# that fails half-way leaves none, and the next `make` tries again.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "neuralnet needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.installed-lab: $(VENV)/.installed
	$(PIP) install --quiet --editable '.[lab]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	$(PIP) install --quiet --group dev
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	$(PIP) install --quiet --group docs
	@touch $@

$(BENCH)/.installed: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip --disable-pip-version-check install --quiet \
		--editable . --requirement benchmarks/requirements.txt
	@touch $@
