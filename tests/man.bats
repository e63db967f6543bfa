#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manuals and the README: what they say of options, numbers, messages and bytes is held against
# the programs, so that neither can change alone.

load lib/helper

filters=(gpfs-parse dir-extract depth-sort stats-accum rec-cat)
loaders=(dir-load stats-load)

# Every program that has a page; the first test tells which ones have none.
setup() {
	common_setup
	man=$TREETALLY_TOP/man
	mapfile -t programs < <(cd "$man" && printf '%s\n' *.1 | sed 's/\.1$//')
}

# Collects what is wrong; `agree` at the end of a test prints it and fails.
wrong() {
	printf '%s\n' "$*" >>"$BATS_TEST_TMPDIR/wrong"
}

agree() {
	[[ ! -s $BATS_TEST_TMPDIR/wrong ]] || { cat "$BATS_TEST_TMPDIR/wrong"; return 1; }
}

# difference WHAT LEFT RIGHT: the lines of LEFT and of RIGHT must be the same.
difference() {
	local line
	while IFS= read -r line; do
		case $line in
		$'\t'*) wrong "$1: only in the program: ${line#$'\t'}" ;;
		*) wrong "$1: only in the page: $line" ;;
		esac
	done < <(comm -3 <(sort -u <<<"$2") <(sort -u <<<"$3"))
}

# section TITLE <PAGE: the source of one section.
section() {
	awk -v title="$1" '/^\.Sh / { inside = $0 == ".Sh " title; next } inside'
}

# flags <SOURCE: every option that the mdoc macro Fl makes, one in a line.
flags() {
	perl -ne '
		next unless /^\./;
		my $in = 0;
		for (split " ", s/^\.//r) {
			if ($_ eq "Fl") { $in = 1 }
			elsif (/^[A-Z][a-z]$/) { $in = 0 }
			elsif ($in && /^[\w-]/) { print "-$_\n" }
		}'
}

# The options that a page explains.
page_options() {
	section OPTIONS <"$man/$1.1" | grep '^\.It .*Fl' | flags | sort -u
}

# The options that a page explains, long names only, with a = behind those that take an argument.
page_arguments() {
	section OPTIONS <"$man/$1.1" | perl -ne '
		next unless s/^\.It (?=.*Fl)//;
		for (split /\bFl\b|(?<= , )(?=-)/) {
			my ($name, @rest) = split;
			print "-$name", "@rest" =~ /\bAr\b/ ? "=" : "", "\n" if $name && $name =~ /^-/;
		}' | sort -u
}

# What a program says of its options: LETTER|NAME|ARGUMENT|WORDS.
table() {
	"$1" --completion | tail -n +2
}

is_script() {
	[[ ! -e $TREETALLY_TOP/tools/$1.c ]]
}

# The options that --help of a script shows.
help_options() {
	"$1" --help | grep -oE '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,' | sort -u
}

@test "man: every program has a page and tests, and every page its program" {
	local name page
	for name in "$TREETALLY_TOP"/tools/*.c; do
		name=$(basename "$name" .c)
		[[ -e $man/$name.1 ]] || wrong "$name: no man page"
		[[ -e $TREETALLY_TOP/tests/$name.bats ]] || wrong "$name: no tests"
	done
	for page in "$man"/*.1; do
		name=$(basename "$page" .1)
		command -v "$name" >/dev/null || wrong "$page: no such program"
	done
	for page in treetally.7 treetally-stream.5 treetally-db.5; do
		[[ -e $man/$page ]] || wrong "$page: missing"
	done
	agree
}

@test "man: options of the page = options of the program, with and without an argument" {
	local name
	for name in "${programs[@]}"; do
		if is_script "$name"; then
			difference "$name --help" "$(page_options "$name")" "$(help_options "$name")"
			continue
		fi
		difference "$name" "$(page_options "$name")" \
			"$(table "$name" | cut -d '|' -f 1,2 | tr '|' '\n' | grep .)"
		difference "$name" "$(page_arguments "$name")" \
			"$(table "$name" | awk -F '|' '{ print $2 ($3 == "" ? "" : "=") }')"
	done
	agree
}

@test "man: no option of a program stands in its table twice, and all are in --help" {
	local name twice
	for name in "${programs[@]}"; do
		! is_script "$name" || continue
		twice=$(table "$name" | cut -d '|' -f 1,2 | tr '|' '\n' | grep . | sort | uniq -d)
		[[ ! $twice ]] || wrong "$name: twice: $twice"
		difference "$name --help" "$(table "$name" | cut -d '|' -f 2)" \
			"$("$name" --help | grep -oE '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,')"
	done
	agree
}

@test "man: options of all programs in treetally.7 are those of all programs" {
	local name
	section 'OPTIONS OF ALL PROGRAMS' <"$man/treetally.7" | grep '^\.It .*Fl' | flags | grep '^--' |
		grep -vx -e --progress | sort >everywhere
	[ "$(wc -l <everywhere)" = 7 ]
	for name in "${programs[@]}"; do
		! is_script "$name" && [[ $name != treetally ]] || continue
		comm -23 everywhere <(table "$name" | cut -d '|' -f 2 | sort) >missing
		[[ ! -s missing ]] || wrong "$name: $(<missing)"
		"$name" -S 32M -T /var/tmp -j 2 --version >/dev/null || wrong "$name -S -T -j"
	done
	agree
}

@test "man: every option of --help of a script is taken, by its short and its long name" {
	local name option
	for name in "${programs[@]}"; do
		is_script "$name" || continue
		for option in $(help_options "$name"); do
			[[ $option != --* ]] || option+=${option:+=x}
			# With an argument where none belongs, or the other way round, the complaint is another one.
			"$name" "$option" </dev/null >out 2>err || true
			if grep -qE '(unrecognized|invalid) option' err; then wrong "$name: $option: $(cat err)"; fi
		done
	done
	agree
}

@test "man: every option stands in the synopsis" {
	local name option
	for name in "${programs[@]}"; do
		section SYNOPSIS <"$man/$name.1" | flags >synopsis
		for option in $(page_options "$name"); do
			case $option in
			--*)
				# The long name of a letter need not be there.
				grep -qxe "$option" synopsis ||
					section OPTIONS <"$man/$name.1" |
					grep -qE "^\.It Fl [A-Za-z]( Ar [a-z]+)? , (Fl )?-?${option#-}( |$)|\
^\.It .* Fl [A-Za-z]( Ar [a-z]+)? , (Fl )?-?${option#-}( |$)" ||
					wrong "$name: $option is not in the synopsis" ;;
			*)
				grep -qE "^-[A-Za-z]*${option#-}[A-Za-z]*$" synopsis ||
					section SYNOPSIS <"$man/$name.1" | grep -qE "Fl ([a-zA-Z] \| )*${option#-}( |$)" ||
					[[ $option == -w ]] || wrong "$name: $option is not in the synopsis" ;;
			esac
		done
	done
	agree
}

@test "man: sections are those of the house, in one order" {
	# mandoc -Tlint wants ENVIRONMENT and FILES before EXIT STATUS.
	local order='NAME SYNOPSIS DESCRIPTION OPTIONS INPUT OUTPUT ENVIRONMENT FILES EXIT_STATUS EXAMPLES'
	order+=' DIAGNOSTICS LIMITATIONS SEE_ALSO'
	local page title rest
	for page in "$man"/*.1; do
		rest=" $order "
		while IFS= read -r title; do
			title=${title// /_}
			[[ $rest == *" $title "* ]] || wrong "$(basename "$page"): $title: unknown, or out of order"
			rest=" ${rest#*" $title "}"
		done < <(sed -n 's/^\.Sh //p' "$page")
		for title in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES DIAGNOSTICS 'SEE ALSO'; do
			grep -qx "\.Sh $title" "$page" || wrong "$(basename "$page"): no $title"
		done
	done
	agree
}

@test "man: every page lists the exit statuses 0, 2, 3 and 4, and 1 where there is one" {
	local name got
	for name in "${programs[@]}"; do
		got=$(section 'EXIT STATUS' <"$man/$name.1" | sed -n 's/^\.It \([0-9]\)$/\1/p' | tr -d '\n')
		case $name in
		depth-sort | scan-tree) [[ $got == 01234 ]] ;;
		*) [[ $got == 0234 || $got == 01234 ]] ;;
		esac || wrong "$name: exit statuses are '$got'"
	done
	agree
}

@test "man: pages are clean for mandoc -Tlint" {
	needs mandoc
	run -0 mandoc -Tlint -Wwarning "$man"/*.[1-8]
	[[ -z $output ]]
}

@test "man: pages that others refer to exist" {
	local page name number external
	external='awk cat cmp cron crontab cut df diff du fcntl find flock getfacl grep gzip head jq less ls mkdir perl'
	external+=' mmapplypolicy setfacl sort sqlite3 ssh stat sudo systemctl tail taskset umask xz zstd pzstd pbzip2 lz4'
	for page in "$man"/*.[1-8]; do
		while read -r _ name number _; do
			[[ -e $man/$name.$number || " $external " == *" $name "* ]] ||
				wrong "$(basename "$page"): $name($number) is nowhere"
		done < <(grep -ohE '\<Xr [^[:space:]]+ [0-9]' "$page")
	done
	for page in "$man"/*.[1-8]; do
		page=$(basename "$page")
		[[ $page == treetally.7 ]] || grep -q "^\.Xr ${page%.*} ${page##*.}" "$man/treetally.7" ||
			wrong "treetally(7) does not name $page"
	done
	agree
}

# ---- numbers -------------------------------------------------------------------------------------

# says PAGE TEXT [TEXT...]: the page holds them, line breaks and macros left out.
says() {
	local page=$1 text
	shift
	text=$(sed 's/^\.[A-Z][a-z] //' "$man/$page" | tr '\n' ' ')
	for _; do
		[[ $text == *"$1"* ]] || wrong "$page: does not say '$1'"
		shift
	done
}

@test "man: numbers are those of the source" {
	local -A is
	local key value name
	make_tester constants
	"$TREETALLY_BUILD/constants" >values
	while IFS='=' read -r key value; do is[$key]=$value; done <values
	says treetally-stream.5 \
		"version of the format, ${is[STREAM_VERSION]} " \
		"path Ta ${is[PATH_BYTES_MAX]} bytes" "at most ${is[PATH_BYTES_MAX]} bytes long" \
		"records of a block Ta ${is[BLOCK_RECORDS_MAX]} " \
		"number of records, 1 to ${is[BLOCK_RECORDS_MAX]} " \
		"payload of a block Ta ${is[BLOCK_PAYLOAD_MAX]} bytes" "P is at most ${is[BLOCK_PAYLOAD_MAX]};" \
		"payload of a block of one record Ta ${is[BLOCK_ONE_RECORD_MAX]} bytes" \
		"if there is only one record, at most ${is[BLOCK_ONE_RECORD_MAX]}." \
		"decoded directory paths of a block Ta ${is[BLOCK_PATHS_MAX]} bytes" \
		"records of an entry block Ta ${is[BLOCK_ENTRIES_MAX]} " \
		"to ${is[BLOCK_RECORDS_MAX]} (entry: ${is[BLOCK_ENTRIES_MAX]})" \
		"paths of an entry block Ta ${is[BLOCK_ENTRY_PATHS_MAX]} bytes" \
		"at most ${is[BLOCK_PATHS_MAX]} (entry: ${is[BLOCK_ENTRY_PATHS_MAX]})" \
		"decoded lengths in bytes, at most ${is[BLOCK_PATHS_MAX]} " \
		"attributes of header or trailer Ta ${is[HEAD_TEXT_MAX]} bytes" \
		"N, at most ${is[HEAD_TEXT_MAX]} " \
		"line of text Ta ${is[TSV_LINE_MAX]} bytes" "No line is longer than ${is[TSV_LINE_MAX]} bytes" \
		"from ${is[TIME_MIN]} (year 1) to ${is[TIME_MAX]} (year 9999)" \
		"at every $((is[CHUNK_SIZE] >> 10)) KiB of log text"
	((is[MEMORY_DEFAULT] == 256 << 20 && is[MEMORY_FLOOR] == 4 << 20))
	for name in "${filters[@]}" "${loaders[@]}"; do
		says "$name.1" 256M 4M
		"$name" --help | grep -q '256M' || wrong "$name: --help lacks the default of -S"
	done
	((is[FPSET_SLOTS] / 10000 * 10000 == 130000)) || wrong "dir-extract.1: 130,000 directories"
	says dir-extract.1 "about 130,000 directories"
	says depth-sort.1 "a directory with a line takes ${is[DIR_TAIL_SIZE]} bytes" \
		"a usage record ${is[USAGE_TAIL_SIZE]}"
	says stats-accum.1 "takes ${is[USAGE_TAIL_SIZE]} bytes"
	# As usage_table_init divides what open_accum leaves to it; a row has two slots of 4 bytes.
	local rows
	rows=$(((is[MEMORY_DEFAULT] * 3 / 4 - (5 << 18)) / 2 / (is['sizeof(struct hash_row)'] + 8)))
	((rows / 10000 == 138 && rows / 3 / 10000 == 46)) || wrong "stats-accum.1: rows: $rows"
	says stats-accum.1 "nearly 1,400,000 usage records of up to 460,000 directories"
	says scan-import.1 1G 32M
	grep -qE '^#define MEMORY_LEAST \(32u << 20\)' "$TREETALLY_TOP/tools/scan-import.c"
	grep -qE '^#define MEMORY_USUAL \(1024u << 20\)' "$TREETALLY_TOP/tools/scan-import.c"
	agree
}

@test "man: the floor of -S and the range of -j are what the pages say" {
	local name
	for name in "${filters[@]}" "${loaders[@]}"; do
		run -2 "$name" -S 4194303 x x
		[[ $output == "$name: --memory: 4194303 is below the least that works, 4M"* ]]
		run -2 "$name" -j 0 x x
		run "$name" -S 4M no-such-file no-such-file
		[[ $output != *--memory* ]]
	done
	run -2 scan-import -S 33554431 x
	[[ $output == *"below the least that works, 32M"* ]]
}

@test "man: classes of age and size in treetally.7 are those of the programs" {
	local kind label
	for kind in age size; do
		while IFS= read -r label; do
			grep -qF ".It $label Ta" "$man/treetally.7" || wrong "treetally.7: no class '$label'"
		done < <(sed -n "/^const struct bucket ${kind}_buckets/,/^}/s/^\t{ \"\(.*\)\", .*/\1/p" \
			"$TREETALLY_TOP/common/stream/buckets.c")
	done
	(($(grep -cE '^\.It .* Ta [0-9]' "$man/treetally.7") >= 20))
	agree
}

# ---- the stream ----------------------------------------------------------------------------------

# The log of the example in treetally-stream.5; its long lines are folded, the rest indented.
example_log() {
	section EXAMPLES <"$man/treetally-stream.5" | awk '
		/^\.Bd/ { inside = 1; next } /^\.Ed/ { exit }
		inside && /^    / { line = line " " substr($0, 5); next }
		inside { if (line != "") print line; line = $0 }
		END { print line }'
}

# listing N: what the N-th listing says the bytes are.
listing() {
	section EXAMPLES <"$man/treetally-stream.5" | perl -e '
		my ($wanted, $n, $bytes, $first) = (shift, 0, "", undef);
		local $/;
		for (<STDIN> =~ /^\.Bd.*\n((?s:.*?))^\.Ed/mg) {
			next unless /^[0-9a-f]{4}  / && ++$n == $wanted;
			for (split /\n/) {
				next unless length;
				/^([0-9a-f]{4})  (?:"(.*)"$|((?:[0-9a-f]{2} ?)+)(?:  .*)?$)/ or die "cannot read: $_\n";
				$first //= hex $1;
				hex $1 == $first + length $bytes or die "wrong offset: $_\n";
				$bytes .= defined $2 ? $2 =~ s/\\et/\t/gr : pack "H*", $3 =~ tr/ //dr;
			}
		}
		binmode STDOUT;
		print $bytes' "$1"
}

@test "man: the bytes of the example in treetally-stream.5 are what the programs write" {
	local command
	example_log >three.log
	[ "$(wc -l <three.log)" = 3 ]
	command=$(sed -n 's/^\.Dl \(gpfs-parse .*three\.log\)$/\1/p' "$man/treetally-stream.5")
	[[ $command == gpfs-parse* ]]
	eval "$command" >three.entry
	listing 1 >listed
	cmp listed three.entry
	says treetally-stream.5 "makes this stream of $(wc -c <three.entry) bytes"
	dir-extract three.entry | depth-sort >three.dir
	stats-accum three.entry >three.usage
	local n=1 kind
	for kind in dir usage; do
		listing $((++n)) >listed
		[ "$(wc -c <listed)" -gt 40 ]
		# The listing is one block, somewhere in the stream.
		perl -e '
			local $/; my ($part, $whole) = map { open my $f, "<:raw", $_; <$f> } @ARGV;
			exit !(index($whole, $part) >= 0)' listed "three.$kind" || wrong "$kind: other bytes"
	done
	agree
	# The text: TAB is shown as ->, long lines are folded.
	section EXAMPLES <"$man/treetally-stream.5" |
		awk '/^#treetally/ { inside = 1 } /^\.Ed/ { inside = 0 } inside' |
		perl -0pe 's/\n    //g; s/->/\t/g' >three.text
	rec-cat three.usage | cmp - three.text
}

@test "man: columns, ledger and attributes in treetally-stream.5 are those of the programs" {
	local kind column name
	for kind in entry dir usage; do
		make_stream "$kind" >"small.$kind"
		rec-cat "small.$kind" >"small.$kind.txt"
		column=$(sed -n '2p' "small.$kind.txt" | tr '\t' ' ')
		says treetally-stream.5 "Cm $kind $column "
		for name in $(sed -n '1p' "small.$kind.txt" | cut -f 2- | tr '\t' '\n' | cut -d = -f 1) \
			$(tail -n 1 "small.$kind.txt" | cut -f 3- | tr '\t' '\n' | cut -d = -f 1); do
			grep -q "^\.It Cm $name Ns =" "$man/treetally-stream.5" || wrong "no attribute $name"
		done
	done
	while read -r name; do
		grep -q "^\.It Cm $name Ns =" "$man/treetally-stream.5" || wrong "no ledger field $name"
	done < <(sed -n 's/^\tX([A-Z_]*, "\([a-z_]*\)".*/\1/p' "$TREETALLY_TOP/common/stream/ledger.h")
	agree
}

@test "man: the filter of treetally-stream.5 keeps the header and marks the result" {
	make_stream usage >scan.usage
	section 'TEXT FORM' <"$man/treetally-stream.5" | awk '/^\.Bd/ { inside = 1; next }
		/^\.Ed/ { inside = 0 } inside' | sed 's/\\e/\\/g' >recipe
	run -0 bash -o pipefail recipe
	run -0 rec-cat one-owner.usage
	[[ ${lines[0]} == *order=tree*filesystem=fs1* ]]
	[ "$(rec-cat one-owner.usage | awk '/^\//' | cut -f 2 | sort -u)" = 1000 ]
}

# ---- messages ------------------------------------------------------------------------------------

# A message stands in the source as a format: what printf or the shell fills in can be anything,
# and in the page a word in capitals stands for it.
@test "man: every message that a page explains stands in the source" {
	local page
	for page in "$man"/*.[1-8]; do
		perl - "$page" "$TREETALLY_TOP"/{common/*,tools}/*.c "$TREETALLY_TOP"/pipelines/{scan-policy,lib/*} \
			>>"$BATS_TEST_TMPDIR/wrong" <<-'END'
			use strict;
			my ($page, @sources) = @ARGV;
			my ($source, @formats) = ("");
			local $/;
			for (@sources) { open my $f, "<", $_ or die; $source .= <$f> }
			# Neighbouring literals are one; PRIu64 is a number like any other.
			$source =~ s/" PRI[a-z]\d+ "/u/g;
			$source =~ s/" PRI[a-z]\d+$/u"/mg;
			$source =~ s/"\s*\n\s*"//g;
			$source =~ s/" \\\n\s*"/ /g;
			for ($source =~ /"((?:[^"\\\n]|\\.)+)"/g) {
				s/\\"/"/g;
				s/^(?:%s|\$\w+|\$\([^)]*\)): //;
				my @pieces = split /%[-+ #0-9.]*(?:zu|[a-z])|\$\{[^}]*\}|\$\((?:[^()]|\([^)]*\))*\)|\$\w+/;
				my $length = 0;
				$length += length for @pieces;
				s/%%/%/g for @pieces;
				push @formats, join ".*", map { quotemeta } @pieces if $length >= 10;
			}
			my $known = join "|", sort { length $b <=> length $a } @formats;
			open my $f, "<", $page or die;
			for (<$f> =~ /^\.Bl -diag.*\n((?s:.*?))^\.El/mg) {
				for my $it (/^\.It (.*)$/mg) {
					for ($it =~ /^"|" *, *"/ ? $it =~ /"([^"]*)"/g : $it) {
						my $message = s/\\\(aq/'/gr =~ s/\\\(dq/"/gr =~ s/\\[&e]//gr;
						next if $message =~ /(?:$known)/;
						# Pages may give a part of a message.
						my ($part) = sort { length $b <=> length $a }
							map { s/^[\s:;(]+|[\s:;(]+$//gr } split /\b[A-Z]+\b|\.\.\./, $message;
						print "$page: no such message: $it\n"
							unless length $part >= 10 && index($source, $part) >= 0;
					}
				}
			}
		END
	done
	agree
}

# ---- README --------------------------------------------------------------------------------------

# The lines of its code blocks that are commands.
readme_commands() {
	awk '/^```/ { inside = !inside; next } inside' "$TREETALLY_TOP/README.md" | sed -n 's/^\$ //p'
}

@test "tests/README: every promise of treetally.7 stands there with tests that exist" {
	local line file tests=0
	diff <(section 'WHAT IS PROMISED' <"$man/treetally.7" | sed -n '/^\.It$/ { n; p; }') \
		<(sed -n '/^## What proves what/,$ s/^- //p' "$TREETALLY_TOP/tests/README.md") ||
		wrong "the promises are not the same"
	while IFS= read -r line; do
		[[ $line =~ ^'  - '([a-z-]+[.]bats)': `'(.*)'`'$ ]] || continue
		file=$TREETALLY_TOP/tests/${BASH_REMATCH[1]}
		grep -qxF "@test \"${BASH_REMATCH[2]}\" {" "$file" ||
			wrong "${BASH_REMATCH[1]}: no test '${BASH_REMATCH[2]}'"
		tests=$((tests + 1))
	done <"$TREETALLY_TOP/tests/README.md"
	((tests > 40)) || wrong "only $tests tests"
	agree
}

@test "README: its commands, files and make targets exist" {
	local word target
	[ "$(readme_commands | wc -l)" -gt 5 ]
	for word in $(readme_commands | grep -oE '(^|[| ])(pipelines|tests)/[a-z-]+'); do
		[[ -x $TREETALLY_TOP/$word ]] || wrong "README: $word is not there"
	done
	for word in $(readme_commands | tr '|' '\n' | awk '{ print $1 }' |
		grep -E '^(gpfs|dir|depth|stats|rec|scan)-' | sort -u); do
		command -v "$word" >/dev/null || wrong "README: $word is no program"
	done
	# Not with make -n: it would run what is marked with `+`, these tests among it.
	for target in $(readme_commands | sed 's/^sudo //' |
		awk '$1 == "make" { print $2 ? $2 : "all" }') \
		$(grep -oE '`make [a-z-]+`' "$TREETALLY_TOP/README.md" | tr -d '`' | cut -d ' ' -f 2); do
		grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" "$TREETALLY_TOP/Makefile" ||
			wrong "README: make $target"
	done
	for word in $(grep -oE '\]\([^)#]+\)' "$TREETALLY_TOP/README.md" | tr -d '()]'); do
		[[ $word == http* || -e $TREETALLY_TOP/$word ]] || wrong "README: $word is not there"
	done
	for word in $(grep -oE '`man/[a-z.-]+[1-8]`' "$TREETALLY_TOP/README.md" | tr -d '`'); do
		[[ -e $TREETALLY_TOP/$word ]] || wrong "README: $word is not there"
	done
	agree
}

@test "README: the map has the rooms that there are, and leads to files that there are" {
	local word
	difference 'README: rooms' "$(grep -o '^| `common/[a-z]*`' "$TREETALLY_TOP/README.md" | tr -d '|` ')" \
		"$(cd "$TREETALLY_TOP" && printf '%s\n' common/*)"
	for word in $(sed -n '/^| to change/,/^$/p' "$TREETALLY_TOP/README.md" | grep -oE '`[a-z]+/[a-z_.]*`' | tr -d '`'); do
		compgen -G "$TREETALLY_TOP/common/$word*" >/dev/null || wrong "README: $word is not there"
	done
	# shellcheck disable=SC2016
	word=$(sed -n '/^| to change/,/^$/p' "$TREETALLY_TOP/README.md" | grep -oE '`[A-Z_]{5,}`' | tr -d '`')
	for word in $word; do
		grep -rqw "$word" "$TREETALLY_TOP/common" || wrong "README: no $word in common"
	done
	agree
}

@test "README: the two commands of the first screen come first" {
	run -0 readme_commands
	[[ ${lines[0]} == pipelines/demo* && ${lines[1]} == tests/run* ]]
	(($(grep -n 'tests/run' "$TREETALLY_TOP/README.md" | head -n 1 | cut -d : -f 1) <= 25))
}

@test "README: packages are those that demo and tests/run install" {
	local package
	# shellcheck source=pipelines/lib/need.sh
	. "$TREETALLY_TOP/pipelines/lib/need.sh"
	for package in $(need_names 2 cc make sqlite3.h xxhash.h zstd.h) $(need_names 3 sqlite3.h xxhash.h zstd.h) \
		$(need_names 4 sqlite3.h xxhash.h zstd.h); do
		grep -qw -- "$package" "$TREETALLY_TOP/README.md" || wrong "README: package $package"
	done
	agree
}
