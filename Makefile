# Every target works as root and as an ordinary user, and twice in a row.
# "make" or "make help" lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PATH := $(PATH):/usr/local/go/bin

BIN       := bin/colletta
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
NPM_STAMP := web/node_modules/.colletta-installed
YARD_STAMP := pooling/yardstick/node_modules/.colletta-installed
GO_STAMP  := .tools/go-modules
FUZZTIME  ?= 5s
BENCH     ?= .
PKG       ?= ./...

SETUP = COLLETTA_GOAL=$@ .ci/setup

.PHONY: help
help: ## list the targets
	@echo "Colletta: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: setup-run build ## build and serve the Milan demo on :8080 (PORT=8099 make run chooses)
	@exec $(BIN) serve --demo

.PHONY: build
build: $(NPM_STAMP) ## build bin/colletta
	@COLLETTA_GOAL=$@ .ci/setup go
	@mkdir -p bin
	go build -buildvcs=false -trimpath -ldflags "-X main.version=$(VERSION)" -o $(BIN) ./cmd/colletta

.PHONY: setup
setup: ## install what is missing: PostgreSQL, Chromium, Python 3, beancount, npm packages, Go modules
	@$(SETUP) go node-for-tests postgres chromium python3 beancount
	@$(MAKE) --no-print-directory -s $(NPM_STAMP) $(GO_STAMP)

# What "make run" needs: no browser; no PostgreSQL either when there is a
# database already.
.PHONY: setup-run
setup-run:
	@COLLETTA_GOAL=run .ci/setup go node $(if $(DATABASE_URL),,postgres)
	@$(MAKE) --no-print-directory -s $(NPM_STAMP)

$(NPM_STAMP): web/package-lock.json
	@COLLETTA_GOAL=run .ci/setup node
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(GO_STAMP): go.sum
	go mod download
	@mkdir -p $(@D) && touch $@

.PHONY: test
test: setup build ## set up, build and run every test: Go, then the pages in Chromium
	@failed=; \
	$(MAKE) --no-print-directory go-test || failed="$$failed go-test"; \
	$(MAKE) --no-print-directory browser-test || failed="$$failed browser-test"; \
	if [ -n "$$failed" ]; then echo "make test: failed:$$failed" >&2; exit 1; fi; \
	echo "make test: all passed"

.PHONY: go-test
go-test: $(NPM_STAMP) ## the Go tests alone (PKG=./pooling/... chooses)
	go test -timeout 15m $(PKG)

.PHONY: browser-test
browser-test: build ## the stories in Chromium, with axe on every page
	@COLLETTA_GOAL=$@ .ci/setup node-for-tests postgres chromium
	CHROMIUM="$$(.ci/setup chromium-path)" COLLETTA_BIN=$(abspath $(BIN)) node --test $(or $(wildcard web/e2e/*.test.mjs),web/e2e/)

.PHONY: race
race: $(NPM_STAMP) ## the Go tests under the race detector (slow; needs a C compiler)
	go test -race -timeout 30m $(PKG)

.PHONY: check
check: $(NPM_STAMP) ## format, vet, staticcheck, floors, generated files, go.mod: what a change must pass
	@unformatted=$$(gofmt -l $$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.tools/*')); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these:" >&2; echo "$$unformatted" >&2; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	go test -count=1 .
	go test -count=1 -run 'Golden|UpToDate|Schema|OpenAPI' ./migrations/... ./postgres ./api/... ./communities/...
	@echo "make check: all passed"

.PHONY: bench
bench: $(NPM_STAMP) ## the benchmarks (BENCH=Page PKG=./web chooses)
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m $(PKG)

$(YARD_STAMP): pooling/yardstick/package-lock.json
	@COLLETTA_GOAL=$@ .ci/setup node-for-tests
	cd pooling/yardstick && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# SIZES=1000,1000000 and HIGHS_SIZES=50,350 choose the rounds, RUNS=3 the runs of
# each, WORKERS=2 those of the engine, HIGHS_SECONDS=300 the CPU seconds of HiGHS.
# A million demands take long.
BENCH_ENGINE = $(if $(SIZES),--sizes=$(SIZES)) $(if $(RUNS),--runs=$(RUNS)) $(if $(WORKERS),--workers=$(WORKERS)) \
	$(if $(HIGHS_SIZES),--highs-sizes=$(HIGHS_SIZES)) $(if $(HIGHS_SECONDS),--highs-seconds=$(HIGHS_SECONDS))

.PHONY: bench-engine
bench-engine: build $(YARD_STAMP) ## the engine's curve and HiGHS into docs/engine.md (SIZES=1000,1000000 RUNS=3 choose)
	cd pooling/yardstick && node --test
	go run ./cmd/bench-engine $(BENCH_ENGINE)

.PHONY: fuzz
fuzz: ## every fuzz target for a short while (FUZZTIME=1m for longer)
	@set -e; \
	grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules . | xargs -n 1 dirname | sort -u | while read -r folder; do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$$folder"/*_test.go | sed 's/^func //' | sort -u); do \
			echo "$$folder $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$folder" </dev/null; \
		done; \
	done

.PHONY: screenshots
screenshots: build ## take the pictures in docs/screenshots again
	@COLLETTA_GOAL=$@ .ci/setup node-for-tests postgres chromium
	@mkdir -p docs/screenshots
	CHROMIUM="$$(.ci/setup chromium-path)" COLLETTA_BIN=$(abspath $(BIN)) node web/e2e/screenshots.mjs docs/screenshots

.PHONY: demo-reset
demo-reset: ## forget the demo's data; the next "make run" loads the city again
	@.ci/demo-reset

.PHONY: clean
clean: ## remove what was built; the demo's data stays (see demo-reset)
	rm -rf bin .tools web/node_modules web/test-results pooling/yardstick/node_modules
	go clean -testcache
