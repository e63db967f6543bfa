#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gpfs-parse: the formats of lists. Each preset and any template gives what the default layout would
# have given, but for what the list lacks, and spoilt values give no record or the same one.

load lib/helper

frames=(list prepare prepare-nul)

setup_file() {
	common_setup
	export lists=$BATS_FILE_TMPDIR
	presets >"$lists/presets"
	# Loops over nothing would prove nothing.
	[[ $(wc -l <"$lists/presets") -ge 14 ]]
}

# need_list NAME FRAME: $lists/NAME.FRAME, and $lists/NAME.FRAME.reference in the default layout.
need_list() {
	local template kept
	[[ ! -e $lists/$1.$2 ]] || return 0
	IFS=$'\1' read -r _ template kept < <(grep ^"$1"$'\1' "$lists/presets")
	make_lists "$template" "$kept" --frame "$2"
	mv reference "$lists/$1.$2.reference"
	mv list "$lists/$1.$2"
}

setup() {
	common_setup
	day=(--scan-date 2026-01-15)
	mapfile -t names < <(cut -d $'\1' -f 1 "$lists/presets")
	# what stands behind it says that it is one of two
	mapfile -t told < <(printf '%s\n' "${names[@]}" | grep -vx -e mmdu -e mmdu-kb -e empty)
}

# presets: a line for each: name, template, characters that ESCAPE keeps or "plain", with \1 between
# them, for a template may be empty.
presets() {
	gpfs-parse --list-formats | awk '
		NR % 2 { name = $1; kept = $2 == "escape" ? "/ =|" : "plain" }
		NR % 2 == 0 { sub(/^ +/, ""); print name "\1" $0 "\1" kept }'
}

# make_lists TEMPLATE KEPT [OPTION...]: the scan as `list`, and as `reference` in the default layout.
# Lists that are not encoded cannot hold all names. Records of -I prepare can, and are never encoded.
make_lists() {
	local template=$1 kept=$2 escape=()
	shift 2
	[[ $kept == plain || $* == *prepare* ]] || escape=(--escape "$kept")
	make-gpfs-list "${escape[@]}" "$@" "$template" >list
	make-gpfs-list "$@" --reference "$template" >reference
	[[ $kept != plain || $* == *prepare* ]] || sed -i '/^31[789] /d' reference
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

@test "formats: each preset reads all names in each frame, and what it lacks is replaced as the manual says" {
	local name frame
	for name in "${names[@]}"; do
		for frame in "${frames[@]}"; do
			sampled || continue
			need_list "$name" "$frame"
			all_rows --format "$name" "$lists/$name.$frame" >rows || { echo "$name $frame failed"; return 1; }
			all_rows --format ncar --escape pct "$lists/$name.$frame.reference" >wanted
			diff wanted rows >differences || { echo "$name $frame:"; cat differences; return 1; }
			[[ $(wc -l <rows) -ge 23 ]]
		done
	done
}

@test "formats: a tag, one blank, CR LF and a cut end are read in each of them" {
	local name frame
	for name in "${names[@]}"; do
		sampled || continue
		for frame in "${frames[@]}"; do need_list "$name" "$frame"; done
		# A CR at the end of a name would be part of the line's end.
		sed '/\(%0D\|\r\)$/d' "$lists/$name.list" >list
		all_rows --format "$name" list >wanted
		sed 's/^/<17> /; s/  / /; s/$/\r/' list >other
		all_rows --format "$name" --crlf other | diff wanted - || { echo "$name"; return 1; }
		sed 's/$/\r/' "$lists/$name.prepare" >other
		all_rows --format "$name" "$lists/$name.prepare" >prepared
		all_rows --format "$name" --crlf other | diff prepared - || { echo "$name"; return 1; }
		for frame in "${frames[@]}"; do
			head -c -1 "$lists/$name.$frame" >cut.list
			run -3 gpfs-parse -q --format "$name" "${day[@]}" -o out cut.list
			all_rows --format "$name" --allow-cut-end cut.list >rows
			all_rows --format "$name" "$lists/$name.$frame" | diff - rows || { echo "$name $frame"; return 1; }
		done
	done
}

# Those of one frame that lack the same give one database; here all are held against the default layout.
@test "formats: one scan in different lists gives the same database" {
	local name frame
	for name in "${names[@]}"; do
		for frame in "${frames[@]}"; do
			sampled 7 || continue
			need_list "$name" "$frame"
			gpfs-parse -q "${day[@]}" -f fs --source s --format "$name" -o list.entry "$lists/$name.$frame"
			gpfs-parse -q "${day[@]}" -f fs --source s --escape pct -o reference.entry "$lists/$name.$frame.reference"
			database list.db list.entry
			database reference.db reference.entry
			diff <(tables reference.db) <(tables list.db) || { echo "$name $frame"; return 1; }
			[ "$(query list.db 'SELECT format FROM scan_metadata')" = "$name" ]
			rm list.db reference.db
		done
	done
}

@test "formats: auto takes the preset that reads the records, and says so" {
	local name frame
	for frame in "${frames[@]}"; do
		for name in "${told[@]}"; do
			sampled || continue
			need_list "$name" "$frame"
			run -0 --separate-stderr gpfs-parse -v "${day[@]}" --source s -o out "$lists/$name.$frame"
			[[ $stderr == *"format: $name;"* ]] || { echo "$name $frame: $stderr"; return 1; }
			rec-cat --info out | grep -qx "format=$name"
			# a pipe cannot be read twice
			gpfs-parse -q "${day[@]}" --source s < <(cat "$lists/$name.$frame") | cmp - out
			run -0 gpfs-parse --explain "${day[@]}" "$lists/$name.$frame"
			[[ $output == *"format: $name"$'\n'* && $output == *"path         /gpfs/fs/a/first"* ]]
			[[ $frame == list || $output == *$'\nrecords: of mmapplypolicy -I prepare, '* ]]
		done
		for name in mmdu mmdu-kb; do
			sampled || continue
			need_list "$name" "$frame"
			run -2 --separate-stderr gpfs-parse "${day[@]}" -o out "$lists/$name.$frame"
			[[ $stderr == *"format mmdu and as format mmdu-kb, which differ; --format decides" ]]
			run -1 gpfs-parse --explain "${day[@]}" "$lists/$name.$frame"
			[[ $output == *"mmdu and mmdu-kb read as many"* ]]
		done
	done
	need_list empty list
	need_list empty prepare
	# nothing tells lists without values from those whose format is not known; records of -I prepare do
	run -3 --separate-stderr gpfs-parse "${day[@]}" -o out "$lists/empty.list"
	[[ $stderr == *"no record in"* || $stderr == *"missing field"* ]]
	gpfs-parse -v "${day[@]}" -o out "$lists/empty.prepare" 2>&1 | grep -q 'format: empty;'
}

@test "formats: all lists of a scan are in one" {
	make-gpfs-list '%u:%s:%k' >one
	make-gpfs-list --escape / '|%s|%T|' >two
	run -3 --separate-stderr gpfs-parse -q "${day[@]}" -o out one two
	[[ $stderr == *"two: is written in format kit, and the source before it in format mmoxi; parse them"* ]]
	sed 's/fs/fs2/' one >three
	gpfs-parse -q "${day[@]}" -o out one three
}

# A spoilt record is the one that it was, but for times and link counts that were not needed, or it is
# rejected, and costs no other.
@test "formats: a value that is missing, cut, too large or wrongly separated is never another one" {
	local name frame kept escape
	while IFS=$'\1' read -r name template kept; do
		[[ $template ]] || continue
		for frame in "${frames[@]}"; do
			sampled || continue
			need_list "$name" "$frame"
			escape=()
			[[ $kept == plain || $frame != list ]] || escape=(--escape "$kept")
			make-gpfs-list "${escape[@]}" --frame "$frame" --faults "$template" >spoilt
			gpfs-parse -q -t "${day[@]}" --format "$name" --max-rejects 100% --rejects rejects spoilt >out ||
				{ echo "$name $frame: status $?"; return 1; }
			all_rows --format "$name" "$lists/$name.$frame" | grep $'\t201\t5\t' >good
			rows out | awk -F '\t' -v records="$(tr '\0' '\n' <spoilt | wc -l)" -v rejected="$(wc -l <rejects)" '
				FNR == NR { split($0, good); next }
				{ for (i = 2; i <= 12; i++)
					if (i != 3 && $i != good[i] && ($1 !~ /bad-/ || $i != "" || (i != 8 && i != 12))) {
						print; wrong = 1 } }
				$1 ~ /good-/ { unspoilt++ }
				$1 ~ /bad-/ { spoilt++ }
				END {
					print unspoilt, spoilt, rejected, records
					exit wrong || !rejected || unspoilt != records / 2 || spoilt + rejected != records / 2
				}' good - >found || { echo "$name $frame:"; cat good found; return 1; }
		done
	done <"$lists/presets"
}

# Each line is the first of the list with another path: "rec PATH", or the reason.
@test "formats: what can be no path is rejected with its reason, in each of them" {
	local name long
	long=/$(printf 'x%.0s' {1..69000})
	for name in "${names[@]}"; do
		sampled || continue
		need_list "$name" list
		gpfs-parse --list-formats | grep -q "^$name  *escape" && kind=escape || kind=plain
		while IFS='|' read -r for want path; do
			[[ $for == all || $for == "$kind" ]] || continue
			# SHOW holds it too
			[[ $name != arcapix || $path != *@LF@* ]] || continue
			printf '%s\n' "$want" >&3
			path=${path/@LONG@/$long} perl -pe 's{/gpfs/fs/a/first}{$ENV{path}}g; s/\@NUL\@/\0/g; s/\@LF\@/\n/g; last if $. > 1' \
				"$lists/$name.list"
		done >list 3>wanted <<-'END'
			all|rec /gpfs/ok|/gpfs/ok
			all|rec /gpfs/a|//gpfs///a/
			all|no absolute path|f.txt
			all|no absolute path|
			all|dot component|/gpfs/./a
			all|dot component|/gpfs/..
			all|root is no directory|/
			all|root is no directory|//
			all|too long|@LONG@
			all|nul|/gpfs/a@NUL@b
			all|nul|/gpfs/../a@NUL@b
			plain|rec /gpfs/%4|/gpfs/%4
			plain|rec /gpfs/cut|/gpfs/cut@LF@tail
			plain|rec /gpfs/a%2Fb|/gpfs/a%2Fb
			escape|bad escape|/gpfs/%4
			escape|bad escape|/gpfs/%zz
			escape|nul|/gpfs/%00
			escape|slash|/gpfs/a%2Fb
			escape|slash|%2Fgpfs/a
			escape|rec /gpfs/a|%2fgpfs%2Fa
			escape|rec /gpfs/\n|/gpfs/%0A
			all|rec /gpfs/last|/gpfs/last
		END
		gpfs-parse -q -t "${day[@]}" --format "$name" --max-rejects 100% --rejects rejects list >out.tsv
		{ rows out.tsv | cut -f 1 | sed 's/^/rec /'; cut -f 3 rejects; } | LC_ALL=C sort >got
		LC_ALL=C sort wanted | diff - got || { echo "$name"; return 1; }
		[[ $kind != plain || $name == arcapix || $(ledger skipped_continued out.tsv) == 1 ]]
	done
}

@test "formats: chunks and threads do not change the bytes" {
	local name
	for name in "${names[@]}"; do
		sampled || continue
		need_list "$name" list
		perl -0777 -ne 'print $_ x (1 + int 1_200_000 / length)' "$lists/$name.list" >list
		gpfs-parse -q -j 1 "${day[@]}" --format "$name" -o one list
		gpfs-parse -q -j 4 "${day[@]}" --format "$name" -o four list
		cmp one four || { echo "$name"; return 1; }
	done
}

# DAYS(CURRENT_TIMESTAMP) - DAYS(ACCESS_TIME): classes of age begin at midnight, so they are exact.
@test "formats: ages in days give exact classes" {
	local days
	for days in 0 1 29 30 89 90 179 180 364 365 729 730 1094 1095 1459 1460 2189 2190 2554 2555 9999; do
		echo "$((days + 1)) 1 0  4 4096 $days $days $days $days 1 100 1000 -- /gpfs/age$days"
	done >list
	gpfs-parse -q "${day[@]}" -f fs -o entry list
	rec-cat --info entry | grep -qx format=ncsa
	stats-accum entry | rows | awk -F '\t' '{ for (i = 0; i < $6; i++) print $4 }' | sort -n | tr '\n' ' ' >got
	[[ $(<got) == '0 0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 ' ]]
	# the time is the day of the scan less so many days
	[[ $(rows entry | awk -F '\t' '$1 == "/gpfs/age90" { print $11 }') == $((20468 * 86400 - 90 * 86400)) ]]
}

@test "formats: a list with column names and a number of rows is whole or refused" {
	{ echo '# fields: size|mtime|atime|ctime|uid|gid|mode|fileset|pool|nlink'
		need_list cdm list && cat "$lists/cdm.list"
		echo "# end rows=$(wc -l <"$lists/cdm.list")"; } >whole
	gpfs-parse -q -t "${day[@]}" whole >out.tsv
	[[ $(ledger unproved_sources out.tsv) == 0 && $(ledger entries out.tsv) == $(wc -l <"$lists/cdm.list") ]]
	gpfs-parse -q -t "${day[@]}" "$lists/cdm.list" >out.tsv
	[[ $(ledger unproved_sources out.tsv) == 1 ]]
	sed 7d whole >less
	run -3 --separate-stderr gpfs-parse -q "${day[@]}" -o out less
	[[ $stderr == *"its end line tells of "* ]]
	sed '$d' whole >cut.list
	run -3 --separate-stderr gpfs-parse -q "${day[@]}" -o out cut.list
	[[ $stderr == *"end line is missing"* ]]
	gpfs-parse -q "${day[@]}" --allow-cut-end -o out cut.list
}

@test "formats: no list passes for one of another format" {
	local name frame other
	for frame in list prepare; do
		for name in "${names[@]}"; do
			for other in "${names[@]}"; do
				[[ $other != "$name" ]] && sampled 30 || continue
				need_list "$name" "$frame"
				# These differ in nothing that a line shows.
				[[ "$name $other" != mmdu*mmdu* ]] || continue
				run gpfs-parse -q "${day[@]}" --format "$other" --max-rejects 0 -o out "$lists/$name.$frame"
				[ "$status" = 3 ] || { echo "$name as $other: $status"; return 1; }
			done
		done
	done
}

@test "formats: a template that nobody has seen needs no more than itself" {
	local template escape frame
	for template in '%s;%k;%u;%g;%o;%A@;%T@;%n' '%n\%T@\%B@\%o\%A@,%y~~%u/%g %b' \
		'%Ad %Td %y %b %s %u %g %n' '{a=%A m=%T@ size=%s kb=%k uid=%u gid=%g mode=%m links=%n}' \
		'[%%]%s (%*) "%N" %u'"'"'%k %M' 'a rather long text before %s and behind' '%u	%s	%k' \
		'%s, %N, %u' '%N %s'; do
		for escape in plain '' '/ ' ' ,;:|=[]()"~' prepare prepare-nul; do
			sampled 9 || continue
			frame=list how=(--escape pct)
			[[ $escape != p* ]] || how=(--escape none)
			[[ $escape != pr* ]] || frame=$escape escape=plain
			make_lists "$template" "$escape" --frame "$frame"
			all_rows --format "$template" "${how[@]}" list >rows ||
				{ echo "$template, $escape, $frame: status $?"; return 1; }
			[[ $(wc -l <rows) -ge 23 ]] || { echo "$template, $escape: nothing is read"; return 1; }
			all_rows --format ncar --escape pct reference | diff - rows ||
				{ echo "$template, $escape, $frame"; return 1; }
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

@test "formats: what a list lacks stands in stream and database, in the summary and under every answer" {
	local note command call words
	make-gpfs-list --escape / '|%s|%T|' >list
	gpfs-parse -q "${day[@]}" -o entry list
	words='allocated-from-size atime-from-mtime group-unknown links-unknown mode-unknown owner-unknown type-unknown'
	[ "$(rec-cat --info entry | sed -n 's/^assumptions=//p')" = "$words" ]
	scan-import -f fs "${day[@]}" --db t.db list 2>summary
	[ "$(query t.db 'SELECT assumptions FROM scan_metadata')" = "$words" ]
	gpfs-parse --explain "${day[@]}" list >explained
	dir-query --summary t.db >summary.later
	for note in 'allocated sizes: not in the log, made of file lengths' \
		'access times: not in the log, times of modification stand for them' \
		'groups: not in the log, 4294967295 stands for the unknown group' \
		'link counts: not in the log' 'permissions: not in the log' \
		'owners: not in the log, 4294967295 stands for the unknown owner' 'types: not in the log'; do
		grep -qF "$note" explained
		grep -qF "$note" summary || { echo "$note"; cat summary; return 1; }
		for command in 'dir-query t.db' 'dir-query --summary t.db' 'stats-query t.db --by owner' \
			'dir-export --ncdu t.db'; do
			read -ra call <<<"$command"
			run -0 --separate-stderr "${call[@]}"
			[[ $stderr$output == *"$note"* ]] || { echo "$command: $note"; echo "$stderr"; return 1; }
		done
	done
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

# instructions COMMAND...: that it takes, which is the same in each run.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		sed -n 's/.*Collected : //p'
}

@test "formats: a template costs at most 1.3 times what the default layout costs its own reader" {
	slow
	needs valgrind
	! sanitized || skip "valgrind and sanitizers exclude each other"
	local own template='{s=%s a=%k u=%u g=%g m=%M p=%m ac=%A mt=%T cr=%B nl=%n}'
	make_tester scan-gen
	"$TREETALLY_BUILD/scan-gen" --lines 40000 >log
	own=$(instructions gpfs-parse -q -j 1 "${day[@]}" --format ncar -o out log)
	((own > 40000 * 500))
	for template in "$template" "${template:1:-1}"; do
		cost=$(instructions gpfs-parse -q -j 1 "${day[@]}" --format "$template" -o out.template log)
		((cost * 10 <= own * 13)) || { echo "$template: $cost, not at most 1.3 times $own"; return 1; }
		cmp <(rows out) <(rows out.template)
	done
}

# The other direction. GPFS is not here, so what it would print is what make-gpfs-list prints.
@test "formats: the SHOW clause of a rule says what the template reads" {
	[ "$(gpfs-parse --show-clause mmoxi)" = \
		"SHOW(VARCHAR(USER_ID) || ':' || VARCHAR(FILE_SIZE) || ':' || VARCHAR(KB_ALLOCATED))" ]
	[ "$(gpfs-parse --show-clause "it's %A- %y")" = "SHOW('it''s' || ' ' || VARCHAR(DAYS(CURRENT_TIMESTAMP) - DAYS(ACCESS_TIME)) || ' ' || VARCHAR(SUBSTR(MODE, 1, 1)))" ]
	[ "$(gpfs-parse --show-clause empty)" = "SHOW('')" ]
	run -2 --separate-stderr gpfs-parse --show-clause '%s %A@'
	[[ $stderr == *"%A@: GPFS cannot write this"* ]]
	local name template _
	while IFS=$'\1' read -r name template _; do
		sampled || continue
		gpfs-parse --show-clause "$name" >clause
		[[ $(grep -o VARCHAR clause | wc -l) == $(make-gpfs-list --values "$template" | wc -l) ]]
	done <"$lists/presets"
}
