# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Loaded by every .bats file: `load helper`. Puts the programs under test first in PATH, and behind
# them tests/make and tests/oracle (make-log, reference, compare-db, stream-tool); starts each
# test in its own empty directory and offers small fixtures. A file with its own setup() calls
# common_setup in it.

bats_require_minimum_version 1.5.0

TREETALLY_TOP=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
TREETALLY_BUILD=${TREETALLY_BUILD:-build}
case $TREETALLY_BUILD in
/*) ;;
*) TREETALLY_BUILD=$TREETALLY_TOP/$TREETALLY_BUILD ;;
esac
# The pipelines run the programs of this build, not those of the default one.
export TREETALLY_TOP TREETALLY_BUILD
PATH=$TREETALLY_BUILD:$TREETALLY_TOP/pipelines:$TREETALLY_TOP/tests/make:$TREETALLY_TOP/tests/oracle:$PATH
# Nothing in the caller's environment may change a result.
export PATH LC_ALL=C TZ=UTC TERM=xterm SHELL=$BASH
unset TMPDIR SQLITE_TMPDIR COLUMNS

# To tell where a test has failed, bats notes where it is before each command: a third of all the time
# that tests took. The trap of errors can find out when it matters.
where_it_fails() {
	declare -F bats_error_trap bats_capture_stack_trace >/dev/null || return 0
	((${BATS_TRACE_LEVEL:-0} == 0)) || return 0
	trap - DEBUG
	trap 'bats_error_trap; it_fails_here' ERR
}

it_fails_here() {
	! declare -F bats_capture_stack_trace >/dev/null || bats_capture_stack_trace
}

common_setup() {
	where_it_fails
	cd "$BATS_TEST_TMPDIR" || return
	umask 022
}

setup() {
	common_setup
}

common_teardown() {
	sound_databases "$BATS_TEST_TMPDIR" || { it_fails_here; return 1; }
}

teardown() {
	common_teardown
}

teardown_file() {
	sound_databases "$BATS_FILE_TMPDIR"
}

# spoils PATTERN...: the test damages such files on purpose, somewhere in its directory.
spoils() {
	spoilt+=("$@")
}

# sound_databases DIR: every database there is one in which SQLite finds no fault, nor a row without
# its directory. One process for all, whatever they are called. An unfinished one counts too.
sound_databases() (
	set +T
	trap - DEBUG ERR
	shopt -s globstar nullglob dotglob
	cd "$1" || exit
	files=()
	for file in **/*; do
		[[ -f $file && ! -L $file && -r $file ]] || continue
		for pattern in "${spoilt[@]}"; do
			# shellcheck disable=SC2053 # a pattern
			[[ ${file##*/} != $pattern ]] || continue 2
		done
		IFS= read -rN 15 magic <"$file" || true
		[[ $magic != "SQLite format 3" ]] || files+=("$file")
	done
	((${#files[@]})) || exit 0
	faults=$(for file in "${files[@]}"; do
		# in double quotes as in C
		file=${file//\\/\\\\} file=${file//$'\n'/\\n} file=${file//\"/\\\"}
		printf '.open "./%s"\n.print "of ./%s"\n' "$file" "${file//\\n/ }"
		echo 'PRAGMA integrity_check(5); PRAGMA foreign_key_check;'
	done | ask :memory: 2>&1 | awk '/^of / { name = $0; next } !/^ok$/ { print name ": " $0 }') || true
	[[ ! $faults ]] || { echo "SQLite finds faults:"; echo "$faults"; exit 1; } >&2
)

# First line of a test that takes more than a few seconds: it runs only under `tests/run --all`.
slow() {
	[[ ${TREETALLY_ALL:-} == 1 ]] || skip "slow: tests/run --all"
}

# sampled [N]: true for each case under `tests/run --all`, else for one in N [4], for others in each run.
sampled() {
	sample_at=$((${sample_at:-RANDOM} + 1))
	[[ ${TREETALLY_ALL:-} == 1 ]] || ((sample_at % ${1:-4} == 0))
}

# First line of a test that cannot do without some programs: needs PROGRAM...
needs() {
	local program
	for program; do
		type -P "$program" >/dev/null || skip "$program(1) is not installed"
	done
}

# First line of a test that looks at a terminal.
needs_terminal() {
	needs script
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no pseudo-terminals here (/dev/pts)"
}

# on_terminal COLUMNS SHELL-COMMAND: it runs on a terminal of 50 rows, what that shows is in ./screen.
# Sets status.
# shellcheck disable=SC2034 # status is for the caller
on_terminal() {
	needs_terminal
	status=0
	timeout 60 script -qec "stty cols $1 rows 50 -onlcr; $2" /dev/null </dev/null >screen 2>&1 ||
		status=$?
}

# ---- what streams and databases say ----

# parse [OPTION...] [LOG]: entries of a scan of SCAN_DATE [2026-01-15].
parse() {
	gpfs-parse -q -f fs1 --scan-date "${SCAN_DATE:-2026-01-15}" "$@"
}

# rows [STREAM]: its records as text.
rows() {
	rec-cat "${1:--}" | sed '1,2d;$d'
}

# words [STREAM]: the same, with blanks between columns, and without those of links if they are empty.
words() {
	rows "$@" | sed 's/\t\{8\}$//' | tr '\t' ' '
}

# ledger NAME FILE: a field of the last line of a stream in text.
ledger() {
	tail -n 1 "$2" | tr '\t' '\n' | sed -n "s/^$1=//p"
}

# ask [OPTION...] DB SQL...
ask() {
	sqlite3 -batch -init /dev/null "$@"
}

# query DB SQL: columns separated by blanks.
query() {
	ask -separator ' ' -nullvalue NULL "$@"
}

# lock_database DB: another process ($COPROC_PID) writes to it, until unlock_database.
lock_database() {
	local answer
	coproc sqlite3 -batch -init /dev/null "$1"
	printf "BEGIN EXCLUSIVE; SELECT 'locked';\n" >&"${COPROC[1]}"
	read -r answer <&"${COPROC[0]}"
	[[ $answer == locked ]]
}

unlock_database() {
	# bash forgets the number when it has noticed the end
	local pid=$COPROC_PID
	eval "exec ${COPROC[1]}>&-"
	wait "$pid"
}

# cpu COMMAND...: hundredths of seconds of CPU that it takes, however busy the machine is.
cpu() {
	local before after me=$BASHPID
	before=$(awk '{ print $16 + $17 }' "/proc/$me/stat")
	"$@" || return
	after=$(awk '{ print $16 + $17 }' "/proc/$me/stat")
	echo $((after - before))
}

# ---- making things ----

# True when the programs were built with sanitizers, whose shadow memory makes memory limits
# meaningless.
sanitized() {
	[[ ${TREETALLY_SANITIZED:-} == 1 ]]
}

# make_here ARGUMENT...: make, in the build under test. make takes no names with blanks, so the build
# has a relative one, and the checkout may lie anywhere.
make_here() {
	make -s -C "$TREETALLY_TOP" \
		BUILD="$(realpath -m --relative-to="$TREETALLY_TOP" "$TREETALLY_BUILD")" "$@"
}

# make_tester NAME: a program of the tests that is written in C; tests/run has made it already.
make_tester() {
	make_here "$(realpath -m --relative-to="$TREETALLY_TOP" "$TREETALLY_BUILD")/$1"
}

# The SHOW text of the default layout: show [SIZE [KB [UID [GID [MODE [ACCESS [MTIME]]]]]]].
show() {
	local at=${6:-2025-12-01 10:00:00} mt=${7:-2025-11-15 10:00:00}
	printf 's=%s a=%s u=%s g=%s m=FAu p=%s ac=%s mt=%s cr=%s nl=1' \
		"${1:-1024}" "${2:-8}" "${3:-1000}" "${4:-100}" "${5:--rw-r--r--}" "$at" "$mt" "$mt"
}

# One record line: line INODE PATH [arguments of show].
line() {
	printf '<0> %s 1910420955 0  %s -- %s\n' "$1" "$(show "${@:3}")" "$2"
}

# The class of age, and a time of it, for the scan date 2026-01-11: both sides of each border.
age_borders() {
	cat <<-'END'
		0 9999-12-31 23:59:59
		0 2026-01-12 00:00:00
		0 2026-01-11 00:00:01
		0 2026-01-11 00:00:00
		0 2026-01-10 23:59:59
		0 2025-12-12 00:00:01
		1 2025-12-12 00:00:00
		1 2025-12-12 00:00:00.999999
		1 2025-12-11 23:59:59
		1 2025-10-13 00:00:01
		2 2025-10-13 00:00:00
		2 2025-07-15 00:00:01
		3 2025-07-15 00:00:00
		3 2025-01-11 00:00:01
		4 2025-01-11 00:00:00
		4 2024-01-12 00:00:01
		5 2024-01-12 00:00:00
		5 2023-01-12 00:00:01
		6 2023-01-12 00:00:00
		6 2022-01-12 00:00:01
		7 2022-01-12 00:00:00
		7 2020-01-13 00:00:01
		8 2020-01-13 00:00:00
		8 2019-01-13 00:00:01
		9 2019-01-13 00:00:00
		9 1970-01-01 00:00:00
		9 1969-12-31 23:59:59
		9 1969-12-31 23:59:59.5
		9 0001-01-01 00:00:00
	END
}

# summed_lines DIR: 13,700 lines of files in DIR/few, 20 owners in 137 directories: usage_r has rows
# for DIR/few and for two directories below it.
summed_lines() {
	awk -v dir="$1/few" 'BEGIN {
		for (i = 0; i < 137; i++) {
			path = dir (i < 46 ? "/one/" : i < 92 ? "/two/" : "/") "d" i
			for (j = 0; j < 100; j++)
				printf "1 %d 0  s=%d a=%d u=%d g=7 p=-rw-r--r-- ac=%d-01-01 00:00:00 mo=2026-01-01 00:00:00 -- %s/f%d\n",
					900000 + 100 * i + j, j, 2 * 10 ^ (j % 5), 5000 + int(j / 5), 2019 + j % 8, path, j
		}
	}'
}

# A good log: 30 lines, of which 27 are records (8 directories, 19 other entries) below /gpfs/fs1,
# with two owners and groups, all times before 2026-01-15, one directory without a line
# (/gpfs/fs1/b/implied), one hard-linked pair (inode 301), a symbolic link, a socket, names with
# blanks and bytes that are not UTF-8, and no rejected line.
small_log() {
	local d=drwxr-xr-x f=-rw-r--r--
	echo '[I] 2026-01-15@10:00:00.000 Directory entries scanned: 27.'
	echo '# a comment'
	line 100 /gpfs/fs1 4096 4 0 0 $d
	line 101 /gpfs/fs1/a 4096 4 1000 100 $d
	line 102 /gpfs/fs1/a/deep 4096 4 1000 100 $d
	line 103 /gpfs/fs1/a/deep/er 4096 4 1000 100 $d
	line 104 /gpfs/fs1/b 4096 4 1001 101 $d
	line 105 "/gpfs/fs1/b c" 4096 4 1001 101 $d
	line 106 /gpfs/fs1/empty 4096 4 1001 100 $d
	line 107 /gpfs/fs1/a.d 4096 4 1001 101 $d
	line 200 /gpfs/fs1/top.txt 1024 8 1000 100
	line 201 /gpfs/fs1/a/one 10 8 1000 100 $f '2026-01-14 00:00:00'
	line 202 /gpfs/fs1/a/two 2000000 2048 1000 100 $f '2025-06-01 00:00:00'
	line 203 /gpfs/fs1/a/other 5000 8 1001 101 $f '2020-02-29 23:59:59'
	line 204 /gpfs/fs1/a/inline 3800 0 1000 100
	line 205 /gpfs/fs1/a/migrated 1048576 0 1000 100
	line 206 /gpfs/fs1/a/deep/x 123456789 120564 1000 100 $f '2018-01-01 12:00:00'
	line 207 /gpfs/fs1/a/deep/er/y 1 4 1001 101 $f '1969-12-31 23:59:59'
	line 208 /gpfs/fs1/a/deep/er/z 1 4 1001 101 -rwsr-xr-x
	line 209 /gpfs/fs1/a.d/in 70000 128 1001 101
	line 210 "/gpfs/fs1/b c/with blank" 4097 8 1001 101
	line 211 "/gpfs/fs1/b c/x -- y" 4097 8 1001 101
	line 212 $'/gpfs/fs1/b/caf\xe9' 512 8 1001 101
	line 213 $'/gpfs/fs1/b/caf\xc3\xa9' 512 8 1001 101
	line 214 /gpfs/fs1/b/implied/f 512 8 1001 101
	line 215 /gpfs/fs1/b/link 11 0 1001 101 lrwxrwxrwx
	line 216 /gpfs/fs1/b/socket 0 0 1001 101 srwxrwxrwx
	line 301 /gpfs/fs1/a/hard1 9000 16 1000 100 | sed 's/nl=1/nl=2/'
	line 301 /gpfs/fs1/b/hard2 9000 16 1000 100 | sed 's/nl=1/nl=2/'
	echo
}

# small_database [OPTION...]: small.db, of small_log in 20260115_x_small.list.
small_database() {
	small_log >20260115_x_small.list
	scan-import -q --db small.db "$@" 20260115_x_small.list
}

# big_log LINES [SEED]: a reproducible log with one directory line for every nine files, quickly
# made.
big_log() {
	awk -v n="$1" -v seed="${2:-1}" 'BEGIN {
		srand(seed); dir = "/gpfs/big"
		for (i = 0; i < n; i++) {
			uid = 1000 + int(rand() * 20); isdir = i % 10 == 0
			if (isdir)
				dir = sprintf("/gpfs/big/p%d/d%d", int(rand() * 50), i)
			size = isdir ? 4096 : int(exp(rand() * 20))
			printf "<%d> %d %d 0  s=%d a=%d u=%d g=%d m=FAu p=%s", i % 4, 1000 + i, 65536 + i,
				size, int((size + 1023) / 1024), uid, uid % 7,
				isdir ? "drwxr-xr-x" : "-rw-r--r--"
			printf " ac=20%02d-%02d-%02d %02d:00:00", 15 + int(rand() * 10),
				1 + int(rand() * 12), 1 + int(rand() * 28), int(rand() * 24)
			printf " mt=2015-01-01 00:00:00 cr=2015-01-01 00:00:00 nl=1 -- %s%s\n",
				dir, isdir ? "" : "/f" i
		}
	}' /dev/null
}

# Of two words the first for the quick tests, the second for all.
quick_or_all() {
	if [[ ${TREETALLY_ALL:-} == 1 ]]; then echo "$2"; else echo "$1"; fi
}

# du_dirs %b|%s DIR: the bytes that du counts for the directories in DIR themselves. Newer ones leave
# their lengths out.
du_dirs() {
	local counted
	mkdir du-dirs
	: >du-dirs/file
	counted=$(du -sb du-dirs)
	rm -r du-dirs
	[[ $1 == %b || ${counted%%[^0-9]*} != 0 ]] || { echo 0; return; }
	find "$2" -type d -printf "$1\n" | awk -v unit="$([[ $1 == %b ]] && echo 512 || echo 1)" \
		'{ sum += $1 * unit } END { printf "%.0f\n", sum }'
}

# make_stream KIND [FILE]: a binary stream of small_log: entry, dir (tree order) or usage. FILE
# defaults to stdout.
make_stream() {
	local out=${2:--}
	local parse=(gpfs-parse -f fs1 --scan-date 2026-01-15 --source small.list)
	case $1 in
	entry) small_log | "${parse[@]}" -o "$out" ;;
	dir) small_log | "${parse[@]}" | dir-extract | depth-sort -o "$out" ;;
	usage) small_log | "${parse[@]}" | stats-accum -o "$out" ;;
	*) echo "make_stream: no kind $1" >&2; return 2 ;;
	esac
}

# measured_programs FILE: in ./programs the six of scan-import; the memory of each (KiB) and its name
# go to FILE when it ends.
measured_programs() {
	local stage
	needs time
	mkdir programs
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		printf '#!/bin/sh\nexec time -f "%%M %s" -a -o "%s" "%s" "$@"\n' \
			$stage "$PWD/$1" "$TREETALLY_BUILD/$stage" >programs/$stage
		chmod +x programs/$stage
	done
}
