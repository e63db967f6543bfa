#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Logs in which many lines are damaged: the programs find in them what the reference finds, line for
# line and reason for reason.

load lib/helper

# mutate SEED LOG: about every third line is changed in one of the ways in which text gets damaged.
mutate() {
	perl -e '
		use strict;
		my ($seed, $file) = @ARGV;
		srand $seed;
		open my $in, "<:raw", $file or die;
		my @lines = map { s/\n//r } <$in>;
		binmode STDOUT;
		my @edges = qw(0 1 00 4095 4096 4097 4294967294 4294967295 4294967296 -1 +1 1.5
			9223372036854775807 9223372036854775808 18446744073709551616);
		my @ways = (
			sub { substr($_[0], rand length $_[0], 1) = chr int rand 256 },
			sub { substr($_[0], rand length $_[0], 1) ^= chr 1 << int rand 8 },
			sub { substr($_[0], rand length $_[0], 0) = chr int rand 256 },
			sub { substr($_[0], rand length $_[0], 1) = "" },
			sub { $_[0] = substr $_[0], 0, rand length $_[0] },
			sub { $_[0] = substr $_[0], rand length $_[0] },
			sub { words($_[0], sub { splice @{$_[0]}, rand @{$_[0]}, 1 }) },
			sub { words($_[0], sub { my $i = rand @{$_[0]}; splice @{$_[0]}, $i, 0, $_[0][$i] }) },
			sub { words($_[0], sub { my ($i, $k) = map { rand @{$_[0]} } 1, 2;
				@{$_[0]}[$i, $k] = @{$_[0]}[$k, $i] }) },
			sub { words($_[0], sub { $_[0][rand @{$_[0]}] =~ s/=\K.*// }) },
			sub { my $n = $edges[rand @edges]; $_[0] =~ s/\b[sug]=\K\d+/$n/ },
			sub { my $n = $edges[rand @edges]; $_[0] =~ s/^(<\d+> )?\K\d+/$n/ },
			sub { my $n = int rand 62; $_[0] =~ s/\d\d(?=[-:])/sprintf "%02d", $n/e },
			sub { substr($_[0], rand length $_[0], 0) = $lines[rand @lines] },
			sub { $_[0] .= $lines[rand @lines] },
			sub { $_[0] =~ s/ -- / --/ },
			sub { $_[0] =~ s/ /\t/g },
			sub { $_[0] =~ s/ac=/mt=/ },
		);
		sub words {
			my @words = split / /, $_[0], -1;
			$_[1]->(\@words);
			$_[0] = join " ", @words;
		}
		for (@lines) {
			my $line = $_;
			if (length $line && $line !~ m{^# treetally} && rand() < 0.33) {
				for (0 .. rand 3) { $ways[rand @ways]->($line) if length $line }
			}
			print $line =~ s/\n/ /gr, "\n";
		}' "$@"
}

# mutated SEED [--crlf] [OPTION of make-log]...
mutated() (
	set -o pipefail
	local seed=$1 crlf=()
	(( seed < 400000 ))
	shift
	echo "seed $seed"
	if [[ $1 == --crlf ]]; then
		crlf=(--crlf)
		shift
	fi
	make-log --seed "$seed" "$@" | sed "${crlf[0]:+s/\$/\r/}" >whole
	mutate "$seed" whole >log
	rm -f db entries
	if ! gpfs-parse -q --max-rejects 100% --scan-date 2026-01-11 "${crlf[@]}" -o entries log 2>err; then
		# Digits that came together can be more than sums hold, of which the reference knows nothing.
		cat err
		grep -qF '2^63-1' err
		grep -aqE 'a=[0-9]{13}' log
		mutated "$((seed + 100000))" "${crlf[@]}" "$@"
		return
	fi
	dir-extract -S 4M entries | depth-sort -S 4M | dir-load -S 4M db
	stats-accum -S 4M entries | stats-load -S 4M --no-names db
	compare-db db log --scan-date 2026-01-11 "${crlf[@]}"
	# The text is damaged indeed, and not beyond recognition.
	[[ $(sqlite3 db 'SELECT count(*) > 8 AND sum(lines) > 20 FROM scan_rejects') == 1 ]]
	[[ $(sqlite3 db 'SELECT entries > lines / 2 FROM scan_metadata') == 1 ]]
)

@test "mutated: the programs agree with the reference on a damaged log" {
	mutated "$RANDOM" --lines 1500
	mutated "$RANDOM" --lines 1500 --escape-pct
}

@test "mutated: the programs agree with the reference on many damaged logs" {
	slow
	for ((n = 0; n < 8; n++)); do
		mutated "$RANDOM" --lines 4000
		mutated "$RANDOM" --lines 4000 --escape-pct
		mutated "$RANDOM" --crlf --lines 2000
	done
}
