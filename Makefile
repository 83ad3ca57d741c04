# SPDX-FileCopyrightText: 2026 The community.infisical authors
# SPDX-License-Identifier: GPL-3.0-or-later

# The newest, on PATH or among pyenv's. Each candidate is run, not just looked up: a version manager's shim may stand for a
# Python that is not there.
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)
PYTHON ?= $(shell for python in $(foreach version,3.14 3.13 3.12 3.11, \
	python$(version) $(wildcard $(PYENV)/versions/$(version).*/bin/python$(version))) python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { command -v $$python; break; }; done)

BIN := .venv/bin
RESULTS := .cache/results
# In CI the formatters report what they would otherwise rewrite.
NOX = CI=true $(BIN)/nox --reuse-existing-virtualenvs --no-install
# $(call checks,tag,folder) runs the sessions with that tag, and ends with a summary of what is in the folder.
checks = rm -rf $(RESULTS)/$2 && mkdir -p $(RESULTS)/$2 && \
	$(BIN)/python tests/tools/checks.py $(RESULTS)/$2 $1 && $(BIN)/python tests/tools/summary.py $(RESULTS)/$2
# $(call pip,requirements) keeps what pip says for when it fails.
pip = mkdir -p $(RESULTS) && { $(BIN)/python -m pip install --disable-pip-version-check $1 >$(RESULTS)/pip.log 2>&1 || \
	{ tail -n 30 $(RESULTS)/pip.log; echo "pip failed; all that it said is in $(RESULTS)/pip.log"; exit 1; }; }

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Every day

.PHONY: venv
venv: .venv/.dev ## Create .venv with all tools and libraries of the checks
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null

.PHONY: demo
demo: .venv/.demo ## Sync secrets from a simulated Infisical to a simulated AWS, and show that a second run changes nothing
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/demo/run.py

.PHONY: demo-migration
demo-migration: .venv/.demo ## Move a simulated project from native integrations to secret syncs, and show that nothing is lost
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/demo/migration.py

.PHONY: playground
playground: .venv/.demo ## Run a simulated Infisical and AWS for your own playbooks until Ctrl-C; GENERATION=2024 or 2026
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null
	@$(BIN)/python tests/demo/playground.py $(addprefix --generation=,$(GENERATION))

.PHONY: test
test: clone .venv/.dev ## Run the tests that each commit must pass (about 10 minutes on 2 cores); print a summary
	@$(call checks,test,test)

.PHONY: lint
lint: .venv/.dev ## Check style, security rules, types, YAML, licences, language, the changelog and roles
	@$(NOX) --session lint license-check extra-checks generated language changelog ansible-lint

.PHONY: format
format: .venv/.dev ## Format the code and apply automatic fixes
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

.PHONY: units
units: .venv/.dev ## Run unit tests on the oldest and newest ansible-core
	@$(NOX) --tags units

.PHONY: contract
contract: .venv/.dev ## Compare the simulated server with recorded answers
	@$(NOX) --session contract

.PHONY: playbooks
playbooks: .venv/.dev ## Run playbooks against the simulated server, on the oldest and newest ansible-core
	@$(NOX) --tags playbooks

.PHONY: sanity
sanity: .venv/.dev ## Run ansible-test sanity on the oldest and newest ansible-core
	@$(NOX) --tags sanity

.PHONY: integration
integration: .venv/.dev ## Run the targets of ansible-test integration against the simulated server
	@$(NOX) --session integration

.PHONY: docs-check
docs-check: .venv/.dev ## Check the documentation of modules, roles and plugins
	@$(NOX) --session docs-check

.PHONY: docs
docs: .venv/.dev ## Build the documentation site in .cache/docs/html, and check each page in Chromium
	@$(NOX) --session docs

.PHONY: generate
generate: .venv/.demo ## Write the generated parts of the documentation of modules and roles, and the page of playbooks
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null && $(BIN)/python tests/tools/generate_docs.py && \
	  $(BIN)/python tests/tools/playbook_pages.py

.PHONY: services-table
services-table: .venv/.demo ## Write the page of services from the catalogues
	@$(BIN)/python tests/tools/service_pages.py

.PHONY: check-server
# As they are written: neither make nor the shell reads what is in them.
check-server: export override URL := $(value URL)
check-server: export override SUGGEST := $(value SUGGEST)
check-server: .venv/.demo ## Compare the catalogue with a server: URL=https://host or a file; SUGGEST=<slug> prints an entry
	@$(BIN)/python tests/tools/check_server.py --suggest="$$SUGGEST" -- "$$URL"

.PHONY: record
record: .venv/.demo ## Record what a server answers: PROJECT=id of an empty project, FILE=where to write it
	@$(BIN)/python tests/tools/record.py "$(PROJECT)" "$(FILE)"

.PHONY: test-server
test-server: .venv/.dev ## Run playbook tests against a server of yours, in an empty project; see tests/playbooks/README.md
	@$(NOX) --session test-server

.PHONY: clean
clean: ## Remove what these commands created
	rm -rf .ansible .cache .coverage* .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache .venv bench.json tests/output
	rm -rf changelogs/.plugin-cache.yaml community-infisical-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: clone
clone:
	@test -e .git && command -v git >/dev/null || { \
		echo "The checks ask git which files are the project's: run them in a clone, with git installed." >&2; exit 1; }

##@ Before a release

.PHONY: test-all
test-all: clone .venv/.dev ## Run all other checks and record the coverage (most of an hour); print a summary
	@$(call checks,rest,test-all)

.PHONY: test-matrix
test-matrix: clone .venv/.dev ## Test every supported ansible-core on every Python of this machine (takes long); print a summary
	@$(call checks,matrix,test-matrix)

.PHONY: both-ways
both-ways: .venv/.dev ## Run all playbook tests in-process and as modules, and compare the results (takes long)
	@$(NOX) --tags both-ways

.PHONY: soak
soak: .venv/.dev ## Run thousands of generated cases with faults, odd inputs and stories (an hour)
	@INFISICAL_SOAK=1 $(NOX) --session faults -- --timeout=0 --hypothesis-show-statistics tests/faults
	@INFISICAL_SOAK=1 $(BIN)/pytest --timeout=0 --hypothesis-show-statistics tests/unit/plugins/modules/test_bad_input.py tests/unit/plugins/modules/test_odd_answers.py
	@INFISICAL_SOAK=1 $(BIN)/pytest --timeout=0 --hypothesis-show-statistics tests/laws

.PHONY: awx
awx: .venv/.dev ## Test the collection in AWX jobs, execution environments and pipelines
	@$(NOX) --session awx

.PHONY: build
build: .venv/.dev ## Build the tarball in .cache/dist, check it with Galaxy's importer, and run the demo with it
	@$(NOX) --session build-import-check

.PHONY: release-notes
release-notes: .venv/.dev ## Write the changelog of the version in galaxy.yml from the fragments, and remove these
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.cache/collections $(BIN)/antsibull-changelog release

.PHONY: demo-picture
demo-picture: .venv/.dev ## Draw docs/images/demo.svg from what the demo prints
	@$(NOX) --session demo-picture

##@ Measuring

.PHONY: coverage
coverage: .venv/.dev ## Show the coverage that the last make test-all recorded
	@$(BIN)/python tests/tools/summary.py --coverage $(RESULTS)/test-all

.PHONY: mutants
mutants: clone .venv/.dev ## Change the code in 1,000 places, and count what no test notices (an hour); NUMBER, SEED, FILES
	@$(NOX) --session mutants -- $(addprefix --number=,$(NUMBER)) $(addprefix --seed=,$(SEED)) "--files=$(or $(FILES),*)"

.PHONY: bench
bench: .venv/.demo ## Measure what tasks cost; print a table and write bench.json
	@$(BIN)/python tests/tools/collection_tree.py >/dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/bench/run.py

.PHONY: bench-scale
bench-scale: .venv/.demo ## Measure 100 projects in one run, within a server's rate limits
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/bench/scale.py

.PHONY: figures
figures: .venv/.dev ## Measure the code; AGAINST=<commit> compares it with a commit
	@$(BIN)/python tests/tools/figures.py $(addprefix --against=,$(AGAINST))

.PHONY: performance-page
performance-page: .venv/.demo ## Write the table of tests/bench/README.md from bench.json
	@$(BIN)/python tests/bench/page.py

.venv/.python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later was found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@# Where venv comes without ensurepip, the pip that came with Python fills the environment.
	@rm -rf .venv; "$(PYTHON)" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		"$(PYTHON)" -m venv --without-pip .venv && "$(PYTHON)" -m pip --python $(BIN)/python install --quiet pip; }
	@touch $@

.venv/.demo: requirements-core.txt requirements-test.txt .venv/.python
	@echo "Setting up .venv ..."
	@$(call pip,-r requirements-core.txt -r requirements-test.txt)
	@touch $@

.venv/.dev: requirements-dev.txt requirements-lint.txt docs/requirements.txt tests/awx/requirements.txt tests/unit/requirements.txt .venv/.demo
	@$(call pip,-r requirements-dev.txt)
	@touch $@
