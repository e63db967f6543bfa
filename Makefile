# SPDX-License-Identifier: MIT
# treetally: plain `make` needs a C compiler, make, SQLite, xxHash and libzstd; everything else is for the
# tests.
#
#   make BUILD=DIR    put all products into DIR (default: build)
#   make DEV=1        warnings are errors, and so is a function with much on its stack
#   make install PREFIX=/opt/treetally DESTDIR=... BINDIR=... MANDIR=...
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/treetally
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O3 -g
# xxHash is compiled in: most hashes are of short paths, and a call costs as much as the hash.
CSTD     = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DXXH_INLINE_ALL
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wformat=2 -Wvla $(if $(DEV),-Werror -Wframe-larger-than=16384)
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZING  = -fsanitize=float-cast-overflow,fuzzer-no-link -fno-sanitize-recover=all

TOOLS    = $(basename $(notdir $(wildcard tools/*.c)))
COMMON   = $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*/*.c))
PROGRAMS = $(TOOLS:%=$(BUILD)/%)
DATABASE = $(addprefix $(BUILD)/,dir-load stats-load dir-query stats-query dir-export scan-audit \
	   scan-import)
PARSERS  = $(addprefix $(BUILD)/,gpfs-parse list-parse scan-import)
PIPES    = pipelines/two-branches pipelines/nightly-import pipelines/scan-policy
UNITS    = $(wildcard pipelines/systemd/*)
SCRIPTS  = $(PIPES) pipelines/demo tests/run tests/fuzz/run .ci/run
SHELLIBS = $(wildcard tests/lib/*.bash)
HELPERS  = $(shell grep -lE '^\#!.*sh$$' $(wildcard tests/bench tests/oracle/* tests/make/* tests/fault/*))
LINTS    = lint-gcc lint-clang lint-cppcheck lint-rooms lint-shell lint-man lint-words lint-licence

all: $(PROGRAMS)

# Filters read and hash; only loaders and queries know what a database is, and parsers what is packed.
LDLIBS = -lpthread
$(DATABASE): LDLIBS = -lsqlite3 -lpthread
$(PARSERS): LDLIBS += -lzstd

$(PROGRAMS): $(BUILD)/%: $(BUILD)/tools/%.o $(BUILD)/libcommon.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -I. $(CSTD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/libcommon.a: $(COMMON)
	@rm -f $@
	$(AR) rcs $@ $^

# Programs of the tests that are written in C.
TESTERS  = $(addprefix $(BUILD)/,scan-gen crowd constants glob-check pages-check fault-shim.so plan-shim.so)
$(BUILD)/scan-gen $(BUILD)/crowd: $(BUILD)/%: $(BUILD)/tests/make/%.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BUILD)/pages-check: LDLIBS = -lsqlite3 -lpthread
$(BUILD)/constants $(BUILD)/glob-check $(BUILD)/pages-check: $(BUILD)/%: $(BUILD)/tests/oracle/%.o \
		$(BUILD)/libcommon.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
testers: $(TESTERS)

# Makes a call of a program fail (tests/lib/faults.bash): one of open and open64, and so on, whatever
# _FILE_OFFSET_BITS made of it.
shim = $(CC) $(CPPFLAGS) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $< -ldl
$(BUILD)/fault-shim.so: tests/fault/fault-shim.c
	@mkdir -p $(@D)
	$(shim)

# Tells how SQLite does the statements of a program (tests/plans.bats).
$(BUILD)/plan-shim.so: tests/oracle/plan-shim.c
	@mkdir -p $(@D)
	$(shim)

# The fuzzing targets of tests/fuzz; `make fuzz` gives BUILD, CC and CFLAGS for them.
FUZZERS  = $(addprefix $(BUILD)/fuzz-,$(notdir $(wildcard tests/fuzz/corpus/*)))
$(BUILD)/fuzz-log: $(BUILD)/tests/fuzz/plain_line.o
$(BUILD)/fuzz-stream $(BUILD)/fuzz-tsv: $(BUILD)/tests/fuzz/convert.o
$(BUILD)/fuzz-list $(BUILD)/fuzz-template: $(BUILD)/tests/fuzz/lines.o
$(BUILD)/fuzz-query: $(BUILD)/tests/fuzz/answers.o
$(FUZZERS): $(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/fuzz.o \
		$(BUILD)/libcommon.a
	$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(BUILD)/libcommon.a \
		-lsqlite3 -lpthread -lzstd
fuzzers: $(FUZZERS)
fuzz-objects: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c))

demo: all
	pipelines/demo

# tests/run builds (again, and finds nothing to do), runs bats and counts; TESTFLAGS are its
# options.
test:
	+TREETALLY_BUILD="$(BUILD)" tests/run $(TESTFLAGS)
# BENCHFLAGS are options of tests/bench: --lines 20M, --runs 3, ...
bench:
	+TREETALLY_BUILD="$(BUILD)" tests/bench $(BENCHFLAGS)
# libFuzzer of clang, so many SECONDS for each target; 0: only what the corpus has, once.
SECONDS ?= 60
fuzz:
	+$(MAKE) BUILD="$(BUILD)/fuzz" CC=clang CFLAGS="-O1 -g $(SANITIZE) $(FUZZING)" fuzzers
	tests/fuzz/run --seconds "$(SECONDS)" "$(BUILD)/fuzz"
# Imports in a row, and imports that are killed: the long form of what --all does.
soak:
	+TREETALLY_BUILD="$(BUILD)" TREETALLY_IMPORTS=50 TREETALLY_RUNS=1000 \
		tests/run --all $(TESTFLAGS) tests/soak.bats tests/kill.bats
test-asan:
	+TREETALLY_SANITIZED=1 $(MAKE) BUILD="$(BUILD)/asan" CFLAGS="-O1 -g $(SANITIZE)" test

lint: $(LINTS)
lint-names:
	@echo $(LINTS)
lint-gcc:
	$(MAKE) BUILD="$(BUILD)/lint-gcc" CC=gcc DEV=1 all testers
lint-clang:
	$(MAKE) BUILD="$(BUILD)/lint-clang" CC=clang DEV=1 all testers fuzz-objects
lint-cppcheck:
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -D_GNU_SOURCE -I. common tools
# A room includes itself and rooms of a lower number; a tool includes no other tool.
ROOMS    = base:1 stream:2 sort:3 db:4 log:5 parse:6 load:5 query:5 audit:5 walk:5 import:5
lint-rooms:
	@grep -H '^\#include "' common/*/*.[ch] tools/*.c | awk -v rooms="$(ROOMS)" '\
		BEGIN { n = split(rooms, r, /[ :]/); for (i = 1; i < n; i += 2) floor[r[i]] = r[i + 1] } \
		{ split($$0, at, /[\/:"]/); from = at[1] == "tools" ? "tools" : at[2]; \
		  split($$0, q, "\""); split(q[2], to, "/") } \
		to[1] != "common" || !floor[to[2]] || (from != "tools" && to[2] != from && \
			floor[to[2]] >= floor[from]) { print "goes up: " $$0; bad = 1 } \
		END { exit bad }'
# Programs of other languages in quotes, functions that bats calls, a subshell for each test, and
# variables that `run` and tests/lib set.
IN_BATS  = SC2016,SC2317,SC2030,SC2031,SC2154
lint-shell:
	shellcheck -ax $(SCRIPTS) $(HELPERS)
	shellcheck $(SHELLIBS) pipelines/lib/completion.bash
	shellcheck -x --shell=bats --exclude=$(IN_BATS) $(wildcard tests/*.bats)
lint-man:
	mandoc -Tlint -Wwarning $(wildcard man/*.[1-8])
# Nd and Te are macros and units.
lint-words:
	codespell -q 3 -L nd,te common tools man pipelines tests/*.md tests/*.bats tests/lib tests/oracle \
		tests/make tests/fault README.md CHANGELOG Makefile .ci

# Every source file says under which licence it is.
lint-licence:
	@! find Makefile .ci common tools pipelines tests -type f ! -name '*.md' ! -name '*.dict' \
		! -path '*/corpus/*' -exec grep -L 'SPDX-License-Identifier: MIT' {} + | grep .

PAGES    = $(filter-out man/demo.1,$(wildcard man/*.[1-8]))
install: all
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(COMPDIR)"
	install -m 755 $(PROGRAMS) $(PIPES) "$(DESTDIR)$(BINDIR)"
	@for unit in $(UNITS); do \
		sed "s|/usr/local/bin|$(BINDIR)|g" "$$unit" >"$(DESTDIR)$(DATADIR)/$${unit##*/}" || exit; \
	done
	install -m 644 pipelines/lib/completion.bash "$(DESTDIR)$(COMPDIR)/treetally"
	@for name in $(filter-out treetally,$(TOOLS)) $(notdir $(PIPES)); do \
		ln -sf treetally "$(DESTDIR)$(COMPDIR)/$$name" || exit; \
	done
	@for page in $(PAGES); do \
		dir="$(DESTDIR)$(MANDIR)/man$${page##*.}"; \
		install -d "$$dir" && install -m 644 "$$page" "$$dir" || exit; \
	done

uninstall:
	cd "$(DESTDIR)$(BINDIR)" && rm -f $(TOOLS) $(notdir $(PIPES))
	cd "$(DESTDIR)$(COMPDIR)" && rm -f treetally $(TOOLS) $(notdir $(PIPES))
	for page in $(notdir $(PAGES)); do rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page"; done
	rm -rf "$(DESTDIR)$(DATADIR)"

clean:
	rm -rf "$(BUILD)"

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
.PHONY: all demo test test-asan bench soak testers fuzz fuzzers fuzz-objects lint lint-names $(LINTS) install uninstall clean
