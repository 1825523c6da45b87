# Needs Python 3.10 to 3.13, make and git. Everything is installed into .venv.
#   make demo [AUDIO="talk.wav other.flac"]    the main job on synthesised clips, or on yours; writes demo_output/
#   make test                                  ruff, mypy, pytest
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Another package index that has the CPU build of torch, if yours has only the CUDA one: make venv TORCH_INDEX=URL
TORCH_INDEX ?=
TORCH ?= torch==2.13.0
AUDIO ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help venv demo test lint type bench clean

help:
	@sed -n '2,3s/^#   //p' Makefile

$(VENV)/.core: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "speechkit needs Python 3.10 to 3.13; name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(PIP) install --quiet --no-deps --retries 1 $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt "$(TORCH)"
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

venv: $(VENV)/.dev

demo: $(VENV)/.core
	$(BIN)/python -m speechkit demo $(AUDIO) -o demo_output

lint: $(VENV)/.dev
	$(BIN)/ruff check .

type: $(VENV)/.dev
	$(BIN)/mypy

test: lint type
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

bench: $(VENV)/.core
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis
