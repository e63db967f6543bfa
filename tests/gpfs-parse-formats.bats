#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gpfs-parse: the formats of lists. Each preset and any template gives what the default layout would
# have given, but for what the list lacks, and spoilt values give no record or the same one.

load lib/helper

setup() {
	common_setup
	day=(--scan-date 2026-01-15)
	# Loops over nothing would prove nothing.
	[[ $(presets | wc -l) -ge 14 ]]
}

# presets: a line for each: name, template, characters that ESCAPE keeps or "plain", with \1 between
# them, for a template may be empty.
presets() {
	gpfs-parse --list-formats | awk '
		NR % 2 { name = $1; kept = $2 == "escape" ? "/ =|" : "plain" }
		NR % 2 == 0 { sub(/^ +/, ""); print name "\1" $0 "\1" kept }'
}

# make_lists TEMPLATE KEPT: the scan as `list`, and as `reference` in the default layout. Lists that
# are not encoded cannot hold all names.
make_lists() {
	local escape=()
	[[ $2 == plain ]] || escape=(--escape "$2")
	make-gpfs-list "${escape[@]}" "$1" >list
	make-gpfs-list --reference "$1" >reference
	[[ $2 != plain ]] || sed -i '/^31[789] /d' reference
}

# all_rows [OPTION...] LIST: the entries, without header and end.
all_rows() {
	gpfs-parse -q -t "${day[@]}" "$@" | rows
}

# database FILE STREAM
database() {
	dir-extract "$2" | depth-sort | dir-load "$1"
	stats-accum "$2" | stats-load -q "$1"
}

tables() {
	reference --dump "$1" | awk -F '\t' '$0 !~ /scan_metadata|scan_sources/'
}

@test "formats: each preset reads all names, and what it lacks is replaced as the manual says" {
	local name template kept n=0
	while IFS=$'\1' read -r name template kept; do
		make_lists "$template" "$kept"
		all_rows --format "$name" list >rows || { echo "$name failed"; return 1; }
		all_rows --format ncar --escape pct reference >wanted
		diff wanted rows >differences || { echo "$name:"; cat differences; return 1; }
		[[ $(wc -l <rows) -ge 23 ]]
		n=$((n + 1))
	done < <(presets)
	[[ $n -ge 13 ]]
}

@test "formats: a tag, one blank, CR LF and a cut end are read in each of them" {
	local name template kept
	while IFS=$'\1' read -r name template kept; do
		make_lists "$template" "$kept"
		# A CR at the end of a name would be part of the line's end.
		sed -i '/\(%0D\|\r\)$/d' list
		all_rows --format "$name" list >wanted
		sed 's/^/<17> /; s/  / /; s/$/\r/' list >other
		all_rows --format "$name" --crlf other | diff wanted - || { echo "$name"; return 1; }
		head -c -1 list >cut.list
		run -3 gpfs-parse -q --format "$name" "${day[@]}" -o out cut.list
		all_rows --format "$name" --allow-cut-end cut.list | diff wanted - || { echo "$name"; return 1; }
	done < <(presets)
}

@test "formats: one scan in different lists gives the same database" {
	local name template kept
	while IFS=$'\1' read -r name template kept; do
		make_lists "$template" "$kept"
		gpfs-parse -q "${day[@]}" -f fs --source s --format "$name" -o list.entry list
		gpfs-parse -q "${day[@]}" -f fs --source s --escape pct -o reference.entry reference
		database list.db list.entry
		database reference.db reference.entry
		diff <(tables reference.db) <(tables list.db) || { echo "$name"; return 1; }
		[ "$(query list.db 'SELECT format FROM scan_metadata')" = "$name" ]
		rm list.db reference.db
	done < <(presets | grep -E $'^(uab|cdm|ncsa|kit|mmoxi)\1')
}

@test "formats: auto takes the preset that reads the records, and says so" {
	local name template kept
	while IFS=$'\1' read -r name template kept; do
		make_lists "$template" "$kept"
		case $name in
		mmdu | mmdu-kb)
			run -2 --separate-stderr gpfs-parse "${day[@]}" -o out list
			[[ $stderr == *"format mmdu and as format mmdu-kb, which differ; --format decides" ]]
			run -1 gpfs-parse --explain list
			[[ $output == *"mmdu and mmdu-kb read as many"* ]]
			;;
		empty)
			run -3 --separate-stderr gpfs-parse "${day[@]}" -o out list
			[[ $stderr == *"no record in"* || $stderr == *"missing field"* ]]
			;;
		*)
			run -0 --separate-stderr gpfs-parse -v "${day[@]}" -o out list
			[[ $stderr == *"format: $name;"* ]] || { echo "$name: $stderr"; return 1; }
			rec-cat --info out | grep -qx "format=$name"
			# a pipe cannot be read twice
			sed '' list | gpfs-parse -q "${day[@]}" --source list >piped
			cmp piped out
			run -0 gpfs-parse --explain "${day[@]}" list
			[[ $output == *"format: $name"$'\n'* && $output == *"path         /gpfs/fs/a/first"* ]]
			;;
		esac
	done < <(presets)
}

@test "formats: all lists of a scan are in one" {
	make-gpfs-list '%u:%s:%k' >one
	make-gpfs-list --escape / '|%s|%T|' >two
	run -3 --separate-stderr gpfs-parse -q "${day[@]}" -o out one two
	[[ $stderr == *"two: is written in format kit, and the source before it in format mmoxi; parse them"* ]]
	sed 's/fs/fs2/' one >three
	gpfs-parse -q "${day[@]}" -o out one three
}

# A spoilt line gives the record that it gave before, but for times and link counts that were not
# needed, or none.
@test "formats: a value that is missing, cut, too large or wrongly separated is never another one" {
	local name template escaped n letter kind escape
	while IFS=$'\1' read -r name template escaped; do
		escape=()
		[[ $escaped == plain ]] || escape=(--escape "$escaped")
		make-gpfs-list "${escape[@]}" "$template" >list
		all_rows --format "$name" list >all
		grep $'\t201\t5\t' all >good
		while read -r n letter; do
			for kind in gone empty word over minus cut twice comma; do
				# What is only read over may be anything, and nothing says which letters there are.
				[[ ! $letter =~ ^[FPShjM] ]] || continue
				# An age is 0 below the day of the scan: the day of the scan may come later.
				[[ $letter$kind != ?-minus ]] || continue
				make-gpfs-list "${escape[@]}" --fault "$kind:$n" "$template" >spoilt
				gpfs-parse -q -t "${day[@]}" --format "$name" --max-rejects 100% --rejects rejects \
					spoilt >out || { echo "$name $kind %$letter: status $?"; return 1; }
				rows out >kept
				diff <(grep -v $'\t201\t5\t' all) <(grep -v $'\t201\t5\t' kept) >/dev/null ||
					{ echo "$name $kind %$letter: other records changed"; return 1; }
				if grep $'\t201\t5\t' kept >row; then
					awk -F '\t' 'FNR == NR { split($0, good); next }
						{ for (i = 1; i <= 12; i++)
							if ($i != good[i] && !($i == "" && (i == 8 || i == 12))) exit 1 }' \
						good row ||
						{ echo "$name $kind %$letter:"; cat good row; return 1; }
				else
					[[ $(wc -l <rejects) == 1 ]] ||
						{ echo "$name $kind %$letter: lost uncounted"; cat rejects; return 1; }
				fi
			done
		done < <(make-gpfs-list --values "$template")
	done < <(presets | grep -v '^empty')
}

@test "formats: no list passes for one of another format" {
	local name template kept other
	while IFS=$'\1' read -r name template kept; do
		make_lists "$template" "$kept"
		while IFS=$'\1' read -r other _; do
			[[ $other != "$name" ]] || continue
			# These differ in nothing that a line shows.
			[[ "$name $other" != mmdu*mmdu* ]] || continue
			run gpfs-parse -q "${day[@]}" --format "$other" --max-rejects 0 -o out list
			[ "$status" = 3 ] || { echo "$name as $other: $status"; return 1; }
		done < <(presets)
	done < <(presets)
}

@test "formats: a template that nobody has seen needs no more than itself" {
	local template escape
	for template in '%s;%k;%u;%g;%o;%A@;%T@;%n' '%n\%T@\%B@\%o\%A@,%y~~%u/%g %b' \
		'%Ad %Td %y %b %s %u %g %n' '{a=%A m=%T@ size=%s kb=%k uid=%u gid=%g mode=%m links=%n}' \
		'[%%]%s (%*) "%N" %u'"'"'%k %M' 'a rather long text before %s and behind' '%u	%s	%k' \
		'%s, %N, %u' '%N %s'; do
		for escape in plain '' '/ ' ' ,;:|=[]()"~'; do
			make_lists "$template" "$escape"
			how=(--escape none)
			[[ $escape == plain ]] || how=(--escape pct)
			all_rows --format "$template" "${how[@]}" list >rows ||
				{ echo "$template, $escape: status $?"; return 1; }
			[[ $(wc -l <rows) -ge 23 ]] || { echo "$template, $escape: nothing is read"; return 1; }
			all_rows --format ncar --escape pct reference | diff - rows ||
				{ echo "$template, $escape"; return 1; }
		done
	done
}

@test "formats: templates that mean nothing are refused, with the byte" {
	local template
	while IFS=$'\t' read -r template want; do
		run -2 --separate-stderr gpfs-parse --format "$template" list
		[[ $stderr == *"'$template': $want"* ]] || { echo "$template: $stderr"; return 1; }
	done <<-'END'
	%s %q	byte 4: this is not a value
	%s%k	byte 3: two values need text between them
	%s %s	byte 4: this value is there twice
	%s %	byte 4: this is not a value
	{%s}	byte 4: words in {}
	{size_of_file=%s}	byte 17: words in {}
	%k|%b	byte 4: this value is there twice
	END
	run -2 --separate-stderr gpfs-parse --format nonsense list
	[[ $stderr == *"--format: 'nonsense' is not a format of --list-formats or a template"* ]]
	run -2 gpfs-parse --format "$(printf '%%s %.0s' {1..70})" list
}

@test "formats: what is needed must be there" {
	make-gpfs-list --escape / '|%s|%T|' >list
	run -3 --separate-stderr gpfs-parse "${day[@]}" --require size,uid -o out list
	[[ $stderr == "gpfs-parse: list: format kit has no uid (--require)" ]]
	gpfs-parse -q "${day[@]}" --require size,mtime -o out list
	run -2 gpfs-parse --require size,speed list
	# ages, and times that nobody knows, are reckoned from the day of the scan
	make-gpfs-list '%u:%s:%k' >list
	run -2 --separate-stderr gpfs-parse -o out list
	[[ $stderr == *"--scan-date is needed" ]]
	# in the default layout a value that may be absent is needed then
	{ line 1 /a; line 2 /b | sed 's/mt=[^ ]* [^ ]*/mt=never/'; } >list
	gpfs-parse -q -t "${day[@]}" list | rows | grep -c . | grep -qx 2
	gpfs-parse -q -t "${day[@]}" --require mtime --max-rejects 9 list | rows | grep -c . | grep -qx 1
}

@test "formats: lengths are rounded up to blocks where no allocated sizes are" {
	make-gpfs-list --escape / '|%s|%T|' >list
	all_rows --block-size 16K list | awk -F '\t' '{ want = int(($9 + 16383) / 16384) * 16384
		if ($10 != want) { print; exit 1 } } END { exit NR < 23 }'
}

@test "formats: what a list lacks stands under every answer" {
	make-gpfs-list --escape / '|%s|%T|' >list
	gpfs-parse -q "${day[@]}" -o entry list
	[ "$(rec-cat --info entry | sed -n 's/^assumptions=//p')" = 'allocated-from-size atime-from-mtime group-unknown links-unknown mode-unknown owner-unknown type-unknown' ]
	database t.db entry
	run -0 --separate-stderr dir-query t.db
	[[ $stderr == *"t.db: owners: not in the log, 4294967295 stands for the unknown owner"* ]]
	[[ $stderr == *"t.db: access times: not in the log, times of modification stand for them"* ]]
	run -0 --separate-stderr stats-query t.db --by owner
	[[ $output == *unknown* ]]
	run -0 --separate-stderr stats-query t.db --by group
	[[ $output == *unknown* ]]
	scan-audit -q t.db
	# an owner that the list does name stays what he is
	make-gpfs-list '%u:%s:%k' | sed 's/ 1000:/ 4294967295:/' >named
	gpfs-parse -q "${day[@]}" -o entry named
	database u.db entry
	[ "$(query u.db 'SELECT count(*) FROM user_info WHERE username = '"'unknown'")" = 0 ]
}

@test "formats: the audit reads the log again as the import did" {
	make-gpfs-list '%s %n' >list
	scan-import -q -f fs "${day[@]}" --format mmdu --db t.db list
	[ "$(query t.db 'SELECT format FROM scan_metadata')" = mmdu ]
	run -0 scan-audit t.db --log list
	[[ $output == *"accounts and digest"* ]]
}

# The other direction. GPFS is not here, so what it would print is what make-gpfs-list prints.
@test "formats: the SHOW clause of a rule says what the template reads" {
	[ "$(gpfs-parse --show-clause mmoxi)" = \
		"SHOW(VARCHAR(USER_ID) || ':' || VARCHAR(FILE_SIZE) || ':' || VARCHAR(KB_ALLOCATED))" ]
	[ "$(gpfs-parse --show-clause "it's %A- %y")" = "SHOW('it''s' || ' ' || VARCHAR(DAYS(CURRENT_TIMESTAMP) - DAYS(ACCESS_TIME)) || ' ' || VARCHAR(SUBSTR(MODE, 1, 1)))" ]
	run -2 --separate-stderr gpfs-parse --show-clause '%s %A@'
	[[ $stderr == *"%A@: GPFS cannot write this"* ]]
	local name template _
	while IFS=$'\1' read -r name template _; do
		gpfs-parse --show-clause "$name" >clause
		[[ $(grep -o VARCHAR clause | wc -l) == $(make-gpfs-list --values "$template" | wc -l) ]]
	done < <(presets)
}
