# Verbs of a few lines. `make run` and `make test` need Python >= 3.11 and make, nothing else.
PORT ?= 3000
HOST ?= 127.0.0.1
DATA ?= .openbunker
BIN := .venv/bin

# Bytecode is written where it is told not to be, too: each of a run's processes would compile it all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test lint types unit build deploy sam-local checkov bench bench-peers fuzz chaos e2e e2e-aws rights emulated openapi lock clean \
	sdk-build sdk-compare

help:  ## show the verbs
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13

run: .venv/run.stamp  ## start openbunker on HOST:PORT with its data in DATA
	@exec $(BIN)/openbunker run --host "$(HOST)" --port "$(PORT)" --data "$(DATA)"

test: lint  ## everything that must pass: lint, types, tests
	@( $(MAKE) -s types > .venv/types.txt 2>&1; said=$$?; cat .venv/types.txt; exit $$said ) & types=$$!; \
	$(MAKE) -s unit; said=$$?; wait $$types || { cat .venv/types.txt; exit 1; }; exit $$said

lint: .venv/dev.stamp
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

unit: .venv/dev.stamp
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

sam-local: .venv/dev.stamp  ## send events and curls to the built functions under `sam local` (needs a container engine; SERVE=1: stand-ins alone)
	@$(BIN)/python -m scripts.sam_local $(if $(SERVE),serve)

e2e: .venv/dev.stamp  ## run the vendors' own clients against a server, and draw all cases of each law (needs node 20, npm and its registry, chromium, nginx, caddy, php)
	$(BIN)/pytest -m slow tests/e2e
	$(BIN)/pytest -m drawn --hypothesis-profile=whole

e2e-aws: .venv/dev.stamp emulated  ## deploy the built stack onto an emulator of AWS and use all of it (needs PyPI and Python 3.13)
	@$(BIN)/python -m tests.e2e_aws

rights: .venv/dev.stamp emulated  ## take each right of each function away there: its job must fail (needs the same)
	@$(BIN)/python -m tests.e2e_aws.rights

emulated:
	@scripts/e2e-aws-venv.sh
	@scripts/build.sh "$$(uname -m | sed s/aarch64/arm64/)"

fuzz: .venv/dev.stamp  ## send 20,000 spoilt requests to every route, in process (FUZZ_REQUESTS=, FUZZ_SEED=)
	$(BIN)/python -m bench fuzz

chaos: .venv/dev.stamp  ## kill and hurt servers under load; fails on any loss (CHAOS="--kills 10 --seed 1")
	$(BIN)/python -m bench.chaos $(CHAOS)

bench: .venv/dev.stamp  ## measure the cold start, the codec and the local runtime (needs wrk)
	$(BIN)/python -m bench

bench-peers: .venv/dev.stamp  ## print us beside FastAPI over PostgreSQL and SQLite (needs PyPI, wrk, PostgreSQL)
	@scripts/venv.sh peers "the programs beside ours"
	$(BIN)/python -m bench peers

build:  ## validate the template and build the artefacts with SAM (ARCH=arm64|x86_64)
	scripts/build.sh

deploy: build  ## deploy the built stack; asks for what it needs, or takes it from samconfig.toml (ENV=dev|prod)
	SAM_CLI_TELEMETRY=0 .cache/sam-venv/bin/sam deploy $(if $(ENV),--config-env $(ENV),--guided)

checkov: .venv/dev.stamp  ## check the templates with checkov, in an environment of its own (needs PyPI once)
	@scripts/checkov-run.sh

openapi: .venv/dev.stamp  ## write docs/openapi.json anew
	$(BIN)/python -m scripts.openapi > docs/openapi.json

sdk-build: .cache/sdk-venv.stamp  ## build and check the Python client's wheel and sdist (needs PyPI)
	@scripts/sdk-build.sh

sdk-compare: sdk-build  ## print the table of sdk/README.md: our client beside others' newest releases
	@PYTHONPATH=. .cache/sdk-venv/bin/python -m sdk.compare

lock:  ## write the hashed requirement files anew (needs uv)
	requirements/lock.sh

clean:  ## remove what the verbs made, but not the data folder
	rm -rf .venv .cache .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/run.stamp: requirements/run.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh run

.cache/sdk-venv.stamp: scripts/sdk-venv.sh
	@mkdir -p .cache && scripts/sdk-venv.sh

.venv/dev.stamp: requirements/dev.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh dev
