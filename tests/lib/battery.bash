# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A check runs in a subshell, and so does all that it calls; bats sets -e; lists are for the caller.
# shellcheck disable=SC2030,SC2031,SC2164,SC2034
#
# The battery: what every program must stand, whatever it is for. Loaded after helper; a program
# joins by a line in battery_use.
#
# A check is a function that tests one case, named by $case, in a new directory: a program with the
# kind of stream that it reads. `battery CHECK [CASE...]` runs a check for all cases, or for those
# named. The fixtures of battery_fixtures are made once a file, by setup_file.

TREETALLY_VERSION=0.4.0
readonly STREAM_CASES=(dir-extract depth-sort:dir depth-sort:usage depth-sort:merge depth-sort:check
	depth-sort:level stats-accum rec-cat:entry rec-cat:dir rec-cat:usage rec-cat:info dir-load
	stats-load)
readonly FILTERS=(gpfs-parse list-parse dir-extract depth-sort stats-accum rec-cat dir-load stats-load)
readonly QUERIES=(dir-query stats-query dir-export scan-audit)
# treetally only becomes one of the others.
PROGRAMS=("$TREETALLY_TOP"/tools/*-*.c)
PROGRAMS=("${PROGRAMS[@]##*/}")
readonly PROGRAMS=("${PROGRAMS[@]%.c}")

# What belongs to $case: program and its command line, the kind it reads, and what it writes: a
# stream, text, or a db. Programs that are not here stand what options are to all.
battery_use() {
	program=${1%:*} kind=entry writes=stream
	command=("$program")
	case $1 in
	gpfs-parse) kind=log command+=(-q -f fs1 --scan-date 2026-01-15) ;;
	list-parse) kind=list command+=(-q -f fs1 --scan-date 2026-01-15) ;;
	dir-extract | stats-accum | rec-cat | rec-cat:entry) ;;
	depth-sort | depth-sort:dir | rec-cat:dir) kind=dir ;;
	depth-sort:usage | rec-cat:usage) kind=usage ;;
	depth-sort:merge) kind=dir command+=(-m) ;;
	depth-sort:level) kind=usage command+=(--by-level) ;;
	depth-sort:check) kind=dir writes=text command+=(-c) ;;
	rec-cat:info) writes=text command+=(--info) ;;
	dir-load) kind=dir writes=db ;;
	stats-load) kind=usage writes=db command+=(--no-names) ;;
	dir-query | stats-query | scan-audit) kind=db writes=text ;;
	dir-export) kind=db writes=text command+=(--ncdu) ;;
	*:*) echo "battery: no case $1" >&2; return 2 ;;
	*) kind=none writes=text ;;
	esac
	[[ $program != rec-cat || $writes != stream ]] || command+=(-b)
}

# A stream of more than one block for each kind: of entries, one for each of three sources; of the
# others, because the paths are long (the block's payload would pass 256 KiB).
battery_long_streams() {
	local i name
	name=$(printf '%060000d' 0)
	for i in 1 2 3; do
		line $((10 + i)) /gpfs/$i 1 1 $i $i drwxr-xr-x
		line $((20 + i)) /gpfs/$i/f
		line $((30 + i)) "/gpfs/$i$name/f"
		line $((40 + i)) "/gpfs/2$i$name/f"
		line $((50 + i)) "/gpfs/3$i$name/f"
		line $((60 + i)) "/gpfs/4$i$name/f"
	done | tee >(sed -n 1,6p >one) >(sed -n 7,12p >two) | sed -n 13,18p >three
	wait
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 one two three -o long.entry
	dir-extract long.entry | depth-sort -o long.dir
	stats-accum long.entry -o long.usage
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 <(line 1 /gpfs/1) <(line 2 /gpfs/2) \
		<(line 3 /gpfs/3) -o blocks.entry
	dir-load --replace long.base long.dir
}

battery_fixtures() {
	make_faults
	cd "$BATS_FILE_TMPDIR" || return
	local kind
	small_log >good.log
	make-list lfs >good.list
	for kind in entry dir usage; do
		make_stream $kind good.$kind
		rec-cat -o good.$kind.tsv good.$kind
		# Header and trailer only.
		stream-tool edit --seal drop=1 'end=^.*$/lines=0' <good.$kind >empty.$kind
		stream-tool edit --seal "head=filesystem=fs1/filesystem=fs2" <good.$kind >other.$kind
	done
	dir-load good.base good.dir
	dir-load other.base other.dir
	cp good.base good.db
	stats-load --no-names good.db good.usage
	battery_long_streams
}

# battery CHECK [CASE...]; of many cases a quick run takes every second one.
battery() {
	local check=$1 case n=0
	shift
	(($#)) || set -- "${STREAM_CASES[@]}"
	for case; do
		(($# < 5)) || sampled 2 || continue
		mkdir -p "$((++n))/out"
		battery_case
		[[ $case != *-load ]] || sound_databases "$n"
		rm -rf "${n:?}"
	done
}

# One check of one case. The traps by which bats follows each command would take most of the time.
battery_case() (
	set +T
	trap - DEBUG ERR
	# the case has been drawn, and says nothing of what the check draws
	unset sample_at
	battery_use "$case"
	fixtures=$BATS_FILE_TMPDIR
	good=$fixtures/good.$kind
	cd "$n"
	"$check"
)

# The good input of this case is $good; other fixtures are beside it.

say_and_fail() {
	echo "$case: $*"
	[[ ! -s stderr ]] || sed 's/^/stderr: /' stderr
	return 1
}

# run_to STDOUT STDIN COMMAND...: sets status; stderr is a file. STDOUT may be `closed`.
run_to() {
	local stdout=$1 stdin=$2
	shift 2
	status=0
	if [[ $stdout == closed ]]; then
		"$@" >&- 2>stderr <"$stdin" || status=$?
	else
		"$@" >"$stdout" 2>stderr <"$stdin" || status=$?
	fi
	# Death by a signal is never a result; no more is what a sanitizer makes of a fault.
	((status < 128)) || say_and_fail "killed: status $status: $*"
	! sanitized || ! grep -qE 'Sanitizer|runtime error' stderr || say_and_fail "sanitizer: $*"
}

# attempt OPERAND...: run the case; what it makes is out/result, or stdout for text.
attempt() {
	local base old=(out/*)
	[[ ! -e ${old[0]} ]] || rm -f out/*
	case $writes in
	stream) run_to stdout /dev/null "${command[@]}" -o out/result "$@" ;;
	text) run_to stdout /dev/null "${command[@]}" "$@" ;;
	db)
		if [[ $program == stats-load ]]; then
			base=$fixtures/${base_name:-good}.base
			cp "$base" out/result
		fi
		run_to stdout /dev/null "${command[@]}" out/result "$@"
		;;
	esac
}

# Is what a program must not have finished really not there? (A database that stats-load gave up is
# what it was as soon as SQLite has played back the journal.)
nothing_made() {
	local left=(out/* out/.[!.]*)
	left=("${left[@]##*[*\]]}")
	if [[ $program == stats-load ]]; then
		[[ $(sqlite3 out/result 'SELECT count(*) FROM scan_metadata') == 0 ]] ||
			say_and_fail "the database is complete after status $status"
		left=("${left[@]#out/result}")
		left=("${left[@]#-journal}")
	fi
	[[ ! ${left[*]} =~ [^\ ] ]] || say_and_fail "left behind after status $status: ${left[*]}"
	[[ ! -s stdout ]] || say_and_fail "something on stdout after status $status"
}

# one_message: stderr is one line (with `try`: and the hint), `program: ...`.
one_message() {
	local lines
	mapfile -t lines <stderr
	[[ ${lines[0]-} == "$program: "?* ]] || say_and_fail "the message does not begin with $program:"
	if [[ ${1-} == try ]]; then
		[[ ${lines[1]-} == "try '$program --help'" && ${#lines[@]} == 2 ]] ||
			say_and_fail "not one line and a hint"
	else
		((${#lines[@]} == 1)) || say_and_fail "not one line"
	fi
}

# refused STATUS OPERAND...
refused() {
	local want=$1
	shift
	attempt "$@"
	((status == want)) || say_and_fail "status $status, not $want: $*"
	one_message
	nothing_made
}

# accepted OPERAND...: leaves out/result (or stdout) and checks that it is whole.
accepted() {
	attempt "$@"
	((status == 0)) || say_and_fail "status $status, not 0: $*"
	[[ ! -s stderr ]] || say_and_fail "something on stderr: $*"
	case $writes in
	stream) rec-cat --info out/result >/dev/null ;;
	db) [[ $(sqlite3 out/result 'PRAGMA integrity_check') == ok ]] ;;
	esac
}

# misuse ARGUMENT...: of the program; status 2, two lines, nothing on stdout.
misuse() {
	run_to stdout /dev/null "$program" "$@"
	((status == 2)) || say_and_fail "status $status, not 2: $*"
	one_message try
	[[ ! -s stdout ]] || say_and_fail "something on stdout: $*"
}

# ---- options ----

check_help() {
	local option
	for option in -h --help; do
		run_to stdout /dev/null "$program" $option
		((status == 0)) || say_and_fail "$option: status $status"
		[[ ! -s stderr ]] || say_and_fail "$option: something on stderr"
		[[ $(head -n 1 stdout) == "usage: $program "* ]] || say_and_fail "$option: no usage line"
		(($(wc -L <stdout) <= 80)) || say_and_fail "$option: over 80 columns"
		# One line for an option, and a few more.
		(($(wc -l <stdout) <= $("$program" --completion | wc -l) + 10)) ||
			say_and_fail "$option: too long"
	done
	run_to /dev/full /dev/null "$program" --help
	((status == 4)) || say_and_fail "--help >/dev/full: status $status"
}

check_version() {
	local option
	for option in -V --version; do
		run_to stdout /dev/null "$program" $option
		((status == 0)) || say_and_fail "$option: status $status"
		[[ ! -s stderr ]] || say_and_fail "$option: something on stderr"
		[[ $(head -n 1 stdout) == "$program (treetally) $TREETALLY_VERSION" &&
			$(tail -n 1 stdout) == 'licence MIT' ]] || say_and_fail "$(<stdout)"
		case $program in
		*-query | *-export | *-load | *-audit | *-import)
			grep -qx "database format [0-9]*, SQLite $(sqlite3 --version | cut -d ' ' -f 1)" stdout ;;
		*) ! grep -q SQLite stdout ;;
		esac || say_and_fail "SQLite: $(<stdout)"
		case $program in
		*-query | *-export | scan-tree) ;;
		*) grep -qx 'stream format [0-9]*' stdout || say_and_fail "stream format: $(<stdout)" ;;
		esac
	done
}

check_wrong_options() {
	misuse --nope
	misuse -Z
	misuse --memry=4M
	[[ $(<stderr) == *"unknown option --memry; did you mean --memory?"* ]] || say_and_fail "no advice"
	# An abbreviation means another option as soon as there is one.
	misuse --memor=4M
	[[ $(<stderr) == *"did you mean --memory?"* ]] || say_and_fail "no advice"
	misuse --v
	misuse --=
	misuse -q --verbose
	[[ $(<stderr) == *"--quiet contradicts --verbose"* ]] || say_and_fail "not both are named"
	misuse --quiet=1
	misuse -S
	misuse --temp-dir
	# The message names the program, not the way to it.
	run_to stdout /dev/null "$TREETALLY_BUILD/$program" --nope
	((status == 2)) || say_and_fail "by its path, --nope: status $status"
	one_message try
}

# agree_not "A with its value" "B with its value" OPERAND...: refused, and both are named.
agree_not() {
	local first=$1 second=$2
	shift 2
	# shellcheck disable=SC2086
	misuse $second $first "$@"
	[[ $(<stderr) == *"${first%% *}"* && $(<stderr) == *"${second%% *}"* ]] ||
		say_and_fail "$first and $second: $(<stderr)"
}

check_contradictions() {
	agree_not --quiet --verbose x
	case $program in
	depth-sort)
		agree_not --check --merge x
		agree_not --check '--output o' x
		agree_not --check --tsv x
		;;
	rec-cat)
		agree_not --tsv --binary x
		agree_not --info --binary x
		agree_not --info --tsv x
		agree_not --info '--output o' x
		;;
	stats-load)
		agree_not --no-names '--passwd-file p' x
		agree_not --no-names '--group-file g' x
		;;
	dir-query)
		agree_not --from-root '--path-prefix /' x
		agree_not '--cold 3yrs' --separate-dirs x
		misuse --by-atime x
		[[ $(<stderr) == *"--by-atime needs --cold"* ]] || say_and_fail "--by-atime: $(<stderr)"
		;;
	stats-query) agree_not --from-root '--path-prefix /' x ;;
	scan-audit)
		local option
		for option in --allow-cut-end --crlf --force '--escape pct'; do
			# shellcheck disable=SC2086
			misuse x $option
			[[ $(<stderr) == *"${option% pct} needs --log"* ]] || say_and_fail "$option: $(<stderr)"
		done
		;;
	esac
}

# What is left out, put on twice, or behind `--`.
check_operand_counts() {
	local least most
	case $program in
	dir-load | stats-load) least=1 most=2 ;;
	dir-export) least=1 most=1 ;;
	*-query | scan-tree) least=1 most=0 ;;
	scan-audit) least=1 most=1 ;;
	*) least=0 most=0 ;;
	esac
	local args=()
	[[ $program != dir-export ]] || args=(--ncdu)
	if ((least)); then
		misuse "${args[@]}"
		[[ $(<stderr) == *" is missing"* ]] || say_and_fail "no operand: $(<stderr)"
	fi
	((!most)) || misuse "${args[@]}" -- -a -b -c
	# An operand that looks like an option, and an option behind the operand.
	run_to stdout /dev/null "$program" "${args[@]}" -- --nope
	((status != 2)) || [[ $(<stderr) != *'unknown option'* ]] || say_and_fail "--: $(<stderr)"
	misuse "${args[@]}" operand --nope
}

check_wrong_values() {
	local value
	for value in 2.5G 1 4095K 4194303 x '' -1 +8M 0x800000 ' 8M' '8M ' 8MM 8m 8E 99999999999999999999 \
		9223372036854775808 8192P '8 M'; do
		misuse -S "$value"
		[[ ! $value || $(<stderr) == *"$value"* ]] || say_and_fail "the value is not named"
	done
	for value in 0 65 -1 x '' 1.5 99999999999999999999; do misuse -j "$value"; done
	if [[ $kind != log ]]; then
		for value in entries '' DIR any; do misuse --kind "$value"; done
	fi
}

# The least memory works, and so does any spelling of it.
check_sizes() {
	local value args=()
	case $program in
	dir-load | stats-load) args=(out/absent/db) ;;
	esac
	# What comes after the options is wrong: an empty stream (3), or a name that cannot be (4).
	for value in 4M 4096K 4194304 4194304B 4096KiB 5MB 1GiB; do
		run_to stdout /dev/null "$program" -S "$value" "${args[@]}"
		((status == 3 || status == 4)) || say_and_fail "-S $value: status $status"
	done
}

# ---- input that is no input ----

check_no_input() {
	refused 3
	refused 3 /dev/null
	refused 4 nowhere
	[[ $(<stderr) == *nowhere* ]] || say_and_fail "the file is not named"
	refused 4 .
	# Closed descriptors are no reason to read or write anything else by mistake.
	status=0
	case $writes in
	db) "${command[@]}" out/absent.db 2>stderr <&- || status=$? ;;
	*) "${command[@]}" 2>stderr >stdout <&- || status=$? ;;
	esac
	((status == 3 || status == 4)) || say_and_fail "stdin closed: status $status"
	[[ ! -e out/absent.db ]] || say_and_fail "stdin closed: a database was made"
}

# stats-load needs no directories that are not there; what an empty scan is to the loaders is said
# in their own tests.
check_empty_stream() {
	[[ $writes != db ]] || return 0
	local input
	rec-cat -o empty.tsv "$fixtures/empty.$kind"
	for input in "$fixtures/empty.$kind" empty.tsv; do
		accepted "$input"
		case $writes in
		stream) rec-cat --info out/result | grep -qx records=0 || say_and_fail "records" ;;
		esac
	done
}

check_zero_bytes() {
	: >nothing
	refused 3 nothing
	[[ $(<stderr) == *nothing:*empty* ]] || say_and_fail "the message does not say: empty"
	printf '\n' >newline
	refused 3 newline
	printf '\0' >nul
	refused 3 nul
}

check_wrong_magic() {
	stream-tool edit --seal magic=$'\x89TTALLY\r' <"$good" >magic
	refused 3 magic
	stream-tool edit --seal magic=TREETALL <"$good" >magic
	refused 3 magic
	head -c 100 "$fixtures/good.log" >log
	refused 3 log
	seq 100000 >numbers
	refused 3 numbers
	head -c 300000 /dev/zero >zeros
	refused 3 zeros
	gzip -c "$good" >packed
	refused 3 packed
}

check_wrong_kind() {
	local other
	for other in entry dir usage; do
		[[ $other != "$kind" ]] || continue
		# These two read more than one kind.
		case $program:$other in
		rec-cat:* | depth-sort:dir | depth-sort:usage) continue ;;
		esac
		refused 3 "$fixtures/good.$other"
		[[ $(<stderr) == *"$other stream"* ]] || say_and_fail "the kind is not named"
		refused 3 "$fixtures/good.$other.tsv"
	done
	stream-tool edit --seal 'head=kind=\w+/kind=other' <"$good" >wrong
	refused 3 wrong
	# A kind that the records do not have.
	other=$([[ $kind == dir ]] && echo entry || echo dir)
	stream-tool edit --seal "head=kind=\w+/kind=$other" <"$good" >wrong
	refused 3 wrong
}

check_wrong_version() {
	stream-tool edit --seal version=5 <"$good" >new
	refused 3 new
	[[ $(<stderr) == *"version 5, made by a newer version"* ]] || say_and_fail "the version is not named"
	stream-tool edit --seal version=3 <"$good" >old
	refused 3 old
	[[ $(<stderr) == *"version 3, made by version 0.3: import again"* ]] || say_and_fail "old version"
	sed '1s/version=4/version=3/' "$good.tsv" >old.tsv
	refused 3 old.tsv
	[[ $(<stderr) == *"version 3, made by version 0.3: import again"* ]] || say_and_fail "old text"
	stream-tool edit --seal version=0 <"$good" >old
	refused 3 old
	stream-tool edit --seal 'head=version=4/version=5' <"$good" >new
	refused 3 new
	sed '1s/version=4/version=5/' "$good.tsv" >new.tsv
	refused 3 new.tsv
}

# Texts of the header and the trailer that cannot be.
wrong_texts() {
	local n=0 what
	for what in 'kind=\w+\t/' 'order=\w+/order=wild' 'scan_date=[^\t]*/scan_date=2026-02-30' \
		'$/\tmore=1' '$/\tx' '$/\t=x' '$/\\x' '$/\\\tsource=x' \
		'filesystem=\w+/filesystem=a\tfilesystem=b' 'source=/source=\0'; do
		printf '%s\thead=%s\n' head.$((++n)) "$what"
	done | stream-tool edits --seal "$good"
	for what in 'lines=\d+/lines=31' 'lines=\d+/lines=' 'entries=\d+/entries=-1' \
		'entries=\d+/entries=9223372036854775808' 'files=\d+/files=18' 'digest=\w/digest=' \
		'digest=\w/digest=g' 'rejected=0/rejected=1' '\tsource=.*$/' '$/\tmore=1' '^/\t' \
		'source=/source=\0'; do
		printf '%s\tend=%s\n' end.$((++n)) "$what"
	done | stream-tool edits --seal "$good"
	stream-tool edit --seal records=9 <"$good" >records
}

check_wrong_texts() {
	local file files
	variants texts wrong_texts
	for file in "${files[@]}"; do refused 3 "$file"; done
}

# ---- cuts ----

check_cuts() {
	local name offset
	while IFS=$'\t' read -r name offset; do
		head -c "$offset" "$good" >cut.rec
		refused 3 cut.rec
		[[ $(<stderr) == "$program: cut.rec: "*(truncated|empty)* ]] ||
			[[ $(<stderr) =~ truncated|empty|"not a treetally stream" ]] ||
			say_and_fail "cut $name: $(<stderr)"
	done < <(stream-tool cuts "$good")
}

check_text_cuts() {
	local n lines size
	lines=$(wc -l <"$good.tsv")
	size=$(stat -c %s "$good.tsv")
	for n in 1 2 3 $((lines / 2)) $((lines - 1)); do
		head -n "$n" "$good.tsv" >cut.rec
		refused 3 cut.rec
		[[ $n == 1 || $(<stderr) == *truncated* ]] || say_and_fail "$n lines: not called truncated"
	done
	for n in 1 9 11 20 $((size / 2)) $((size - 1)); do
		head -c "$n" "$good.tsv" >cut.rec
		refused 3 cut.rec
	done
}

# Cut between blocks of a long stream, where the rest looks like a whole one.
check_long_cuts() {
	local name offset base_name=long
	while IFS=$'\t' read -r name offset; do
		[[ $name == *" block 2" || $name == *trailer ]] || continue
		head -c "$offset" "$fixtures/long.$kind" >cut.rec
		refused 3 cut.rec
	done < <(stream-tool cuts "$fixtures/long.$kind")
}

# ---- changed bytes ----

# variants NAME FUNCTION: set files to what FUNCTION makes, once for each kind.
variants() {
	local dir=$fixtures/$1.$kind
	if [[ ! -d $dir ]]; then
		mkdir "$dir"
		pushd "$dir" >/dev/null
		"${@:2}"
		popd >/dev/null
	fi
	files=("$dir"/*)
}

# flips FILE STEP: copies of FILE with one bit changed, each STEP bytes.
flips() {
	perl -e '
		my ($file, $step) = @ARGV;
		open my $in, "<:raw", $file or die;
		local $/;
		my $data = <$in>;
		for (my $at = 0; $at < length $data; $at += $step) {
			my $copy = $data;
			substr($copy, $at, 1) ^= chr 1 << $at % 8;
			open my $out, ">:raw", "flip.$at" or die;
			print $out $copy;
			close $out;
		}' "$@"
}

check_flips() {
	local file files
	variants flips flips "$good" 41
	for file in "${files[@]}"; do refused 3 "$file"; done
}

check_every_flip() {
	local file files
	variants every_flip flips "$good" 1
	for file in "${files[@]}"; do refused 3 "$file"; done
}

# sealed_flips STEP: changed bytes of the payload under right hashes.
sealed_flips() {
	local at bits size
	size=$(stream-tool info "$good" | awk '$1 == "block" { print $3 - 40; exit }')
	for ((at = 0; at < size; at += $1)); do
		bits=$((at % 3 == 0 ? 1 : at % 3 == 1 ? 128 : 255))
		printf '%s\tflip=1,%s,%s\n' $at $at $bits
	done | stream-tool edits --seal "$good"
}

# With right hashes everything else is up to the checks behind them. Many such streams are legal,
# but nothing may crash, and what is accepted must give a whole result.
check_sealed_flips() {
	local file files
	variants sealed_flips sealed_flips 17
	for file in "${files[@]}"; do ! sampled 3 || lawful "$file"; done
}

check_every_sealed_flip() {
	local file files
	variants every_sealed_flip sealed_flips 1
	for file in "${files[@]}"; do lawful "$file"; done
}

# lawful INPUT: taken or refused, but nothing else. (depth-sort -c may say no.)
lawful() {
	attempt "$@"
	case $status in
	0) [[ $writes != stream ]] || rec-cat --info out/result >/dev/null 2>&1 ||
		say_and_fail "accepted, and the result is damaged" ;;
	1) [[ $case == depth-sort:check ]] || say_and_fail "status 1" ;;
	3) one_message; nothing_made ;;
	*) say_and_fail "status $status: $*" ;;
	esac
}

# Numbers of a block's header that cannot be.
sealed_fields() {
	local field value
	for field in payload records dirs paths dirs_len lines_len lines; do
		for value in +1 -1 0 4294967295 2147483648 65537; do
			[[ $kind:$value != usage:0 || $field != lines* ]] || continue
			printf '%s\tfield=1,%s,%s\n' "$field.$value" $field $value
		done
	done | stream-tool edits --seal "$good"
	stream-tool edit --seal field=1,tag,1 <"$good" >tag
}

# Sections that end early, run on, or hold numbers that do not end and paths that are none.
sealed_sections() {
	local section hex
	for section in 1 2 3; do
		[[ $kind:$section != dir:3 && $kind:$section != usage:2 ]] || continue
		for hex in '' 00 ff ffffffffffffffffffffff 0000 80808080808080808001 00ffff03 \
			ffffffffffffffffff01 00022e2e 0003002e2e 000300612f 00020000; do
			printf '%s\tsection=1,%s,%s\n' "$section.$hex" $section "$hex"
		done
	done | stream-tool edits --seal "$good"
}

check_sealed_fields() {
	local file files
	variants fields sealed_fields
	for file in "${files[@]}"; do ! sampled 3 || refused 3 "$file"; done
	variants sections sealed_sections
	for file in "${files[@]}"; do
		sampled 3 || continue
		# Who has no use for a section does not decode it.
		case $program:${file##*/} in
		dir-extract:3.* | stats-accum:2.*) lawful "$file" ;;
		*) refused 3 "$file" ;;
		esac
	done
}

check_text_flips() {
	local file files
	variants text_flips flips "$good.tsv" 31
	for file in "${files[@]}"; do ! sampled 3 || lawful "$file"; done
}

# Rows that are none, each in the place of the last one; then each column but the path with values
# that none can have.
bad_rows() {
	perl -e '
		my @lines = <STDIN>;
		my ($path, $rest) = $lines[-2] =~ /^([^\t]*)(\t.*)\n/;
		my $row = "$path$rest";
		my @bad = ("", "/", "x", "x$row", "$row\t", "$row\t1", $row =~ s/\t[^\t]*$//r,
			$row =~ s/\t/\t\t/r, "/gpfs//x$rest", "/gpfs/../x$rest", "/gpfs/./x$rest",
			"/gpfs/\\x$rest", "/gpfs/x\\$rest", "/gpfs/x/$rest", "gpfs/x$rest", "$row\r",
			"/a\0b$rest", "$row\0", "#comment", "#treetally\tversion=3",
			"/" . "x" x 65535 . $rest, "/" . "x" x 200000 . $rest);
		my @fields = split /\t/, $row, -1;
		for my $column (1 .. $#fields) {
			for my $value (qw(-99999999999999999 99999999999999999999 1.5), "1 ") {
				my @changed = @fields;
				$changed[$column] = $value;
				push @bad, join "\t", @changed;
			}
		}
		for my $i (0 .. $#bad) {
			open my $out, ">", $i or die;
			print $out @lines[0 .. $#lines - 2], "$bad[$i]\n", $lines[-1];
			close $out;
		}' <"$good.tsv"
}

check_text_rows() {
	local file files at
	at=$(($(wc -l <"$good.tsv") - 1))
	variants rows bad_rows
	for file in "${files[@]}"; do
		sampled 3 || continue
		refused 3 "$file"
		[[ $(<stderr) == *": line $at: "* ]] || say_and_fail "no line number: $file"
	done
}

# ---- whole blocks and streams ----

wrong_blocks() {
	local stream=$fixtures/long.$kind edit blocks
	blocks=$(stream-tool info "$stream" | grep -c ^block)
	((blocks >= 3)) || say_and_fail "only $blocks blocks"
	for edit in drop=1 drop=2 drop=$blocks swap=1,2 swap=2,$blocks repeat=1 repeat=$blocks; do
		printf '%s\t%s\n' "$edit" "$edit"
	done | stream-tool edits "$stream"
	[[ $kind == entry ]] || return 0
	# Blocks of equal length and numbers, too.
	stream-tool edit swap=1,3 <"$fixtures/blocks.entry" >alike
	# The ledger knows how many entries there are, whatever the hashes say.
	printf 'sealed.drop\tdrop=2\nsealed.repeat\trepeat=2\n' | stream-tool edits --seal "$stream"
}

check_blocks() {
	local file files base_name=long
	variants wrong_blocks wrong_blocks
	accepted "$fixtures/long.$kind"
	for file in "${files[@]}"; do refused 3 "$file"; done
}

check_bytes_behind() {
	local more
	for more in x $'\n' $'\0' "$(head -c 5000 /dev/zero | tr '\0' x)"; do
		{ cat "$good"; printf '%s' "$more"; } >more.rec
		[[ $more ]] || printf '\0' >>more.rec
		refused 3 more.rec
		{ cat "$good.tsv"; printf '%s' "${more:-x}"; } >more.rec
		refused 3 more.rec
	done
	{ cat "$good.tsv"; echo; } >more.rec
	refused 3 more.rec
}

check_glued() {
	cat "$good" "$good" >glued
	refused 3 glued
	cat "$good" "$good.tsv" >glued
	refused 3 glued
	cat "$good.tsv" "$good.tsv" >glued
	refused 3 glued
	cat "$good.tsv" "$good" >glued
	refused 3 glued
}

# ---- where input comes from ----

# One result, whether the stream is an operand, stdin, `-`, or trickles through a pipe.
check_stdin() {
	local way
	accepted "$good"
	[[ $writes == db ]] || mv out/result want 2>/dev/null || mv stdout want
	for way in file dash pipe; do
		rm -f out/*
		local args=("${command[@]}")
		case $writes in
		stream) args+=(-o out/result) ;;
		db)
			[[ $program != stats-load ]] || cp "$fixtures/good.base" out/result
			args+=(out/result)
			;;
		esac
		case $way in
		file) run_to stdout "$good" "${args[@]}" ;;
		dash) run_to stdout "$good" "${args[@]}" - ;;
		pipe)
			status=0
			perl -e '$| = 1; local $/ = \97; open F, "<", shift; print while <F>' "$good" |
				"${args[@]}" >stdout 2>stderr || status=$?
			;;
		esac
		((status == 0)) || say_and_fail "stdin ($way): status $status"
		case $writes in
		stream) cmp want out/result ;;
		text) cmp <(grep -v ^stream= want) <(grep -v ^stream= stdout) ;;
		db) [[ $(sqlite3 out/result 'SELECT count(*) FROM directories') == 11 ]] ;;
		esac
	done
}

check_operands() {
	case $writes in
	db)
		misuse
		[[ $program == stats-load ]] || misuse -
		misuse out/db "$good" "$good"
		;;
	*)
		run_to stdout "$good" "${command[@]}" - -
		((status == 2)) || say_and_fail "- twice: status $status"
		;;
	esac
}

# The same lines twice, another scan, another file system.
check_several() {
	[[ $writes == stream ]] || return 0
	refused 3 "$good" "$good"
	[[ $(<stderr) == *--force* ]] || say_and_fail "the way out is not named"
	refused 3 "$good" "$fixtures/other.$kind"
	stream-tool edit --seal 'head=scan_date=[^\t]*/scan_date=2026-01-16' <"$good" >date.rec
	refused 3 "$good" date.rec
	accepted --force "$good" "$good" date.rec "$fixtures/other.$kind"
	# The others after it are looked at too.
	refused 4 "$good" nowhere
	: >nothing
	refused 3 "$good" nothing
	head -c -1 "$good" >cut.rec
	refused 3 --force "$good" cut.rec
}

# A terminal has no streams to give, and no use for binary ones.
check_terminal() {
	needs_terminal
	local args=("${command[@]}")
	if [[ $writes == db ]]; then
		args+=(out/db)
		[[ $program != stats-load ]] || cp "$fixtures/good.base" out/db
	fi
	on_terminal 80 "${args[*]@Q}"
	((status == 2)) || say_and_fail "stdin is a terminal: status $status: $(<screen)"
	[[ $(grep -c "^$program: " screen) == 1 && $(<screen) == *"try '$program --help'"* ]] ||
		say_and_fail "stdin is a terminal: not one line: $(<screen)"
	[[ $program != dir-load || ! -e out/db ]] || say_and_fail "a database was made"
	[[ $writes == stream ]] || return 0
	on_terminal 80 "${args[*]@Q} ${good@Q}"
	((status == 2)) || say_and_fail "binary to a terminal: status $status"
	! grep -q TTALLY screen || say_and_fail "binary on a terminal"
	[[ $program != rec-cat ]] || args=(rec-cat)
	on_terminal 80 "${args[*]@Q} -t ${good@Q}"
	((status == 0)) || say_and_fail "text to a terminal: status $status"
	grep -q '^#end' screen
}

# ---- output ----

check_full_disk() {
	case $writes in
	stream)
		run_to /dev/full /dev/null "${command[@]}" "$good"
		((status == 4)) || say_and_fail "stdout is /dev/full: status $status"
		one_message
		run_to stdout /dev/null "${command[@]}" -o /dev/full "$good"
		((status == 4)) || say_and_fail "-o /dev/full: status $status"
		run_to stdout /dev/null "${command[@]}" -o out/result -o /dev/full "$good"
		((status == 4)) || say_and_fail "-o FILE -o /dev/full: status $status"
		nothing_made
		;;
	text)
		[[ $program == depth-sort ]] || {
			run_to /dev/full /dev/null "${command[@]}" "$good"
			((status == 4)) || say_and_fail "stdout is /dev/full: status $status"
		}
		;;
	esac
	run_to stdout /dev/null "${command[@]}" -o nowhere/result "$good"
	((status != 0)) || say_and_fail "-o into no directory: status 0"
}

# A reader that went away ends a program by SIGPIPE, silently; even if the parent ignored it.
check_early_close() {
	[[ $writes == stream ]] || return 0
	local ignored
	for ignored in DEFAULT IGNORE; do
		# In a pipeline of the shell something else may hold the reading end a little longer.
		status=0
		perl -e 'pipe(my $reader, my $writer); close($reader); $SIG{PIPE} = shift;
			open(STDOUT, ">&", $writer); exec(@ARGV)' "$ignored" "${command[@]}" "$good" \
			2>stderr || status=$?
		[[ $status == 141 ]] || say_and_fail "status $status, not 141"
		[[ ! -s stderr ]] || say_and_fail "not silent"
	done
}

check_output() {
	[[ $writes == stream ]] || return 0
	local mask
	run_to stdout /dev/null "${command[@]}" "$good"
	# Several places, the same bytes.
	run_to second /dev/null "${command[@]}" -o out/a --output out/b -o - "$good"
	((status == 0)) || say_and_fail "-o twice: status $status"
	cmp stdout second
	cmp stdout out/a
	cmp stdout out/b
	[[ $(ls -A out) == $'a\nb' ]] || say_and_fail "left behind: $(ls -A out)"
	# An old file stays until the new one is whole, and keeps its place behind a symbolic link.
	echo old >out/old
	ln -s old out/link
	run_to second /dev/null "${command[@]}" -o out/link <(head -c -3 "$good")
	((status == 3)) || say_and_fail "cut: status $status"
	[[ $(<out/old) == old ]] || say_and_fail "the old file is damaged"
	run_to second /dev/null "${command[@]}" -o out/link "$good"
	[[ -L out/link ]] || say_and_fail "the link is gone"
	cmp stdout out/old
	[[ $(stat -c %a out/a) == 640 ]] || say_and_fail "mode $(stat -c %a out/a)"
	mask=$(umask)
	umask 077
	run_to second /dev/null "${command[@]}" -o out/private "$good"
	umask "$mask"
	[[ $(stat -c %a out/private) == 600 ]] || say_and_fail "mode $(stat -c %a out/private)"
	# What is no regular file is written to as it is.
	mkfifo fifo
	cat fifo >third &
	run_to second /dev/null "${command[@]}" -o fifo "$good"
	wait $!
	cmp stdout third
	rm -f out/*
}

# has_output: this case takes -o.
has_output() {
	[[ $writes == stream || $program == @(dir-query|stats-query|dir-export) ]]
}

# Whatever becomes of standard output: what is written there is whole, or the status is 4.
check_stdout_lost() {
	local to option
	for to in closed /dev/full; do
		for option in --help --version; do
			run_to $to /dev/null "$program" $option
			((status == 4)) || say_and_fail "$option, stdout $to: status $status"
			one_message
		done
		[[ $writes != db && $case != depth-sort:check ]] || continue
		run_to $to /dev/null "${command[@]}" "$good"
		((status == 4)) || say_and_fail "stdout $to: status $status"
		one_message
	done
	# Who writes nothing there does not need it.
	if has_output; then
		run_to stdout /dev/null "${command[@]}" -o want "$good"
		run_to closed /dev/null "${command[@]}" -o out/result "$good"
	elif [[ $writes == db ]]; then
		attempt "$good"
		rm stdout
		run_to closed /dev/null "${command[@]}" out/new "$good" || :
		[[ $program == dir-load ]] || return 0
	else
		return 0
	fi
	((status == 0)) || say_and_fail "stdout closed, not used: status $status"
	! has_output || cmp want out/result
}

# Messages that cannot be written change nothing: neither the status nor what is made. And no file of
# ours takes the place of a descriptor that is closed.
check_stderr_lost() {
	local to
	head -c -3 "$good" >cut.rec
	command=("${command[@]/#-q/-v}")
	for to in '2>&-' '2>/dev/full' '<&- 2>&-' '<&- >&- 2>&-'; do
		attempt -v "$good"
		((status == 0)) || say_and_fail "status $status"
		mkdir want
		mv out/* want 2>/dev/null || :
		mv stdout want/stdout
		"with_$writes" "$to" -v "$good"
		((status == 0)) || say_and_fail "$to: status $status"
		[[ $to == *'>&- '* ]] || cmp stdout want/stdout
		[[ ! -e want/result ]] || same_result want/result out/result
		rm -rf want
		[[ $kind != db ]] || continue
		"with_$writes" "$to" cut.rec
		((status == 3)) || say_and_fail "$to: cut: status $status, not 3"
		nothing_made
	done
}

# with_KIND REDIRECTIONS OPERAND...: as attempt, with these redirections.
with_stream() {
	rm -f out/*
	: >stdout
	status=0
	eval '"${command[@]}" -o out/result "${@:2}" >stdout' "$1" || status=$?
}

with_text() {
	: >stdout
	status=0
	eval '"${command[@]}" "${@:2}" >stdout' "${1/>&- /}" || status=$?
}

with_db() {
	rm -f out/*
	[[ $program != stats-load ]] || cp "$fixtures/good.base" out/result
	: >stdout
	status=0
	eval '"${command[@]}" out/result "${@:2}" >stdout' "$1" || status=$?
}

# Databases differ in the time of the import.
same_result() {
	if [[ $writes == stream ]]; then
		cmp "$1" "$2"
	else
		cmp <(dump "$1") <(dump "$2")
	fi
}

# A descriptor is written as it is, whatever its name and whatever is behind it.
check_descriptors() {
	has_output || return 0
	local name
	run_to want /dev/null "${command[@]}" "$good"
	echo 'a line that was there' >start
	cat start want >both
	ln -s /dev/fd/7 link
	ln -s link link2
	for name in /dev/stdout /dev/fd/1 /proc/self/fd/1 /dev/fd/7 /proc/self/fd/7 \
		/proc/thread-self/fd/7 link link2 "$PWD/link2"; do
		cp start log
		status=0
		"${command[@]}" -o "$name" "$good" >>log 7>&1 2>stderr || status=$?
		((status == 0)) || say_and_fail "-o $name: status $status"
		cmp both log
		# Not for appending: from where it stands.
		status=0
		{ cat start; "${command[@]}" -o "$name" "$good" 7>&1 2>stderr; cat start; } >log || status=$?
		((status == 0)) || say_and_fail "-o $name: status $status"
		cmp <(cat both start) log
		"${command[@]}" -o "$name" "$good" 7>&1 2>stderr | cmp want -
		"${command[@]}" -o "$name" "$good" 7>&1 >/dev/null 2>stderr
	done
	[[ -L link && -L link2 && $(ls -A out) == '' ]] || say_and_fail "something was replaced"
	# A socket cannot be opened by its name.
	perl -e 'use Socket; socketpair(my $us, my $them, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
		if (!fork) { open STDOUT, ">&", $them or die; close $us; close $them; exec @ARGV }
		close $them; print while <$us>' "${command[@]}" -o /dev/stdout "$good" | cmp want -
	run_to stdout /dev/null "${command[@]}" -o /dev/fd/99 "$good"
	((status == 4)) || say_and_fail "-o /dev/fd/99: status $status"
	[[ $(<stderr) == "$program: cannot open /dev/fd/99: Bad file descriptor" ]] || say_and_fail "-o /dev/fd/99"
	# Another process's: at the end of what is there.
	cp start log
	sleep 60 >>log &
	until [[ /proc/$!/fd/1 -ef log ]]; do sleep 0.01; done
	run_to stdout /dev/null "${command[@]}" -o /proc/$!/fd/1 "$good"
	cmp both log || { kill $!; say_and_fail "-o /proc/PID/fd/1"; }
	kill $!
}

# same_file WANT ARGUMENT...: refused, with both names, and the files a, b and db stay as they are.
same_file() {
	local before
	before=$(stat -c '%n %i %s %Y' a b db 2>/dev/null | sort; cat a b | cksum)
	run_to stdout "${stdin:-/dev/null}" "${command[@]}" "${@:2}"
	((status == 2)) || say_and_fail "status $status, not 2: ${*:2}"
	[[ $(<stderr) == "$program: "*" ("*") and "*" ("*") are the same file" ]] ||
		say_and_fail "not said: ${*:2}"
	[[ $(<stderr) == *"$1"* ]] || say_and_fail "$1 is not named: ${*:2}"
	[[ $(stat -c '%n %i %s %Y' a b db 2>/dev/null | sort; cat a b | cksum) == "$before" ]] ||
		say_and_fail "something was written: ${*:2}"
	[[ $(ls -A out) == '' ]] || say_and_fail "left behind: $(ls -A out)"
}

# No program writes what it reads, by whatever name.
check_same_file() {
	local option options=() name names=(a ./a d/../a "$PWD/a" hard soft soft2) first=()
	cp "$good" a
	cp "$good" b
	ln a hard
	ln -s a soft
	ln -s soft soft2
	mkdir d
	cp "$fixtures/good.base" db
	[[ $writes != db ]] || first=(db)
	[[ $program != dir-load ]] || command+=(--replace)
	! has_output || options+=(--output)
	[[ $program != gpfs-parse ]] || options+=(--rejects)
	[[ $case == rec-cat:info ]] || ! grep -q -e --progress < <("$program" --help) ||
		options+=(--progress)
	for option in "${options[@]}"; do
		for name in "${names[@]}"; do
			sampled 3 || continue
			same_file "$name" "${first[@]}" "$option=$name" a
		done
		[[ $writes == db || $kind == db ]] ||
			same_file a "$option=a" b a
		[[ $kind == db ]] || stdin=a same_file 'standard input' "$option=a" "${first[@]}" -
		[[ $writes != db ]] || same_file db "$option=db" db a
	done
	[[ $writes != db ]] || same_file db db db
	[[ $writes != stream ]] || {
		same_file out/new -o out/new -o out/../out/new a
		ln -s ../out/new d/new
		same_file out/new -o out/new -o d/new a
		same_file /dev/stdout -o - -o /dev/stdout a
	}
}

# No file without a name on this file system? Then it must not be left under its temporary one.
# (Many network file systems are like this; fault-shim stands for them.)
check_output_without_unnamed_files() {
	[[ $writes == stream ]] || return 0
	! sanitized || return 0
	local no_tmpfile=(LD_PRELOAD=fault-shim.so FAULT_CALL=tmpfile FAULT_NTH=1+
		FAULT_HOW=EOPNOTSUPP)
	run_to stdout /dev/null env "${no_tmpfile[@]}" "${command[@]}" -o out/result "$good"
	((status == 0)) || say_and_fail "status $status"
	[[ $(ls -A out) == result ]] || say_and_fail "left behind: $(ls -A out)"
	rm -f out/*
	head -c -3 "$good" >cut.rec
	run_to stdout /dev/null env "${no_tmpfile[@]}" "${command[@]}" -o out/result cut.rec
	((status == 3)) || say_and_fail "status $status"
	nothing_made
}

# A database must not be left with a journal by a program that ends in good order: whoever copies or
# moves the file alone would have a damaged one.
check_no_journal() {
	head -c -9 "$good" >cut.rec
	attempt cut.rec
	((status == 3)) || say_and_fail "status $status"
	[[ ! -e out/result-journal ]] || say_and_fail "left behind: out/result-journal"
}

# The stack of a thread may be as small as this, and that of a process too.
check_small_stack() {
	! sanitized || return 0
	ulimit -s 256
	accepted "$good"
	[[ $kind != db ]] || return 0
	attempt -j 4 "$good"
	((status == 0)) || say_and_fail "-j 4: status $status"
}

# Options may stand behind operands, whatever the environment says of POSIX.
check_posix() {
	local -x POSIXLY_CORRECT=1
	accepted "$good"
	attempt "$good" --no-such-option
	((status == 2)) || say_and_fail "an option behind an operand: status $status"
}

check_same_bytes() {
	[[ $writes == stream ]] || return 0
	local base_name=long args input
	for input in "$good" "$fixtures/long.$kind"; do
		[[ $kind:$input != @(log|list):*/long.* ]] || continue
		accepted "$input"
		mv out/result want
		for args in '-S 4M -j 1' '-S 4M -j 4' '-S 64M -j 2' '-S 1G -j 64'; do
			# shellcheck disable=SC2086 # words
			accepted $args "$input"
			cmp want out/result
		done
	done
}
