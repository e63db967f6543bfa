#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tests/run itself: where it runs, and what it counts.

load lib/helper

# A checkout with the programs that are built already, under a name with blanks.
setup_file() {
	local copy="$BATS_FILE_TMPDIR/a check out"
	make_here all testers
	mkdir -p "$copy/build" "$BATS_FILE_TMPDIR/t m p"
	(cd "$TREETALLY_TOP" && cp -a Makefile common tools pipelines tests "$copy")
	(cd "$TREETALLY_BUILD" && cp -a common tools tests "$copy/build" &&
		find . -maxdepth 1 -type f -exec cp -a {} "$copy/build" \;)
}

# run_there ARGUMENT...: tests/run there, with as little of our environment as somebody else has.
run_there() {
	# bats has put its own parts into PATH
	run env -i PATH="${PATH//"$BATS_LIBEXEC":/}" HOME="$PWD" TMPDIR="$BATS_FILE_TMPDIR/t m p" \
		TREETALLY_SANITIZED="${TREETALLY_SANITIZED:-}" \
		"$BATS_FILE_TMPDIR/a check out/tests/run" "$@"
	echo "$output"
}

@test "tests/run: blanks in the names of the checkout and of TMPDIR" {
	run_there tests/faults.bats tests/disk-full.bats tests/kill.bats \
		-f 'no processes|/dev/full|dir-load killed at a write'
	((status == 0))
	# two of them preload a library
	[[ ${lines[-1]} == "$(sanitized && echo 1 || echo 3) passed, 0 failed" ]]
	[[ -z $(ls -A "$BATS_FILE_TMPDIR/t m p") ]]
}

@test "tests/run: passed, failed, skipped and lost tests are told apart" {
	cd "$BATS_FILE_TMPDIR/a check out"
	# bats would take them for tests of this file
	sed 's/^TEST/@test/' >tests/good.bats <<-'END'
		load lib/helper
		TEST "it passes" { :; }
		TEST "it is skipped" { needs no-such-program; }
		TEST "it is slow" { slow; false; }
	END
	run_there tests/good.bats
	((status == 0))
	[[ $output == *"  no-such-program(1) is not installed"* && ${lines[-1]} == "1 passed, 0 failed" ]]
	printf '@test "it fails" {\n\techo "x: 5 passed, 0 failed, 0 skipped, 1 s"\n\tfalse\n}\n' >tests/bad.bats
	printf '@test "it is lost" {\n\tkill -KILL $PPID $$\n}\n' >tests/lost.bats
	printf '@test "it is broken" {\n\tif\n}\n' >tests/broken.bats
	run_there tests/good.bats tests/bad.bats tests/lost.bats tests/broken.bats
	((status == 1))
	[[ ${lines[-1]} == "1 passed, 3 failed" && $output == *"not ok 1 it fails"* ]]
	run_there tests/none.bats
	((status == 2))
	rm tests/{good,bad,lost,broken}.bats
}

@test "tests/lib: a database with a fault does not pass, unless the test spoils it" {
	local name
	mkdir "a b"
	for name in "a b/it's \"quoted\"" $'line\nfeed' 'back\slash' .hidden; do
		ask "$name" 'CREATE TABLE a(b INTEGER PRIMARY KEY); CREATE TABLE c(d REFERENCES a)' \
			'CREATE INDEX i ON c(d); INSERT INTO c VALUES(NULL)'
	done
	echo "SQLite has nothing to do with this" >text
	: >empty
	sound_databases "$PWD"
	# an index that lacks a row
	ask .hidden '.dbconfig defensive off' 'PRAGMA writable_schema = 1' \
		"UPDATE sqlite_master SET sql = sql || ' WHERE d > 0' WHERE name = 'i'" >/dev/null
	ask .hidden 'INSERT INTO c VALUES(NULL)'
	ask .hidden '.dbconfig defensive off' 'PRAGMA writable_schema = 1' \
		"UPDATE sqlite_master SET sql = 'CREATE INDEX i ON c(d)' WHERE name = 'i'" >/dev/null
	run sound_databases "$PWD"
	((status)) && [[ $output == *"of ./.hidden: "*"index i"* && $output != *quoted* ]]
	spoils '.hid*'
	sound_databases "$PWD"
	ask $'line\nfeed' 'INSERT INTO c VALUES(7)'
	run sound_databases "$PWD"
	((status)) && [[ $output == *"of ./line feed: c|2|a|0"* && $output != *hidden* ]]
	spoils $'line\nfeed'
	sound_databases "$PWD"
	# not at its end
	truncate -s 5000 'back\slash'
	run sound_databases "$PWD"
	((status)) && [[ $output == *'back\slash'* ]]
	spoils 'back*'
}
