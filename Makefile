# What there is to do here; `make help` lists it. Everything is installed into .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
# The Lambda layer's pins come first: tests run with the very versions that are deployed.
CONSTRAINTS := -c layers/runtime/requirements.txt -c layers/runtime/api.txt -c requirements.lock
# PyTorch without the gigabytes of CUDA that PyPI's wheels bring; where this index cannot be reached,
# whatever else pip finds has to do.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n '/^torch==/p' requirements.lock)
WORKERS ?= auto
PORT ?= 8000
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
EXAMPLES ?= 2000

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint types check fuzz train evaluate bench pictures schemas images sam-tools sizes lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

demo: $(VENV)/demo.stamp ## Score a real ECG in an embedded cloud, no account needed
	@$(BIN)/python -m deepecg.local_cloud.demo

serve: $(VENV)/serve.stamp ## Page and API on this machine, with an embedded cloud: make serve PORT=8000
	@$(BIN)/deepecg serve --port $(PORT)

test: $(VENV)/test.stamp ## Run all tests; those that need Docker, SAM or data say so where they skip
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/test.stamp ## Check style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/test.stamp ## Check types
	$(BIN)/mypy

check: lint types test ## Check style and types and run all tests, as CI does

fuzz: $(VENV)/test.stamp ## Hold the API to its document in many requests: make fuzz EXAMPLES=2000
	DEEPECG_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) tests/integration/test_openapi.py

train: $(VENV)/train.stamp ## Train, evaluate and export the model: make train DATA=DIR
	@test -n "$(DATA)" || { echo "usage: make train DATA=DIR   (DIR holds mitdb/ and svdb/)"; exit 2; }
	$(BIN)/python -m training.train --data "$(DATA)"

evaluate: $(VENV)/train.stamp ## Judge detector and model on whole recordings: make evaluate DATA=DIR
	@test -n "$(DATA)" || { echo "usage: make evaluate DATA=DIR   (DIR holds mitdb/ and svdb/)"; exit 2; }
	$(BIN)/python -m training.evaluate --data "$(DATA)"

bench: .venv-bench/stamp $(VENV)/test.stamp ## Time scoring (beside other packages), report, night and the API
	.venv-bench/bin/python tests/bench/scoring.py
	$(BIN)/python tests/bench/report.py
	$(BIN)/python tests/bench/nightly.py
	$(BIN)/python tests/bench/predict.py

pictures: $(VENV)/test.stamp ## Take the README's pictures anew, with Chromium, of what is made up
	$(BIN)/python tests/bench/pictures.py

schemas: $(VENV)/test.stamp ## Write the JSON Schemas of all documents from their types
	$(BIN)/python layers/deepecg/write_schemas.py

sizes: $(VENV)/test.stamp ## Print the unzipped size of the function with its layers
	$(BIN)/python -m pytest tests/sam/test_build.py -k fits -q -s

images: ## Build the Docker images deepecg, deepecg-score and deepecg-training; print their sizes
	for target in training score api; do \
		docker build --network host --build-arg VERSION=$(VERSION) --target $$target \
			-t deepecg-$$target . || exit; done
	docker tag deepecg-api deepecg
	@size() { docker image inspect -f '{{.Size}}' "$$1"; }; \
		for built in api:3.13 score:3.13 training:3.11; do \
			image=deepecg-$${built%:*} base=python:$${built#*:}-slim; \
			size "$$base" >/dev/null 2>&1 || docker pull -q "$$base"; \
			echo "$$image: $$((($$(size $$image) - $$(size $$base)) / 1000000)) MB without $$base"; done

sam-tools: .venv-sam/stamp ## Install the SAM CLI, into a place of its own: it pins many versions

lock: $(VENV)/test.stamp ## Write what is installed to requirements.lock
	@{ echo '# Everything that the tests run with, for `pip install -c`. Made by `make lock`.'; \
		$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/\+[a-z0-9.]+$$//'; } > requirements.lock

clean: ## Remove everything that was made
	rm -rf $(VENV) .venv-sam .venv-bench .aws-sam layers/deepecg/deepecg/outputs/report/vendor layers/deepecg/deepecg/cloud/api/vendor out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/made.stamp:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Needs Python 3.11 or later; '$(PY)' is $$($(PY) --version 2>&1). Try: make PY=python3.13"; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PY) -m venv $(VENV)
	@touch $@

PINS := pyproject.toml requirements.lock layers/runtime/requirements.txt layers/runtime/api.txt layers/deepecg/build_hook.py \
	layers/deepecg/vendor.py

$(VENV)/demo.stamp $(VENV)/serve.stamp: $(VENV)/%.stamp: $(VENV)/made.stamp $(PINS)
	$(PIP) install $(CONSTRAINTS) -e '.[$*]'
	@touch $@

# In a place of its own: NeuroKit2 wants an older pandas than the one that is deployed.
.venv-bench/stamp: $(PINS)
	$(PY) -m venv .venv-bench
	sed '/^pandas==/d' layers/runtime/requirements.txt requirements.lock > .venv-bench/constraints.txt
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install \
		-c .venv-bench/constraints.txt -e '.[bench]'
	@touch $@

$(VENV)/test.stamp $(VENV)/train.stamp: $(VENV)/%.stamp: $(VENV)/made.stamp $(PINS)
	-@$(PIP) install --index-url $(TORCH_INDEX) --timeout 10 --retries 0 --no-deps '$(TORCH)' 2>/dev/null
	$(PIP) install $(CONSTRAINTS) -e '.[$*]'
	@touch $@

.venv-sam/stamp:
	@command -v $(PY) >/dev/null || { echo "Needs Python: '$(PY)' was not found"; exit 1; }
	$(PY) -m venv .venv-sam
	.venv-sam/bin/python -m pip --disable-pip-version-check --quiet install 'aws-sam-cli==1.170.0'
	@touch $@
