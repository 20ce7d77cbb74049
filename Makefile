# Everything a newcomer or a maintainer runs. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
TOOLS := .simcrm/tools
# An editable install holds the checkout's path, so the stamp does too: after a move or a rename it is made anew.
VENV := .venv/.installed-$(shell pwd -P | cksum | cut -d ' ' -f 1)
EMULATOR := $(TOOLS)/emulator/.installed
SAM := $(TOOLS)/sam/.installed
CHECKOV := $(TOOLS)/checkov/.installed
MODEL := $(TOOLS)/model/.installed
LLMOCK := $(TOOLS)/llmock/.installed
# Programs run as modules: the scripts that pip installs name their interpreter by its path, which after a move is the
# old one, and which a shell reads wrongly where it holds a space beside a quote or a dollar sign.
RUN := .venv/bin/python -P -m
SIMCRM := $(RUN) simcrm_cli.main
SAM_COMMAND := SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/python -P -m samcli
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement

.PHONY: architecture openapi realism samples languages help setup demo test test-fast test-model lint audit chaos format build deploy bench bench-ai bench-console bench-generate bench-hubspot bench-lived bench-million bench-scale mutation lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV) $(EMULATOR) $(SAM) ## install everything into .venv and .simcrm/tools

# Says in one line why no environment can be made. Debian's Python comes without ensurepip.
define CHECK
case "$$(pwd -P)" in *:*) echo "SimCRM cannot be installed under a path with a colon: move or rename $$(pwd -P)" >&2; exit 1;; esac; \
command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON): set PYTHON=/path/to/python3.11" >&2; exit 1; }; \
"$(PYTHON)" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "SimCRM needs Python 3.11 or newer: set PYTHON=/path/to/python3.11")' && \
"$(PYTHON)" -c 'import sys; from importlib.util import find_spec; sys.exit(0 if find_spec("ensurepip") else "This Python cannot make environments: install python3-venv")'
endef

$(VENV): requirements/dev.txt pyproject.toml
	@$(CHECK)
	@echo "Installing SimCRM into .venv ..."
	@rm -f .venv/.installed*
	@test -x .venv/bin/python || "$(PYTHON)" -m venv .venv
	@.venv/bin/python $(PIP_INSTALL) requirements/dev.txt
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS)/%/.installed: requirements/%.txt
	@$(CHECK)
	@echo "Installing the $* tools ..."
	@test -x $(TOOLS)/$*/bin/python || "$(PYTHON)" -m venv $(TOOLS)/$*
	@$(TOOLS)/$*/bin/python $(PIP_INSTALL) requirements/$*.txt
	@touch $@

demo: ## fill a local HubSpot with 200 records, nothing else needed
	@$(MAKE) --no-print-directory -j2 setup
	@$(SIMCRM) demo $(DEMO)

# Tests of running stacks wait much and compute little, so three stacks and the other tests, in halves, run side by side.
TEST_JOBS := integration recovery pages answers
pages_FOLDERS := browser e2e
answers_FOLDERS := contract template unit/functions unit/cli unit/writing
test: ## run all tests, or PYTEST="tests/unit/plan" alone
	@$(MAKE) --no-print-directory -j2 setup
ifdef PYTEST
	@$(RUN) pytest $(PYTEST)
else
	@$(MAKE) --no-print-directory -j5 --keep-going --output-sync=target $(addprefix test-,$(TEST_JOBS)) test-others
endif

folders_of = $(addprefix tests/,$(or $($(1)_FOLDERS),$(1)))
$(addprefix test-,$(TEST_JOBS)): test-%: $(VENV) $(EMULATOR) $(SAM)
	@$(RUN) pytest --durations=10 $(call folders_of,$*)

# What a person at work runs after each change: the domain's rules, in one process.
FAST := models synthetic lifecycle planning storage hubspot preview jobs
test-fast: $(VENV) ## run the quick tests of the domain's rules, under a minute
	@$(RUN) pytest -q --durations=3 tests/unit/test_architecture.py $(addprefix tests/unit/,$(FAST))

test-model: $(VENV) $(MODEL) $(LLMOCK) ## let a small model write texts on this machine, and a server fail as providers do (130 MB)
	@$(RUN) pytest -rP --durations=5 tests/model

test-others: $(VENV)
	@$(RUN) pytest --durations=10 tests --ignore=tests/model $(addprefix --ignore=,$(foreach job,$(TEST_JOBS),$(call folders_of,$(job))))

lint: $(VENV) $(SAM) ## format check, ruff, mypy, template lint
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@AWS_DEFAULT_REGION=us-east-1 $(SAM_COMMAND) validate --lint

audit: $(SAM) $(CHECKOV) ## look for insecure settings in the template and in what SAM makes of it
	@AWS_DEFAULT_REGION=us-east-1 $(TOOLS)/sam/bin/python tests/template/translate.py template.yaml > .simcrm/cloudformation.json
	@$(TOOLS)/checkov/bin/python -P -m checkov.main --config-file .checkov.yaml --file template.yaml .simcrm/cloudformation.json

format: $(VENV) ## format and mend what ruff can
	@$(RUN) ruff check --fix --quiet . || true
	@$(RUN) ruff format --quiet .

build: $(VENV) $(SAM) ## build the Lambda artifacts for AWS (arm64, python3.13)
	@$(SAM_COMMAND) build

deploy: $(VENV) $(SAM) ## deploy to AWS with your credentials, or upgrade what is there
	@$(SIMCRM) deploy $(DEPLOY)

bench: bench-generate bench-ai bench-hubspot bench-lived bench-scale bench-million bench-console ## run all benchmarks, results in bench/results

bench-generate: $(VENV) ## rate, set-up time and memory of the generator, beside Faker and Mimesis, and by all cores
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/bench.txt
	@.venv/bin/python bench/generate.py

bench-ai: $(VENV) ## measure the model's part against its stand-in
	@.venv/bin/python bench/ai.py

bench-console: setup ## first paint and weight of the console, and how fast health answers
	@.venv/bin/python bench/console.py

bench-hubspot: $(VENV) ## calls per thousand pairs and use of the portal's limit
	@.venv/bin/python bench/hubspot_writer.py

bench-lived: setup ## what a portal holds after a run, beside what its scenario's numbers say
	@.venv/bin/python bench/lived.py

bench-million: $(VENV) ## what reads a run's ledger, over ledgers of up to a million records
	@.venv/bin/python bench/million.py

architecture: $(VENV) ## draw the packages anew, from their imports
	@.venv/bin/python scripts/architecture/import_graph.py

openapi: $(VENV) ## describe the API anew, from its routes
	@PYTHONPATH=functions/api:scripts/openapi .venv/bin/python scripts/openapi/api_document.py

bench-scale: setup ## how plans and runs grow with the number of records
	@.venv/bin/python bench/scale.py

SEED ?= 1
RECORDS ?= 5000
chaos: ## let everything go wrong beside a run, and say what was promised and kept (SEED=1 RECORDS=5000)
	@$(MAKE) --no-print-directory -j2 setup
	@.venv/bin/python bench/chaos.py --seed $(SEED) --records $(RECORDS)

SAMPLE ?= 30
MINUTES ?= 30
samples: $(VENV) ## write twenty records and five accounts of each locale to docs/samples
	@PYTHONPATH=scripts/languages .venv/bin/python -P scripts/languages/locale_samples.py
	@PYTHONPATH=scripts/languages .venv/bin/python -P scripts/languages/model_samples.py

languages: $(VENV) ## check the texts of each locale by the rules of its language (RECORDS=2000 SEED=7)
	@PYTHONPATH=scripts/languages .venv/bin/python -P scripts/languages/check_locales.py $(if $(RECORDS),--records $(RECORDS)) $(if $(SEED),--seed $(SEED))

realism: $(VENV) ## measure how coherent a scenario's accounts are (SCENARIO=B2B RECORDS=5000 SEED=7)
	@PYTHONPATH=scripts/realism .venv/bin/python -P scripts/realism/coherence.py $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(RECORDS),--records $(RECORDS)) $(if $(SEED),--seed $(SEED))

mutation: $(VENV) ## tell how many small mistakes the unit tests notice (SEED=1 PACKAGES="hubspot llm" SAMPLE=30 MINUTES=30)
	@PYTHONPATH=scripts/mutation:scripts/architecture .venv/bin/python -P scripts/mutation/run_mutants.py \
		--seed $(SEED) --sample $(SAMPLE) --minutes $(MINUTES) $(PACKAGES)

LOCK := $(RUN) uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(VENV) ## pin all dependencies anew
	@.venv/bin/python -m pip install --quiet uv
	@$(LOCK) --upgrade pyproject.toml --group dev -o requirements/dev.txt
	@$(LOCK) --upgrade --group layer -o layers/dependencies/requirements.txt
	@$(LOCK) --upgrade --group bench -o requirements/bench.txt
	@$(LOCK) --upgrade --group emulator -o requirements/emulator.txt
	@$(LOCK) --upgrade --group sam -o requirements/sam.txt
	@$(LOCK) --upgrade --group checkov -o requirements/checkov.txt
	@$(LOCK) --upgrade --no-deps --group model -o requirements/model.txt
	@$(LOCK) --upgrade --group llmock -o requirements/llmock.txt
	@$(LOCK) --upgrade --group data -o requirements/data.txt

clean: ## end the embedded stack and remove everything generated
	@test ! -x .venv/bin/simcrm || $(SIMCRM) down
	@rm -rf .venv .simcrm .aws-sam .mypy_cache .ruff_cache .pytest_cache
