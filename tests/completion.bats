#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completion for bash: options come from the programs, paths from the databases.

load lib/helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_database
}

setup() {
	common_setup
	cp "$BATS_FILE_TMPDIR/small.db" .
	# shellcheck source=/dev/null
	. "$TREETALLY_TOP/pipelines/lib/completion.bash"
}

# complete_line WORD...: what bash would offer for the last word, one in a line.
complete_line() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	"$(complete -p "$1" | awk '{ print $3 }')" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "completion: every program has one, and all its options" {
	local file name
	for file in "$TREETALLY_TOP"/tools/*.c; do
		name=$(basename "$file" .c)
		complete -p "$name"
		[[ $name == treetally || $(complete_line "$name" --hel) == --help ]]
	done
	[[ $(complete_line dir-query --max-d) == --max-depth ]]
	[[ $(complete_line dir-query --path) == --path-prefix ]]
}

@test "completion: values" {
	[[ $(complete_line dir-query --format n) == ndjson ]]
	[[ $(complete_line dir-query --format = j) == json ]]
	[[ $(complete_line dir-query --sort-by a | tr '\n' ' ') == 'apparent atime ' ]]
	[[ $(complete_line stats-query --sort-by k) == key ]]
	[[ $(complete_line rec-cat --kind u) == usage ]]
	[[ $(complete_line stats-query --by ow) == owner ]]
	[[ $(complete_line stats-query --by owner,a) == owner,age ]]
	[[ $(complete_line dir-query sm) == small.db ]]
	mkdir there
	cp small.db there/other.db
	export TREETALLY_DIR=$PWD/there
	[[ $(complete_line dir-query oth) == other ]]
	# Files, directories; a number is nobody's guess, and neither is a value that was not begun.
	[[ $(complete_line dir-query -o sm) == small.db ]]
	[[ $(complete_line dir-load -T th) == there ]]
	[[ -z $(complete_line dir-query -n s) ]]
	[[ $(complete_line dir-load --progress = sm) == small.db ]]
	[[ $(complete_line rec-cat - --i) == --info ]]
}

@test "completion: treetally knows its commands, and what follows is completed as by their programs" {
	[[ $(complete_line treetally us) == usage ]]
	[[ $(complete_line treetally dirs --max-d) == --max-depth ]]
	[[ $(complete_line treetally usage small.db -P /gp) == /gpfs/ ]]
	[[ $(complete_line treetally rec-cat --hel) == --help ]]
	[[ $(complete_line treetally help us) == usage ]]
	touch usage.txt
	[[ -z $(complete_line treetally help usage us) ]]
}

@test "completion: paths are those in the database" {
	[[ $(complete_line dir-query small.db -P /gp) == /gpfs/ ]]
	[[ $(complete_line dir-query small.db -P /gpfs/fs1/a | tr '\n' ' ') == '/gpfs/fs1/a/ /gpfs/fs1/a.d/ ' ]]
	[[ $(complete_line dir-query small.db -E /gpfs/fs1/a/) == /gpfs/fs1/a/deep/ ]]
	[[ -z $(complete_line dir-query -P /gp) ]]
	# Before a database is typed: all there are.
	TREETALLY_DIR=$PWD
	[[ $(complete_line dir-query -P /gp) == /gpfs/ ]]
	cp small.db other.db
	[[ $(complete_line stats-query -P /gp) == /gpfs/ ]]
}

@test "completion: paths are those that users know" {
	small_log >small.list
	scan-import -q --replace --db mapped.db -f fs1 --scan-date 2026-01-15 \
		--map /gpfs/fs1=/glade/campaign small.list
	[[ $(complete_line dir-query mapped.db -P /gl) == /glade/campaign/ ]]
	[[ $(complete_line dir-query mapped.db -P /glade/campaign/a | tr '\n' ' ') == \
		'/glade/campaign/a/ /glade/campaign/a.d/ ' ]]
	[[ $(complete_line dir-query mapped.db -E /gp) == /gpfs/ ]]
}

@test "completion: users and groups are those who own something" {
	local uid
	uid=$(stats-query --format tsv --by owner small.db | awk 'NR == 2 { print $2 }')
	[[ -n $uid && $(complete_line stats-query small.db -u "${uid:0:1}") == *"$uid"* ]]
	[[ $(complete_line dir-query small.db -g '' | wc -l) == \
		"$(stats-query --format tsv --by group small.db | tail -n +2 | wc -l)" ]]
	[[ $(complete_line dir-query -u roo) == root ]]
}

@test "completion: is installed" {
	make_here DESTDIR="$PWD/dest" PREFIX=/usr install
	local dir=dest/usr/share/bash-completion/completions
	[[ -f $dir/treetally && $(readlink "$dir/dir-query") == treetally && -e $dir/scan-import ]]
}
