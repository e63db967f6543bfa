#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# treetally: one name for all programs; what it runs must not be able to tell.

# shellcheck disable=SC2154 # stderr is set by run

load lib/helper

@test "treetally: from a tree to answers by its commands alone" {
	mkdir tree
	echo x >tree/f
	set -o pipefail
	treetally scan tree 2>/dev/null | treetally import -q --db t.db
	[ "$(treetally usage -q --by owner t.db)" = "$(stats-query -q --by owner t.db)" ]
	[ "$(treetally dirs -q t.db)" = "$(dir-query -q t.db)" ]
	treetally export --ncdu t.db | cmp - <(dir-export --ncdu t.db)
	treetally audit -q t.db
	make_stream dir | treetally rec-cat >rows
	make_stream dir | rec-cat | cmp - rows
}

@test "treetally: the name of every program is a command" {
	local file name
	for file in "$TREETALLY_TOP"/tools/*.c; do
		name=$(basename "$file" .c)
		[[ $name == treetally ]] || [ "$(treetally "$name" --version)" = "$("$name" --version)" ]
	done
}

@test "treetally: status, arguments and signals are those of the program" {
	run -2 treetally dirs --bogus
	run -1 treetally depth-sort -c <(printf '' | cat) || true
	run -2 --separate-stderr treetally nosuch
	[[ $stderr == "treetally: nosuch: no such command"* && -z $output ]]
	run -2 --separate-stderr treetally dirs
	[[ $stderr == dir-query:* ]]
	run -0 treetally dirs --help
	[[ $output == "usage: dir-query "* ]]
	big_log 20000 >log
	run -141 bash -c 'exec 3> >(exit 0); sleep 0.1; exec treetally gpfs-parse -f x --scan-date 2026-01-01 -t log >&3'
}

@test "treetally: alone it lists the commands, each of which has a program and a line in the manual" {
	local command program
	run -0 treetally
	while read -r command program; do
		[[ -x $TREETALLY_BUILD/$program ]]
		grep -q "^\.It Cm $command Ta Xr $program 1 Ta " "$TREETALLY_TOP/man/treetally.1"
	done < <(sed -nE 's/^  ([a-z]+) .*\(([a-z-]+)\)$/\1 \2/p' <<<"$output")
	(($(grep -cE '^  [a-z]+ .*\([a-z-]+\)$' <<<"$output") >= 6))
	[ "$(treetally --help)" = "$output" ]
	run -0 treetally --version
	[[ $output == "treetally "* ]]
}

@test "treetally: programs are those beside it, not those of PATH" {
	mkdir bin evil
	cp "$TREETALLY_BUILD/treetally" bin/
	printf '#!/bin/sh\necho beside "$@"\n' >bin/dir-query
	printf '#!/bin/sh\necho evil\n' >evil/dir-query
	chmod +x bin/dir-query evil/dir-query
	PATH=$PWD/evil:$PWD/bin:$PATH run -0 treetally dirs a 'b c'
	[ "$output" = "beside a b c" ]
	rm bin/dir-query
	PATH=$PWD/evil:$PWD/bin:$PATH run -4 --separate-stderr treetally dirs
	[[ $stderr == "treetally: cannot run "*/bin/dir-query": No such file or directory" ]]
}

@test "treetally: help is the page of the program" {
	mkdir bin
	printf '#!/bin/sh\necho man "$@"\n' >bin/man
	chmod +x bin/man
	mkdir -p checkout/build checkout/man elsewhere
	cp "$TREETALLY_BUILD/treetally" checkout/build/
	cp "$TREETALLY_BUILD/treetally" elsewhere/
	touch checkout/man/stats-query.1
	PATH=$PWD/bin:$PATH
	[ "$(elsewhere/treetally help)" = "man 7 treetally" ]
	[ "$(elsewhere/treetally help usage)" = "man 1 stats-query" ]
	[ "$(elsewhere/treetally help rec-cat)" = "man 1 rec-cat" ]
	# Pages of a checkout are not where man looks.
	[ "$(checkout/build/treetally help usage)" = "man -l $PWD/checkout/build/../man/stats-query.1" ]
	run -2 treetally help nosuch
}

@test "treetally: what make install puts down works there, and make uninstall takes it all away" {
	mkdir tree
	echo x >tree/f
	make_here DESTDIR="$PWD/dest" PREFIX=/opt/tt BINDIR=/opt/tt/libexec MANDIR=/opt/man install
	[[ -x dest/opt/tt/libexec/treetally && -f dest/opt/man/man1/treetally.1 ]]
	# Nothing of the checkout is needed.
	env -u TREETALLY_BUILD PATH=/usr/bin:/bin bash -c '
		set -o pipefail
		d=dest/opt/tt/libexec
		$d/scan-tree -q tree | $d/treetally import -q --db t.db && $d/treetally dirs -q t.db' >rows
	[ "$(wc -l <rows)" -ge 2 ]
	env -u TREETALLY_BUILD PATH=/usr/bin:/bin dest/opt/tt/libexec/scan-policy >/dev/null
	make_here DESTDIR="$PWD/dest" PREFIX=/opt/tt BINDIR=/opt/tt/libexec MANDIR=/opt/man uninstall
	run -0 find dest ! -type d
	[ -z "$output" ]
}
