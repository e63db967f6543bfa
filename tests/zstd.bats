#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Logs packed by zstd: frames of every kind, several at once, and damage at any place of them.

load lib/helper

setup() {
	common_setup
	parse=(gpfs-parse -q -f fs1 --scan-date 2026-01-15 --source log)
}

frame() {
	zstd -qc "$@"
}

# skippable LENGTH [KIND]: a frame that holds no text.
skippable() {
	perl -e 'my ($len, $kind) = @ARGV; print pack("VV", 0x184d2a50 + $kind, $len), "x" x $len' "$1" "${2:-0}"
}

# raw WINDOW [LEVEL]: standard input in blocks that are not packed, no size, no checksum.
raw() {
	perl -e '
		my ($window) = @ARGV;
		local $/; my $text = <STDIN>; my $max = 100000;
		print "\x28\xb5\x2f\xfd", chr 0, chr(($window - 10) << 3);
		for (my $at = 0; ; $at += $max) {
			my $last = $at + $max >= length $text ? 1 : 0;
			my $piece = substr $text, $at, $max;
			print substr(pack("V", $last | length($piece) << 3), 0, 3), $piece;
			last if $last;
		}' "$1"
}

# One log, in ways to pack it: functions from standard input to standard output.
in_one_frame() { frame; }
without_checksum() { frame --no-check; }
without_size() { cat | frame --no-content-size; }
with_size() { cat >all; frame all; }
packed_hard() { frame -19; }
with_a_window_of_2_gib() { raw 31; }
by_threads() { frame -T4 -B1M; }
behind_skippable_frames() { skippable 0; skippable 7 15; skippable 300000 3; frame; }
before_skippable_frames() { frame; skippable 1000 8; skippable 0 1; }
between_empty_frames() { frame </dev/null; raw 20 </dev/null; frame; frame </dev/null; frame --no-check </dev/null; }

# each_part LINES COMMAND...: the command for every so many lines of standard input.
each_part() {
	export -f frame skippable raw
	split -l "$1" --filter="bash -c '${*:2}'" -
}
in_small_frames() { each_part 7 'frame --no-check -1'; }
in_frames() { each_part 700 frame; }
in_all_kinds() {
	each_part 500 'case $((RANDOM % 7)) in
		0) skippable $((RANDOM % 3)); cat | frame ;;
		1) frame --no-check; skippable 20 ;;
		2) frame -19 --long ;;
		3) raw 17 ;;
		4) frame </dev/null; frame ;;
		5) cat >part; frame part ;;
		6) cat | frame --no-content-size -1 --no-check ;;
	esac'
}
# as pzstd does it
with_their_sizes() {
	each_part 900 'frame >part; printf "\x50\x2a\x4d\x18\x04\0\0\0"; perl -e "print pack q(V), -s q(part)"; cat part'
}
# more text than a thread takes: frames of 12 MiB
nothing=$(printf '%0200d' 0)
in_large_frames() { { cat; yes "# $nothing" | head -n 150000; } | split -b 12M --filter='zstd -qc' -; }
between_large_frames() {
	cat >all
	head -n 9000 all | frame
	yes "# $nothing" | head -n 90000 | frame
	tail -n +9001 all | frame
}

ways=(in_one_frame without_checksum without_size with_size packed_hard with_a_window_of_2_gib by_threads
	behind_skippable_frames before_skippable_frames between_empty_frames in_small_frames in_frames
	in_all_kinds with_their_sizes in_large_frames between_large_frames)

@test "zstd: frames of every kind and number, from everywhere, by any number of threads" {
	local way j
	big_log "$(quick_or_all 5000 20000)" >log
	for way in "${ways[@]}"; do
		sampled 3 || continue
		"$way" <log >packed
		zstd -dcq --long=31 packed >text
		"${parse[@]}" text >want
		for j in '-j1' '-j2' '-j4 -S 64M' '-j4' '-j16' '-j4 -S 4M'; do
			sampled 3 || continue
			# shellcheck disable=SC2086 # two words
			"${parse[@]}" $j packed >got
			cmp want got || { echo "$way $j"; return 1; }
			# shellcheck disable=SC2086
			"${parse[@]}" $j <packed >got
			cmp want got || { echo "$way $j <"; return 1; }
			# shellcheck disable=SC2086,SC2002 # a pipe is the point
			cat packed | "${parse[@]}" $j >got
			cmp want got || { echo "$way $j |"; return 1; }
		done
	done
	mkfifo fifo
	cat packed >fifo &
	"${parse[@]}" -j4 fifo >got
	cmp want got
	in_frames <log >packed
	# from where it stands, and in pieces that are never what a frame is
	{ echo skip this; cat packed; } >both
	{ read -r _; "${parse[@]}" -j4; } <both >got
	"${parse[@]}" log >want
	cmp want got
	perl -e '$| = 1; while (sysread STDIN, $_, 1 + int rand 3000) { syswrite STDOUT, $_ }' <packed |
		"${parse[@]}" -j4 >got
	cmp want got
}

@test "zstd: what pzstd makes is read" {
	needs pzstd
	big_log 300000 >log
	"${parse[@]}" log >want
	pzstd -qc -p 3 -1 log >packed
	for j in 1 2 4; do
		"${parse[@]}" -j$j packed >got
		cmp want got
	done
}

@test "zstd: the program is not needed" {
	big_log 100 >log
	frame log >packed
	mkdir bin
	PATH=$PWD/bin "$TREETALLY_BUILD/gpfs-parse" -q --source log -o got packed
	"$TREETALLY_BUILD/gpfs-parse" -q --source log -o want log
	cmp want got
	PATH=$PWD/bin run -0 "$TREETALLY_BUILD/gpfs-parse" -V
	[[ $output == *zstd* ]]
}

# outcome FILE OPTION...: status and what it says, with the frame but without the place in it, and
# without the library's word for it: these depend on how much it was given at once.
outcome() {
	local status=0
	"${parse[@]}" "${@:2}" -o got "$1" 2>said || status=$?
	sed -E "s/near byte [0-9]*(.*): .*/near\1/; s/^/$status /" said
	((status)) || { cmp -s got want && echo 'the same'; } || echo 'other text'
}

# In `packed`: frames that have a checksum and whole lines. Their offsets are in `borders`.
few_frames() {
	big_log 12 >log
	skippable 5 >part.1
	head -n 3 log | frame >part.2
	sed -n 4,5p log | frame -19 >part.3
	frame </dev/null >part.4
	skippable 0 9 >part.5
	sed -n 6,8p log >part
	frame part >part.6
	tail -n +9 log | frame >part.7
	cat part.* >packed
	borders=$(stat -c %s part.* | awk '{ printf " %d ", at; at += $1 }')
}

@test "zstd: any byte that is changed is noticed, or changes nothing" {
	local size at value one many borders
	few_frames
	"${parse[@]}" log >want
	size=$(wc -c <packed)
	((size > 400 && size < 1500))
	for ((at = 0; at < size; at++)); do
		sampled 20 || continue
		for value in 01 80 $(((RANDOM % 89) + 10)); do
			perl -0777 -pe 'BEGIN { ($at, $value) = splice @ARGV, 0, 2 }
				substr($_, $at, 1) ^= chr hex $value' "$at" "$value" packed >other
			one=$(outcome other -j1) many=$(outcome other -j3)
			[[ $one == "$many" ]] || { echo "$at $value: $one, $many"; return 1; }
			[[ $one == 'the same' || $one == "3 gpfs-parse: "* ]] || { echo "$at $value: $one"; return 1; }
		done
	done
}

@test "zstd: a file that is cut is noticed, unless it is cut between two frames" {
	local size at borders one many found='' all lines
	few_frames
	size=$(wc -c <packed)
	"${parse[@]}" log >want
	all=$(rows want | wc -l)
	for ((at = 14; at < size; at++)); do
		[[ $borders == *" $((at - 1)) "* || $borders == *" $at "* || $borders == *" $((at + 1)) "* ]] ||
			sampled 8 || continue
		head -c "$at" packed >other
		one=$(outcome other -j1) many=$(outcome other -j3)
		[[ $one == "$many" ]] || { echo "$at: $one, $many"; return 1; }
		if [[ $one == 'other text' || $one == 'the same' ]]; then
			found+=" $at "
			lines=$(rows got | wc -l)
			((lines > 0 && lines <= all))
		elif [[ $one != "3 gpfs-parse: other: ends at byte $at, inside the zstd frame that begins at byte "* ]]; then
			echo "$at: $one"
			return 1
		fi
	done
	[[ " 0  13 $found" == "$borders" ]] || { echo "$found, $borders"; false; }
	# the end line of a list tells
	{ echo '# treetally scan-tree 2'; cat log; echo '# treetally scan-tree end entries=12 unseen=0'; } >list
	{ head -n 8 list | frame; tail -n +9 list | frame; } >packed
	"${parse[@]}" -o got packed
	head -c "$(head -n 8 list | frame | wc -c)" packed >other
	run -3 --separate-stderr "${parse[@]}" -o got other
	[[ $stderr == *"the end line is missing"* ]]
}

@test "zstd: damage is told with file, place and frame; what follows the last frame is too" {
	big_log 3000 >log
	in_frames <log >packed
	local first size j
	size=$(wc -c <packed)
	first=$(head -n 700 log | frame | wc -c)
	perl -0777 -pe 'BEGIN { $at = shift } substr($_, $at + 1000, 2) ^= "\x55\xaa"' "$first" packed >broken
	for j in 1 4; do
		run -3 --separate-stderr "${parse[@]}" -j$j -o out broken
		[[ $stderr =~ ^'gpfs-parse: broken: is damaged near byte '[0-9]+', in the zstd frame that begins at byte '$first': '. ]]
		run -3 --separate-stderr "${parse[@]}" -j$j -o out < <(cat broken)
		[[ $stderr =~ ^'gpfs-parse: standard input: is damaged near byte '[0-9]+', in the zstd frame that begins at byte '$first': '. ]]
		for tail in x '(\xb5/\xfd' 'P*M\x18\xff\xff\xff\xffxyz' '\0\0\0\0\0\0\0\0\0\0\0\0' '\n' 'BZh91AY&SY0123456789'; do
			{ cat packed; printf '%b' "$tail"; } >longer
			run -3 --separate-stderr "${parse[@]}" -j$j -o out longer
			[[ $stderr == "gpfs-parse: longer: "*" in"*" the zstd frame that begins at byte $size"* ||
				$stderr == "gpfs-parse: longer: ends at byte $((size + 1)), inside the zstd frame that begins at byte $size" ]] ||
				{ echo "$stderr"; return 1; }
		done
		[ ! -e out ]
	done
	# a frame that wants a dictionary
	zstd -qq --train-fastcover -B400 --maxdict=2K -o dictionary log
	{ head -n 10 log | frame; tail -n +11 log | frame -D dictionary; } >packed
	run -3 --separate-stderr "${parse[@]}" -o out packed
	[[ $stderr == *"in the zstd frame that begins at byte "*": Dictionary mismatch" && ! -e out ]]
}

# Whoever unpacks it: the same text, the same fault.
@test "zstd: frames in any order, damaged anywhere: one thread and several agree" {
	local n kinds=()
	big_log 6000 >all
	for way in frame 'frame --no-check' 'frame -1' 'raw 20' 'frame -19'; do
		for lines in 1 30 4000; do
			head -n $((lines + RANDOM % 1000)) all | tail -n "$lines" | $way >"f${#kinds[@]}"
			kinds+=("f${#kinds[@]}")
		done
	done
	skippable 3 >s0; skippable 70000 >s1; frame </dev/null >s2
	for ((n = $(quick_or_all 40 600); n; n--)); do
		mapfile -t picked < <(shuf -r -n $((RANDOM % 12 + 1)) -e "${kinds[@]}" s0 s1 s2)
		cat f0 "${picked[@]}" >packed
		case $((RANDOM % 4)) in
		0) ;;
		1) truncate -s "$(($(wc -c <packed) - RANDOM % 5000))" packed ;;
		*) perl -e 'open my $f, "+<", "packed"; seek $f, 12 + int rand(-12 + -s $f), 0; print $f chr rand 256' ;;
		esac
		zstd -dcq --long=31 packed >text 2>/dev/null && "${parse[@]}" -o want text 2>/dev/null || : >want
		one=$(outcome packed -j1) many=$(outcome packed -j4)
		[[ $one == "$many" && $one != 'other text' ]] ||
			{ cp packed "$BATS_SUITE_TMPDIR/"; echo "${picked[*]}: $one, $many"; return 1; }
	done
}

@test "zstd: many logs with few descriptors and threads" {
	local n
	big_log 300 | split -l 1 -a 3 - log.
	for n in log.*; do frame "$n"; frame </dev/null; done | cat >whole
	zstd -q log.*
	bash -c "ulimit -n 12; exec gpfs-parse -q -j4 -o got log.*.zst"
	bash -c "ulimit -n 12; exec gpfs-parse -q -j4 --source whole -o one whole"
	rec-cat got | sed '1,2d;$d' >many
	rec-cat one | sed '1,2d;$d' | cmp many -
	[ "$(wc -l <many)" -eq 300 ]
}

@test "zstd: memory is that of -S and a window" {
	sanitized && skip "sanitizers need memory of their own"
	needs time
	big_log 200000 >log
	split -b 8M --filter='zstd -qc -3' log >packed
	for memory in 4 32 64; do
		command time -f %M -o peak "${parse[@]}" -j4 -S ${memory}M -o got packed
		(($(<peak) < (memory + 8) << 10)) || { echo "$memory: $(<peak)"; false; }
	done
	# a frame that wants 2 GiB, and does not get them
	raw 31 <log >packed
	run -4 --separate-stderr bash -c 'ulimit -v 1000000; gpfs-parse -q -o out packed'
	[[ $stderr == "gpfs-parse: packed: out of memory: the zstd frame at byte 0 needs a large window" && ! -e out ]]
	# one that says so and has little text takes little
	raw 31 <<<"$(head -n 100 log)" >packed
	command time -f %M -o peak gpfs-parse -q -o got packed
	(($(<peak) < 32 << 10)) || { cat peak; false; }
}
