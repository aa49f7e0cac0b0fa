# `make` alone lists the targets. WAXWING_SCRATCH (or SCRATCH=) puts everything that is built outside the clone.
SHELL := /bin/sh
WAXWING_SCRATCH ?= .build
SCRATCH         ?= $(WAXWING_SCRATCH)
CERTS           ?= Certs/out
FUZZ_SECONDS    ?= 60
SOAK            ?= 100000
ARGS            ?=

SWIFT   := swift
RELEASE := $(SCRATCH)/release/waxwing
TOOL     = WAXWING=$(abspath $(RELEASE)) WAXWING_SCRATCH=$(abspath $(SCRATCH)) WAXWING_CERTS=$(abspath $(CERTS))
SOURCES := Package.swift Sources Tests
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## install the Debian packages that are missing; check the Swift toolchain
	@.ci/deps build

.PHONY: build
build: deps ## build the release binary, with the Swift runtime in it
	@$(SWIFT) build -c release --static-swift-stdlib --scratch-path $(SCRATCH) --product waxwing

.PHONY: run
run: build ## build, then run a relay on the embedded defaults (ledger in ./waxwing-data)
	@exec $(RELEASE) run $(ARGS)

.PHONY: demo
demo: build certs ## one minute from records with secrets to a verified, then a tampered, export
	@$(TOOL) Tests/Demo/demo.sh

.PHONY: test
test: deps ## build and run the tests
	@$(SWIFT) build --scratch-path $(SCRATCH) --build-tests
	@$(SWIFT) test --scratch-path $(SCRATCH) --skip-build $(ARGS)

.PHONY: soak
soak: deps ## run SOAK (100000) random lives of the ledger on a model file system
	@$(SWIFT) build --scratch-path $(SCRATCH) --build-tests
	@WAXWING_SOAK=$(SOAK) $(SWIFT) test --scratch-path $(SCRATCH) --skip-build --filter LedgerTests.WorldTests

.PHONY: interop
interop: build certs ## check against real rsyslog, syslog-ng, openssl, logger and pymerkle
	@.ci/deps interop
	@$(TOOL) Tests/Interop/run.py $(ARGS)

.PHONY: bench
bench: build certs ## measure side by side with rsyslog and syslog-ng; print tables
	@.ci/deps bench
	@WAXWING_BENCH=1 $(SWIFT) build -c release --static-swift-stdlib --scratch-path $(SCRATCH) --product bench-stages
	@$(TOOL) Tests/Bench/bench.py $(ARGS)

.PHONY: fuzz
fuzz: deps ## run every libFuzzer target for FUZZ_SECONDS (60) each
	@for fuzzer in framing verify headscale; do \
	    WAXWING_FUZZ=1 $(SWIFT) build -c release --sanitize fuzzer --scratch-path $(SCRATCH)/fuzzing --product fuzz-$$fuzzer || exit 1; \
	done
	@for target in framing:Syslog verify:Verify headscale:Headscale; do \
	    fuzzer=$${target%:*}; mkdir -p $(SCRATCH)/findings/$$fuzzer; \
	    SWIFT_BACKTRACE=enable=no $(SCRATCH)/fuzzing/release/fuzz-$$fuzzer -max_total_time=$(FUZZ_SECONDS) \
	        -artifact_prefix=$(SCRATCH)/findings/ $(SCRATCH)/findings/$$fuzzer Tests/$${target#*:}Tests/Corpus || exit 1; \
	done

.PHONY: lint
lint: ## check the Swift sources against .swift-format
	@$(SWIFT) format lint --strict --recursive --parallel --configuration .swift-format $(SOURCES)

.PHONY: docs
docs: ## write the pages of the libraries Syslog and TransparencyLog (DocC) to SCRATCH/docs
	@for library in Syslog TransparencyLog; do \
	    mkdir -p $(SCRATCH)/symbols/$$library $(SCRATCH)/docs && \
	    $(SWIFT) build --scratch-path $(SCRATCH)/documentation --target $$library \
	        -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc $(abspath $(SCRATCH))/symbols && \
	    cp $(SCRATCH)/symbols/$$library*.symbols.json $(SCRATCH)/symbols/$$library && \
	    docc convert Sources/$$library/$$library.docc --warnings-as-errors \
	        --additional-symbol-graph-dir $(SCRATCH)/symbols/$$library --output-path $(SCRATCH)/docs/$$library || exit 1; \
	done

.PHONY: certs
certs: deps ## make the throw-away certificates of tests and demo
	@Certs/make-certs.sh $(CERTS)

.PHONY: schema
schema: build ## write what the binary knows to docs/: schema and example of waxwing.yaml, events
	@$(RELEASE) schema > docs/waxwing.schema.json
	@$(RELEASE) schema --example > docs/waxwing.example.yaml
	@$(RELEASE) headscale events > docs/headscale-events.md

.PHONY: clean
clean: ## remove what was built (never a ledger)
	@if [ -e $(SCRATCH)/workspace-state.json ]; then rm -rf $(SCRATCH); fi
	@rm -rf $(CERTS)
