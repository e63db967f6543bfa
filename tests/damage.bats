#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Lists are for the battery; a case runs in a subshell.
# shellcheck disable=SC2034
#
# Damaged streams of every kind, given to every reader, beyond what the battery does with each
# program. Always: status 3, one message that says where, in good time and little memory; nothing
# on stdout, no output, and a database that is what it was.
#
# The quick tests take a sample of places, another one in each run; they print the seed.

load lib/helper
load lib/battery

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	local kind
	{
		line 1 /gpfs/1 1 1 1 1 drwxr-xr-x
		line 2 /gpfs/1/f
		line 3 /gpfs/1/g 0 0 5 5 lrwxrwxrwx
		line 4 /gpfs/2/x | sed 's/nl=1/nl=3/; s/mt=[^c]*//'
		echo '<0> 5 6 -- /gpfs/rejected'
		echo '# a comment'
	} >good.log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 good.log -o good.entry
	dir-extract good.entry | depth-sort -o good.dir
	stats-accum good.entry -o good.usage
	dir-load good.base good.dir
	for kind in entry dir usage; do rec-cat -o good.$kind.tsv good.$kind; done
	# Another scan, for streams that are glued, and databases to compare with.
	battery_long_streams
	export seed=${TREETALLY_SEED:-$RANDOM}
}

# hurt DAMAGE-OPTION... HOW FILE...: tests/fault/damage for this case. The programs get the least memory
# they take, and not much more of the machine's.
hurt() {
	local call=("${command[@]}" -S 4M) state=()
	case $writes in
	stream) call+=(-o out/result) state=(--absent out/result) ;;
	db) call+=(out/result) state=(--absent out/result) ;;
	esac
	if [[ $program == stats-load ]]; then
		cp "$fixtures/good.base" out/result
		state=(--same out/result="$fixtures/good.base")
	fi
	# Sanitizers take terabytes of addresses.
	sanitized || ulimit -v 300000
	"$TREETALLY_TOP/tests/fault/damage" --seed "$seed" "${state[@]}" "$@" -- "${call[@]}" BAD ||
		say_and_fail "tests/fault/damage ${*:1:4}"
}

@test "damage: tests/fault/damage sees what is wrong" {
	local damage=$TREETALLY_TOP/tests/fault/damage script
	echo 0123456789 >file
	echo right >original
	cp original kept
	run -0 "$damage" prefixes file -- sh -c 'echo "sh: line 1: no" >&2; exit 3' BAD
	[[ ! $output ]]
	# Each of these once more than right.
	for script in 'exit 0' 'echo "sh: line 1: no" >&2; exit 4' 'kill -SEGV $$' 'exit 3' \
		'echo "sh: no" >&2; exit 3' 'echo "line 1: no" >&2; exit 3' 'sleep 30' \
		'echo "sh: line 1: no" >&2; echo x; exit 3' \
		'echo "sh: line 1: no" >&2; echo "sh: line 2" >&2; exit 3' \
		'echo "sh: line 1: no" >&2; : >absent; exit 3' \
		'echo "sh: line 1: no" >&2; echo wrong >kept; exit 3' \
		'echo "sh: line 1: no" >&2; : >kept-journal; exit 3'; do
		rm -f absent kept-journal
		run -1 "$damage" --seconds 1 --absent absent --same kept=original files file -- \
			sh -c "$script" BAD
		[[ $output == file:* ]]
		cp original kept
	done
	# What a program gets is what it says.
	run -1 "$damage" --seed 1 --every 4 prefixes file -- sh -c 'wc -c <$0 >&2; exit 3' BAD
	[[ $(grep -o 'byte [0-9]*' <<<"$output" | sort -u | wc -l) == [23] ]]
	run -1 "$damage" flips file -- sh -c 'cmp -l $0 file | wc -l >&2' BAD
	[[ $(grep -c 'stderr: 1$' <<<"$output") == 5 ]]
}

# ---- bytes ----

check_prefixes() {
	hurt --every "$(quick_or_all 131 1)" prefixes "$good"
	hurt --every "$(quick_or_all 197 11)" prefixes "$good.tsv"
}

@test "damage: every prefix of a stream" {
	echo "seed $seed"
	battery check_prefixes
}

check_changed_bytes() {
	hurt --every "$(quick_or_all 131 2)" flips "$good"
}

@test "damage: any byte changed to any other" {
	echo "seed $seed"
	battery check_changed_bytes
}

# Numbers of a section, each of which takes one byte in these streams, replaced by those where 32
# and 64 bits end. (A byte of a path is replaced too; that does no harm.)
huge_numbers() {
	local size at value
	size=$(stream-tool info "$good" | awk '$1 == "block" { print $3 - 40; exit }')
	for ((at = RANDOM % ($1 < size ? $1 : size); at < size; at += $1)); do
		for value in ffffffff0f 8080808010 feffffff0f ffffffffffffffff7f \
			80808080808080808001 ffffffffffffffffff01 ffffffffffffffffff7f 8000; do
			printf '%s\tsplice=1,%s,1,%s\n' "$at.$value" $at $value
		done
	done | stream-tool edits --seal "$good"
}

check_huge_numbers() {
	local files
	variants huge_numbers huge_numbers "$(quick_or_all 61 2)"
	hurt --status "$([[ $case == depth-sort:check ]] && echo 0,1,3 || echo 0,3)" files "${files[@]}"
}

@test "damage: numbers near 2^32 and 2^64 in every place of a block, under right hashes" {
	echo "seed $seed"
	RANDOM=$seed
	battery check_huge_numbers
}

# ---- lengths and counts of the frame ----

wrong_lengths() {
	local n values=(65535 65536 65537 262144 262145 4194304 4194305 2147483647 4294967294)
	[[ ${TREETALLY_ALL:-} == 1 ]] || values=(65537 4294967294)
	for n in 0 1 4194303 4194304 4194305 16777216 2147483647 2147483648 4294967294 4294967295; do
		printf 'head.%s\theadlen=%s\nend.%s\tendlen=%s\n' $n $n $n $n
	done | stream-tool edits --seal "$good"
	for n in 0 5 4294967295 4294967296 9223372036854775807 18446744073709551615; do
		[[ $n == "$(stream-tool info "$good" | sed -n 's/^trailer.* records=\([0-9]*\).*/\1/p')" ]] ||
			printf 'records.%s\trecords=%s\n' $n $n
	done | stream-tool edits --seal "$good"
	for n in payload records dirs paths dirs_len lines_len lines; do
		for value in "${values[@]}"; do
			printf '%s.%s\tfield=1,%s,%s\n' $n "$value" $n "$value"
		done
	done | stream-tool edits --seal "$good"
}

check_lengths() {
	local files
	variants lengths wrong_lengths
	hurt --every "$(quick_or_all 4 1)" files "${files[@]}"
}

@test "damage: lengths and counts of header, blocks and trailer that cannot be" {
	battery check_lengths
}

# ---- parts of other streams ----

# Streams of two kinds one behind the other; the header of one and the rest of another; the trailer
# of another.
mixtures() {
	local other from at
	at=$(stream-tool info "$good" | awk '$1 == "block" { print $2; exit }')
	for other in "$fixtures"/{good.{entry,dir,usage},long."$kind"}; do
		[[ $other != "$good" ]] || continue
		cat "$good" "$other" >"both.${other##*/}"
		from=$(stream-tool info "$other" | awk '$1 == "block" { print $2; exit }')
		{ head -c "$at" "$good"; tail -c +$((from + 1)) "$other"; } >"head.${other##*/}"
		from=$(stream-tool info "$other" | awk '$1 == "trailer" { print $2 }')
		{
			head -c "$(stream-tool info "$good" | awk '$1 == "trailer" { print $2 }')" "$good"
			tail -c +$((from + 1)) "$other"
		} >"end.${other##*/}"
	done
}

check_mixtures() {
	local files
	variants mixtures mixtures
	hurt --every "$(quick_or_all 4 1)" files "${files[@]}"
}

@test "damage: parts of several streams in one" {
	battery check_mixtures
}

# ---- small streams that grow ----

# bombs: what would take more memory or time than its size allows.
bombs() {
	perl -e '
		my ($kind) = @ARGV;
		# One path of 65,535 bytes, then the same again and again for two bytes each.
		my $long = "00ffff03" . "00" . "78" x 65534;
		my $again = "ffff0300";
		for my $paths (4259775, 4194304, 65535) {
			my $rows = $kind eq "entry" ? "\tsection=1,2,\tsection=1,3,"
				: $kind eq "dir" ? "\tsection=1,2," : "\tsection=1,3,";
			print "front.$paths\tsection=1,1,$long", $again x 64, $rows,
				"\tfield=1,records,65\tfield=1,dirs,65\tfield=1,lines,0\tfield=1,paths,$paths\n";
		}
		# The most directories that a block may have, each as long as possible.
		print "many\tsection=1,1,$long", $again x 20000,
			"\tfield=1,records,65536\tfield=1,dirs,65536\tfield=1,paths,4194304\n";
		print "records\tfield=1,records,65537\n";
		# Entries that take no bytes.
		print "thin.$_\tsection=1,2,", $_ > 2 ? "" : "0000" x 12, "\tsection=1,3,",
			$_ > 2 ? ("0000" x 11, "00a483020001") : "", "\tfield=1,records,65536",
			"\tfield=1,lines,", $_ > 2 ? 0 : 65536, "\n" for $kind eq "entry" ? (2, 3) : ();
		print "payload\tsection=1,1,", "00" x 262145, "\tfield=1,records,2\n";
		print "one.payload\tsection=1,1,", "00" x 262145,
			"\tfield=1,records,1\tfield=1,dirs,1\tfield=1,lines,0\n";' "$kind" |
		stream-tool edits --seal "$good"
}

check_bombs() {
	local files
	variants bombs bombs
	# It reads no further than to the first disorder.
	hurt --status "$([[ $case == depth-sort:check ]] && echo 1,3 || echo 3)" files "${files[@]}"
}

@test "damage: blocks that would be larger than blocks may be" {
	battery check_bombs
}

# First and last line of a text name all sources.
@test "damage: text of a stream of very many sources is read back" {
	mkdir logs
	awk 'BEGIN {
		for (n = 100; n < 800; n++)
			printf "%d 1 0 s=1 a=1 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00 -- /a/%d\n", n, n \
				>sprintf("logs/%0200d", n)
	}'
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 -o many logs/*
	rec-cat -o many.tsv many
	(($(head -n 1 many.tsv | wc -c) > 140000 && $(tail -n 1 many.tsv | wc -c) > 140000))
	rec-cat -b many | cmp - <(rec-cat -b many.tsv)
}

# What is as large as it may be is taken, or refused for another reason, and costs no more.
largest() {
	perl -e '
		my ($kind) = @ARGV;
		my (@head, @end);
		for (my $i = 190000; $i; $i--) {
			push @head, sprintf "source=%06x", $i;
			push @end, sprintf "source=%032x:0:%x", $i, $i if $i < 80000;
		}
		print "head\thead=\$/\\t", join("\\t", @head), "\n";
		print "end\tend=\$/\\t", join("\\t", @end), "\n";
		my $long = "00ffff03" . "00" . "78" x 65534;
		my $rows = $kind eq "entry" ? "\tsection=1,2,\tsection=1,3,"
			: $kind eq "dir" ? "\tsection=1,2," : "\tsection=1,3,";
		print "paths\tsection=1,1,$long", "ffff0300" x 63, $rows,
			"\tfield=1,records,64\tfield=1,dirs,64\tfield=1,lines,0\tfield=1,paths,4194240",
			map({ "\trepeat=1" } 1 .. 20), "\n";' "$kind" |
		stream-tool edits --seal "$good"
}

check_largest() {
	local files
	variants largest largest
	hurt --status "$([[ $case == depth-sort:check ]] && echo 0,1,3 || echo 0,3)" files "${files[@]}"
}

@test "damage: the largest header, trailer and blocks that there can be" {
	slow
	battery check_largest
}

check_endless_line() {
	local db=()
	if [[ $writes == db ]]; then
		db=(out/result)
		[[ $program != stats-load ]] || cp "$fixtures/good.base" out/result
	fi
	sanitized || ulimit -v 300000
	run_to stdout <(head -c 1G /dev/zero) "${command[@]}" -S 4M "${db[@]}"
	((status == 3)) || say_and_fail "status $status"
	one_message
	run_to stdout <(head -n 2 "$good.tsv"; head -c 1G /dev/zero | tr '\0' x) \
		"${command[@]}" -S 4M "${db[@]}"
	((status == 3)) || say_and_fail "status $status"
	[[ $(<stderr) == *"line 3: longer than any record"* ]] || say_and_fail "no line number"
}

@test "damage: a line that does not end is given up early" {
	battery check_endless_line
}

# ---- accounts that lie ----

# Every number of the ledger, one more than it was; then what is no plain number.
lying_ledgers() {
	local most=9223372036854775807 first other=e
	first=skipped_message=0/skipped_message=$most
	! grep -qa 'digest=e' "$good" || other=d
	{
		stream-tool info "$good" | sed -n 's/^trailer .* records=[0-9]* //p' | tr ' ' '\n' |
			sed -nE 's/^([a-z_]+)=([0-9]+)$/\1 \2/p' | while read -r name value; do
				printf '%s\tend=(^|\\b)%s=[0-9]+/%s=%s\n' "$name" "$name" "$name" $((value + 1))
			done
		printf '%s\n' "digest	end=digest=./digest=$other" "source.digest	end=source=./source=$other" \
			'source.lines	end=(?<=:)6:/7:' 'reject.lines	end=bad snapshot=1/bad snapshot=2' \
			"round	end=$first\\tskipped_blank=$most\\tskipped_unrecognised=2"
	} | stream-tool edits --seal "$good"
}

# Does this program see for itself what the number NAME of the ledger should be?
counts_itself() {
	case $program:$kind:$1 in
	stats-accum:*:a[lp]* | *:usage:a[lp]* | \
		rec-cat:entry:a[lp]* | rec-cat:entry:directory_bytes* | rec-cat:entry:snapshot_entries* | \
		stats-accum:*:multilink_* | rec-cat:entry:multilink_* | *:usage:multilink_*) return 0 ;;
	*) return 1 ;;
	esac
}

# What does not add up within the ledger is refused by everybody; files and bytes by those who count
# them; the rest cannot be known from a stream alone, but stats-load compares all with what dir-load
# was told.
check_lying_ledger() {
	local file files wrong=() right=()
	variants lying_ledgers lying_ledgers
	((${#files[@]} == 20 + 5)) || say_and_fail "${#files[@]} numbers"
	for file in "${files[@]}"; do
		if counts_itself "${file##*/}"; then wrong+=("$file") && continue; fi
		case $case:${file##*/} in
		*:lines | *:skipped_* | *:rejected | *:entries | *:directory_lines | *:files | \
			*:source.lines | *:reject.lines | *:round | *:digest | *:source.digest) wrong+=("$file") ;;
		stats-load:*) wrong+=("$file") ;;
		*) right+=("$file") ;;
		esac
	done
	hurt --every "$(quick_or_all 4 1)" files "${wrong[@]}"
	((${#right[@]} == 0)) || hurt --every "$(quick_or_all 4 1)" --status 0 files "${right[@]}"
}

@test "damage: a ledger in which any number is one more than it should be" {
	battery check_lying_ledger
}

# ---- text ----

# Each line left out, and there twice.
lines_lost_and_doubled() {
	awk 'NR == FNR { line[NR] = $0; n = NR; next }
		END {
			for (i = 1; i <= n; i++) {
				for (k = 1; k <= n; k++) {
					if (k != i) print line[k] >"without." i
					print line[k] >"twice." i
					if (k == i) print line[k] >"twice." i
				}
			}
		}' "$good.tsv" /dev/null
}

check_text_lines() {
	local files
	variants text_lines lines_lost_and_doubled
	hurt --every "$(quick_or_all 3 1)" files "${files[@]}"
}

@test "damage: text in which a line is missing, or comes twice" {
	battery check_text_lines
}

# Each field of each line replaced. Some values are right in some places.
text_fields() {
	perl -e '
		my ($every, $start) = @ARGV;
		my @lines = <STDIN>;
		my @values = ("", "-1", "+1", "00", "0x1", "1e3", " 1", "1 ", "\xe9", "1.0", "4294967296",
			"9223372036854775808", "18446744073709551615", "18446744073709551616", "\\", "\\x",
			"/", "a=b", "records=1", "NULL", "-62135596801", "253402300800", "1" x 30);
		my $n = $start;
		for my $i (0 .. $#lines) {
			my @fields = split /\t/, $lines[$i] =~ s/\n//r, -1;
			for my $f (0 .. $#fields) {
				for my $v (0 .. $#values) {
					next if $n++ % $every;
					my @changed = @fields;
					$changed[$f] = $values[$v];
					open my $out, ">", "$i.$f.$v" or die;
					print $out @lines[0 .. $i - 1], join("\t", @changed), "\n",
						@lines[$i + 1 .. $#lines];
				}
			}
		}' "$1" "$RANDOM" <"$good.tsv"
}

# Rows have no hash: what is a row of that kind is taken.
check_text_fields() {
	local files
	variants text_fields text_fields "$(quick_or_all 197 7)"
	hurt --status "$([[ $case == depth-sort:check ]] && echo 0,1,3 || echo 0,3)" files "${files[@]}"
}

@test "damage: text with any field replaced" {
	echo "seed $seed"
	RANDOM=$seed
	battery check_text_fields
}

# The #end line counts other rows, and each number of it lies.
lying_ends() {
	perl -e '
		my @lines = <STDIN>;
		my @fields = split /\t/, $lines[-1] =~ s/\n//r;
		for my $f (1 .. $#fields) {
			my ($name, $value) = $fields[$f] =~ /^(\w+)=(\d+)$/ or next;
			for ("less", "more") {
				next if $_ eq "less" && !$value;
				my @changed = @fields;
				$changed[$f] = "$name=" . ($value + ($_ eq "less" ? -1 : 1));
				open my $out, ">", "$name.$_" or die;
				print $out @lines[0 .. $#lines - 1], join("\t", @changed), "\n";
			}
		}' <"$good.tsv"
}

check_lying_end() {
	local file files wrong=() right=()
	variants lying_ends lying_ends
	for file in "${files[@]}"; do
		if counts_itself "${file##*/}"; then wrong+=("$file") && continue; fi
		case $case:${file##*/} in
		*:records.* | *:lines.* | *:skipped_* | *:rejected.* | *:entries.* | *:directory_lines.* | \
			*:files.* | stats-load:*) wrong+=("$file") ;;
		*) right+=("$file") ;;
		esac
	done
	hurt --every "$(quick_or_all 4 1)" files "${wrong[@]}"
	((${#right[@]} == 0)) || hurt --every "$(quick_or_all 4 1)" --status 0 files "${right[@]}"
}

@test "damage: text whose #end line lies" {
	battery check_lying_end
}

# ---- packed logs ----

# peak COMMAND...: KiB of the largest of its processes; its status must be 3.
peak() {
	local status=0
	command time -f %M -o peak "$@" >stdout 2>stderr || status=$?
	((status == 3)) || { echo "status $status: $(<stderr)"; return 1; }
	tail -n 1 peak
}

# A little file from which a lot of nothing, of blank lines, of one line without an end comes out.
@test "damage: a packed log that is thousands of times as large as its file" {
	sanitized && skip "sanitizers need memory of their own"
	needs time
	local pack what size many packs=(gzip xz zstd) texts=('\0' '\n')
	many=$(quick_or_all 1 8)
	((many > 1)) || { packs=(gzip) texts=('\0'); }
	for what in "${texts[@]}"; do
		head -c 64M /dev/zero | tr '\0' "$what" >plain
		for pack in "${packs[@]}"; do
			$pack -1qc plain >one
			: >bomb
			for ((i = 0; i < many; i++)); do cat one >>bomb; done
			size=$(peak gpfs-parse -q -j 1 -S 4M -o result bomb)
			((size < 64 << 10)) || { echo "$pack of $what: $size KiB"; false; }
			[[ $(<stderr) == "gpfs-parse: "?* ]]
			[[ ! -e result ]]
		done
	done
}
