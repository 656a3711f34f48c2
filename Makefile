# Turndown's front door. `make help` lists what it can do; README.md says more about the two that matter, `make run` and
# `make test`. Each target sets up what it needs and can be run again at once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Where Cargo builds; set CARGO_TARGET_DIR to have it elsewhere.
TARGET := $(or $(CARGO_TARGET_DIR),target)
STAMPS := $(TARGET)/stamps
export TURNDOWN_BIN_DIR := $(abspath $(TARGET))/debug
export DATA HOTEL DATE STORE ROOM ACTION YES DAYS SEED SITTINGS SEEDS CUTS KILLS ONLY HOTELS DESKS EVENTS UPDATE
# What a run keeps: the service's database, the desk's, logs, screenshots.
export TURNDOWN_RUN_DIR := $(abspath $(or $(TURNDOWN_RUN_DIR),run))

# What Git would carry, so that files which the build itself writes do not count as changes.
UI_SOURCES := $(wildcard $(shell git ls-files --cached --others --exclude-standard ui))

# One command builds every program, so that every target finds it built with the same features and nothing twice.
BUILD := cargo build --workspace --bins

##@ The two that matter

.PHONY: run
run: setup-desktop ## Open the desktop on the sample hotel: installs what is missing, builds, starts the service
	@$(MAKE) build
	@scripts/run.sh

.PHONY: test
test: ## Run every test: format, lints, unit tests, gates, the demo, the real window
	@scripts/test.sh

##@ Trying it

.PHONY: demo
demo: ## Play a hotel day with an outage, without a window (DATA=file HOTEL="Resort Hotel" DATE=2016-03-25 STORE=postgres SIGN_IN=pin)
	@scripts/setup.sh programs $(if $(filter postgres,$(STORE)),database)
	cargo build -p turndown-gates -p turndown-service --bins
	@scripts/demo.sh

.PHONY: elsewhere
elsewhere: ## While `make run` runs: change a room as another workplace would (ROOM=214 ACTION=cancel)
	@scripts/elsewhere.sh

.PHONY: screenshots
screenshots: ## Run the app in a virtual display and leave pictures of its views in run/screenshots
	@scripts/setup.sh desktop tests
	@$(MAKE) build
	@TURNDOWN_NO_DISPLAY=1 scripts/run.sh

.PHONY: shots
# ARGS takes a part: ARGS='board sync-center --hotels 5000,empty --languages ps' (ui/README.md).
shots: $(STAMPS)/ui-packages ## Leave pictures of every view in every form in run/shots (see index.html there), and fail on what does not fit
	@scripts/setup.sh pictures
	cd ui && npm run --silent look -- "$(TURNDOWN_RUN_DIR)/shots" $(ARGS)

.PHONY: forget
forget: ## Forget what `make run` kept (sample hotel, desk, logs), so that the next run starts afresh
	@scripts/forget.sh

##@ Campaigns

# PROFILE=record builds for minutes and plays a quarter faster: for a run of hours.
PROFILE ?= campaign
CAMPAIGN := cargo build --profile $(PROFILE) -p turndown-sim --bins

.PHONY: sim
sim: ## Play simulated days with every fault, 60 s after the build (DAYS=desk-days, SEED=one history, SITTINGS=file to go on from; 1,000 desk-days take 80 s)
	@scripts/setup.sh programs
	$(CAMPAIGN)
	@PROFILE=$(PROFILE) scripts/campaign.sh sim

.PHONY: crash
crash: ## Cut the desk's power at every change of every command, then at random, then kill -9; 1 min after the build (CUTS=n KILLS=n SEEDS=n; a million cuts take half an hour)
	@scripts/setup.sh programs
	$(CAMPAIGN)
	@PROFILE=$(PROFILE) scripts/campaign.sh crash

.PHONY: sabotage
sabotage: ## Break the product on purpose, one guard at a time, and demand that sim or crash notices; 3 min after the build
	@scripts/setup.sh programs
	cargo build --profile $(PROFILE) -p turndown-sim --features sabotage --bin sabotage
	@PROFILE=$(PROFILE) scripts/campaign.sh sabotage

.PHONY: bench
bench: ## Measure the engine beside its baselines on the same disk; 5 min after the build (ONLY=record,flushing,flush,backlog,audit,long,day,repair,weak-link)
	@scripts/setup.sh programs
	cargo build --profile campaign -p turndown-bench
	@scripts/bench.sh

.PHONY: load
load: ## Two hundred desks with 2,000 events each on three services that share one PostgreSQL: at once, steadily, and with one killed (HOTELS=n DESKS=n EVENTS=n)
	@scripts/setup.sh programs database load
	cargo build --profile campaign -p turndown-bench -p turndown-service
	@scripts/load.sh

.PHONY: hardship
hardship: ## Kill the real programs with kill -9, fill their disk, have it fail, cut their network; 90 s after the build (KILLS=n; 2,000 take 6 min)
	@scripts/setup.sh programs campaigns
	cargo build -p turndown-gates --bins
	@scripts/campaign.sh hardship

##@ Working on it

.PHONY: dev
dev: setup-desktop $(STAMPS)/ui-packages ## Open the desktop with screens that reload as you edit them (start a service yourself, or not)
	@scripts/dev.sh

.PHONY: fmt
fmt: ## Format the Rust code
	cargo fmt --all

.PHONY: lint
lint: setup-desktop $(STAMPS)/ui-build ## What a reviewer would be bored by: format, clippy, the screens' linter and types
	cargo fmt --all --check
	cd ui && npm run --silent lint && npm run --silent typecheck
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: unit
unit: setup-desktop $(STAMPS)/ui-build ## Rust tests and gates, and the screens' tests; no window (ARGS='-p turndown-domain')
	cd ui && npm run --silent test
	@scripts/setup.sh database
	@scripts/rust-tests.sh $(ARGS)

.PHONY: e2e
e2e: ## The tests in the real window, under a virtual display
	@scripts/setup.sh desktop tests
	@$(MAKE) build
	@scripts/e2e.sh

.PHONY: a11y
# ARGS takes parts of names: ARGS='board sync'.
a11y: $(STAMPS)/ui-packages ## Hold every state of the screens against axe, the kept trees of names and roles, the sizes of targets and a walk by Tab at text of 100 % and 200 % (UPDATE=1 keeps the trees anew); the last line is JSON
	@scripts/setup.sh pictures
	cd ui && npm run --silent a11y -- $(ARGS)

.PHONY: ui-bench
ui-bench: ## Measure the board in the real window at 200 and at 5,000 tasks (2 minutes once built); the last line is JSON
	@scripts/setup.sh desktop tests
	@$(MAKE) --no-print-directory release
	@TURNDOWN_BIN_DIR=$${CARGO_TARGET_DIR:-$$PWD/target}/release node tests/e2e/ui-bench.mjs

.PHONY: bindings
bindings: ## Write the screens' types anew from the Rust types
	@cargo test --quiet -p turndown-app --test bindings || git diff --stat ui/src/bindings

##@ Building

.PHONY: ui
ui: $(STAMPS)/ui-build ## Build the screens into ui/dist

.PHONY: build
build: setup-desktop $(STAMPS)/ui-build ## Build every program for development
	$(BUILD)

.PHONY: release
release: setup-desktop $(STAMPS)/ui-build ## Build every program as it ships
	$(BUILD) --release

.PHONY: bundle
bundle: setup-desktop $(STAMPS)/ui-packages ## Make the Debian package of the desktop
	@scripts/bundle.sh

.PHONY: clean
clean: ## Remove what was built and downloaded here; keeps run/
	rm -rf ui/dist ui/node_modules tests/e2e/node_modules gen permissions/autogenerated $(STAMPS)
	cargo clean

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo

# --- What the targets above stand on -----------------------------------------------------------------------------

.PHONY: setup-desktop
setup-desktop:
	@scripts/setup.sh desktop

$(STAMPS)/ui-packages: ui/package-lock.json
	@mkdir -p $(STAMPS)
	@scripts/say.sh "Screens: fetching packages"
	cd ui && npm ci --no-audit --no-fund
	@touch $@

$(STAMPS)/ui-build: $(STAMPS)/ui-packages $(UI_SOURCES) docs/playbook.md
	@scripts/say.sh "Screens: building"
	cd ui && npm run --silent build
	@touch $@
