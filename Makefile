# Development tasks; `make help` lists them. Everything is installed into .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
# With the Lambda layers' pins, so that tests run with the versions that are deployed.
CONSTRAINTS := -c layers/runtime/requirements.txt -c layers/runtime/api.txt -c requirements.lock
# PyTorch's own index has wheels without CUDA, gigabytes smaller; pip's default index is the fallback.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n '/^torch==/p' requirements.lock)
WORKERS ?= auto
PORT ?= 8000
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
EXAMPLES ?= 2000
N ?= 2000

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint types check fuzz fuzz-files train evaluate bench pictures schemas images sam-tools sizes lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

demo: $(VENV)/demo.stamp ## Score a real ECG in an emulated AWS; no account needed
	@$(BIN)/python -m deepecg.local_cloud.demo

serve: $(VENV)/serve.stamp ## Run page and API with an emulated AWS: make serve PORT=8000
	@$(BIN)/deepecg serve --port $(PORT)

test: $(VENV)/test.stamp ## Run all tests; skipped ones report which tool or data is missing
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/test.stamp ## Check style with ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/test.stamp ## Check types with mypy
	$(BIN)/mypy

check: lint types test ## Check style and types, run all tests, as CI does

fuzz: $(VENV)/test.stamp ## Test the API against its OpenAPI document: make fuzz EXAMPLES=2000
	DEEPECG_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) tests/integration/test_openapi.py

fuzz-files: $(VENV)/test.stamp ## Score damaged files of every format: make fuzz-files N=20000
	cd tests && ../$(BIN)/python hostile_files.py $(N)

train: $(VENV)/train.stamp ## Train, evaluate and export the model: make train DATA=DIR
	@test -n "$(DATA)" || { echo "usage: make train DATA=DIR   (DIR holds mitdb/, svdb/ and qtdb/)"; exit 2; }
	$(BIN)/python -m training.train --data "$(DATA)"

evaluate: $(VENV)/train.stamp ## Evaluate model, waves and findings on whole recordings: make evaluate DATA=DIR
	@test -n "$(DATA)" || { echo "usage: make evaluate DATA=DIR   (DIR holds mitdb/, svdb/, qtdb/, ludb/)"; exit 2; }
	$(BIN)/python -m training.evaluate --data "$(DATA)"
	$(BIN)/python -m training.waves.evaluate --data "$(DATA)"
	$(BIN)/python -m training.waves.evaluate_qt --data "$(DATA)"
	$(BIN)/python -m training.waves.evaluate_st --data "$(DATA)"
	$(BIN)/python -m training.findings --data "$(DATA)" --real --ds2

bench: .venv-bench/stamp $(VENV)/test.stamp ## Time scoring (also of other packages), report, review, nightly report and API
	.venv-bench/bin/python tests/bench/scoring.py
	$(BIN)/python tests/bench/report.py
	$(BIN)/python tests/bench/review.py
	$(BIN)/python tests/bench/nightly.py
	$(BIN)/python tests/bench/predict.py

pictures: $(VENV)/test.stamp ## Make the README's pictures with Chromium, from synthetic data
	$(BIN)/python tests/bench/pictures.py

schemas: $(VENV)/test.stamp ## Write the JSON Schemas of all documents from their types
	$(BIN)/python layers/deepecg/write_schemas.py

sizes: $(VENV)/test.stamp ## Print the unzipped size of the function with its layers
	$(BIN)/python -m pytest tests/sam/test_build.py -k fits -q -s

images: ## Build the Docker images deepecg, deepecg-score, deepecg-training; print their sizes
	for target in training score api; do \
		docker build --network host --build-arg VERSION=$(VERSION) --target $$target \
			-t deepecg-$$target . || exit; done
	docker tag deepecg-api deepecg
	@size() { docker image inspect -f '{{.Size}}' "$$1"; }; \
		for built in api:3.13 score:3.13 training:3.11; do \
			image=deepecg-$${built%:*} base=python:$${built#*:}-slim; \
			size "$$base" >/dev/null 2>&1 || docker pull -q "$$base"; \
			echo "$$image: $$((($$(size $$image) - $$(size $$base)) / 1000000)) MB without $$base"; done

sam-tools: .venv-sam/stamp ## Install the SAM CLI in its own environment: it pins many versions

lock: $(VENV)/test.stamp ## Write the installed versions to requirements.lock
	@{ echo '# All packages of the tests, for `pip install -c`. Written by `make lock`.'; \
		$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/\+[a-z0-9.]+$$//'; } > requirements.lock

clean: ## Remove everything that make has created
	rm -rf $(VENV) .venv-sam .venv-bench .aws-sam layers/deepecg/deepecg/cloud/api/vendor out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/made.stamp:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Needs Python 3.11 or later; '$(PY)' is $$($(PY) --version 2>&1). Try: make PY=python3.13"; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PY) -m venv $(VENV)
	@touch $@

PINS := pyproject.toml requirements.lock layers/runtime/requirements.txt layers/runtime/api.txt layers/deepecg/download_build_hook.py \
	layers/deepecg/download_browser_libraries.py

$(VENV)/demo.stamp $(VENV)/serve.stamp: $(VENV)/%.stamp: $(VENV)/made.stamp $(PINS)
	$(PIP) install $(CONSTRAINTS) -e '.[$*]'
	@touch $@

# In its own environment: NeuroKit2 requires an older pandas than the deployed one.
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
