#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The battery of checks that every program must pass (battery.bash), over all of them.

load lib/helper
load lib/faults
load lib/battery

setup_file() {
	battery_fixtures
}

@test "battery: --help and --version" {
	battery check_help "${PROGRAMS[@]}"
	battery check_version "${PROGRAMS[@]}"
}

@test "battery: wrong options, sizes and numbers are usage errors" {
	battery check_wrong_options "${PROGRAMS[@]}"
	battery check_contradictions "${PROGRAMS[@]}"
	battery check_operand_counts "${PROGRAMS[@]}"
	battery check_wrong_values "${FILTERS[@]}"
	battery check_sizes "${FILTERS[@]}"
}

@test "battery: no input, no file, a directory, stdin closed" {
	battery check_no_input gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: a stream of header and trailer only" {
	battery check_empty_stream
}

@test "battery: zero bytes" {
	battery check_zero_bytes
}

@test "battery: wrong magic" {
	battery check_wrong_magic
}

@test "battery: wrong kind" {
	battery check_wrong_kind
}

@test "battery: wrong version" {
	battery check_wrong_version
}

@test "battery: a header or trailer that says what cannot be" {
	battery check_wrong_texts
}

@test "battery: cut at every kind of boundary" {
	battery check_cuts
	battery check_long_cuts
}

@test "battery: text cut at and inside lines" {
	battery check_text_cuts
}

@test "battery: one flipped bit, here and there" {
	battery check_flips
}

@test "battery: one flipped bit in every byte" {
	slow
	battery check_every_flip
}

@test "battery: changed records under right hashes" {
	battery check_sealed_flips
	battery check_sealed_fields
}

@test "battery: every byte of the records changed under right hashes" {
	slow
	battery check_every_sealed_flip
}

@test "battery: changed text" {
	battery check_text_flips
	battery check_text_rows
}

@test "battery: blocks dropped, swapped, repeated" {
	battery check_blocks
}

@test "battery: bytes behind the trailer, two streams in one" {
	battery check_bytes_behind
	battery check_glued
}

@test "battery: stdin, -, and a slow pipe are like a file" {
	battery check_stdin
	battery check_operands gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: the same source twice, another scan, a second operand that is bad" {
	battery check_several
}

@test "battery: terminals are refused" {
	battery check_terminal gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: output to a full disk" {
	battery check_full_disk gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: a reader that closes early ends a program by SIGPIPE" {
	battery check_early_close gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: -o: several, whole or not at all, links, modes, pipes" {
	battery check_output gpfs-parse list-parse "${STREAM_CASES[@]}"
	battery check_output_without_unnamed_files gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: stdout closed or full is status 4, unless nothing is written there" {
	battery check_stdout_lost gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: stderr closed or full changes neither status nor results" {
	battery check_stderr_lost gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: descriptors are written as they are" {
	battery check_descriptors gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: no file is read and written, by whatever names" {
	battery check_same_file gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: a small stack is enough" {
	battery check_small_stack gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: POSIXLY_CORRECT changes nothing" {
	battery check_posix gpfs-parse list-parse "${STREAM_CASES[@]}" "${QUERIES[@]}"
}

@test "battery: the same bytes for any -S and -j" {
	battery check_same_bytes gpfs-parse list-parse "${STREAM_CASES[@]}"
}

@test "battery: no journal is left beside a database" {
	battery check_no_journal dir-load stats-load
}
