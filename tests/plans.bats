#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How SQLite does what programs and manuals ask: an index that nobody uses is only in the way, and a
# table of millions of rows is read whole only where all of it is wanted.
# shellcheck disable=SC2016 # conditions are Perl
load lib/helper

# Every kind of statement of every program that asks or loads, and each manual's queries; in $plans a
# line for each (see plan-shim).
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	! sanitized || return 0
	make_tester plan-shim.so
	{ big_log 3000; make-links; } >log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 log -o entry
	dir-extract entry | depth-sort -o dirs
	stats-accum entry -o usage
	export LD_LIBRARY_PATH=$TREETALLY_BUILD plans=$PWD/plans
	planned dir-load t.db dirs
	planned stats-load --no-names t.db usage
	planned scan-audit t.db --log log
	planned dir-export --ncdu t.db
	planned dir-export --ncdu -P /gpfs/big/p7 -l t.db
	each dir-query <<-'OPTIONS'

		-n 5
		-l -n 5
		--links -n 5
		--links -P /gpfs/big/p7 -L 1
		--tree -n 5
		--tree -L 2
		--total -u 1003
		-P /gpfs/big -E /gpfs/big/p7
		--from-root -n 5
		--leaves-only
		--leaves-only -P /gpfs/big/p7
		-u 1003
		-u 1003 -P /gpfs/big/p7
		-g 3
		-u 1003 -u 1004 -g 3
		--single-owner
		--older 3yrs -n 5
		--files-of 1003 --larger-than 1M --sort-by matching
		--files-of-group 3 --younger 1yr -P /gpfs/big/p7
		-N d1*
		--cold 3yrs
		--cold 3yrs --by-atime -P /gpfs/big/p7
		--outermost --min-size 1M
		--separate-dirs --min-size 1M
		-d 3 --max-depth 4 --max-files 10 --min-avg-size 1M
		--accessed-before 3yrs --modified-after 2015-01-01
		--sort-by apparent -n 5
		--sort-by files -n 5
		--sort-by atime -n 5
		--sort-by shared -n 5
		--sort-by path -r -n 5
		--summary
	OPTIONS
	each stats-query <<-'OPTIONS'

		--by owner
		--by group
		--by age -u 1003
		--by dir
		--by dir:2 --links
		--by owner,age --cross
		--by owner,group,age,size
		--by dir,age -g 3 --older 3yrs
		--by owner -P /gpfs/big -E /gpfs/big/p7
		--by owner --links
		--by owner -l
		--by owner --inodes -P /gpfs/big/p7
		--by owner --leaves-only
		--by owner --cold 3yrs
		--by owner --dir-min-size 1M -s -L 2
	OPTIONS
	manuals
}

setup() {
	common_setup
	! sanitized || skip "sanitizers want to be the first library"
}

planned() {
	PLANS=$plans LD_PRELOAD=plan-shim.so "$@" >/dev/null
}

# each PROGRAM <OPTIONS: run it with each line of options.
each() {
	local options
	while read -ra options; do planned "$1" "${options[@]}" t.db; done
}

# Each block of a manual that begins with SQL, but for those that validate and want all rows.
manuals() {
	local sql
	awk '/^\.Ss The scan/ { asks = 1 } /^\.Bd/ { block = ""; inside = 1; next }
		/^\.Ed/ { if (asks && block ~ /^(SELECT|WITH)/) print block; inside = 0 }
		inside { block = block $0 " " }' "$TREETALLY_TOP/man/treetally-db.5" | sed 's/\\[e-]/\\/g' >queries
	while IFS= read -r sql; do
		printf 'manual\t%s' "$sql"
		ask t.db "EXPLAIN QUERY PLAN $sql" | sed '1d; s/^[ |`-]*/0:/' | tr '\n' '\t' | sed 's/^/\t/; s/\t$//'
		echo
	done <queries >>"$plans"
}

# bad CONDITION: no line of $plans may be as the Perl expression says, about $program, $sql, its @steps
# and each $step, $joined when it is done for each row of another. What a plan calls a table has become plainer with SQLite 3.36: both are `SCAN alias` here.
bad() {
	perl -e '
		my $bad = eval "sub { $ARGV[0] }" or die $@;
		open my $in, "<", $ARGV[1] or die;
		my $wrong = 0;
		while (<$in>) {
			chomp;
			($program, $sql, my @all) = split /\t/;
			@steps = map { s/(SCAN|SEARCH) TABLE (\S+)( AS (\S+))?/$1 . " " . ($4 || $2)/er } @all;
			%before = ();
			for $step (@steps) {
				$joined = $step =~ /^(\d+):(SCAN|SEARCH) / && $before{$1}++;
				next unless $bad->();
				print "$program: $sql\n", map { "\t$_\n" } @steps;
				$wrong = 1;
				last;
			}
		}
		exit $wrong' "$1" "$plans"
}

@test "plans: a statement that names an index uses it, and none makes one" {
	(($(wc -l <"$plans") > 500))
	bad '$step =~ /AUTOMATIC/ && $program ne "manual"'
	bad '($sql =~ /INDEXED BY (\w+)/ && !grep { /INDEX $1\b/ } @steps)'
}

@test "plans: each index is used by an answer or by a query of a manual" {
	local index n=0
	for index in $(ask "$BATS_FILE_TMPDIR/t.db" "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"); do
		grep -E '^(dir-query|stats-query|dir-export|manual)' "$plans" | grep -q "INDEX $index\b"
		n=$((n + 1))
	done
	((n >= 5))
}

@test "plans: answers read no large table whole, but the order of sizes and all links" {
	bad '$program =~ /query|export/ && $step =~ /SCAN (\S+)/ &&
		$1 !~ /^(scan_\w+|path_maps|buckets|load_state|.*sqlite_master|temp\.\S+|r|w|walk|up|\(.*|[0-9A-Z].*)$/ &&
		!($1 eq "s" && $sql =~ /INDEXED BY stats_by_size .* ORDER BY s.total_size_r/) &&
		!($1 eq "link_usage" && $sql =~ /LIMIT 1$/) &&
		!($1 eq "links" && $sql =~ /FROM links ORDER BY link, path$/)'
}

@test "plans: joins look rows up" {
	bad '$step =~ /SCAN (\S+)/ && $joined && $program ne "manual" && $1 !~ /^(scan_metadata|buckets)$/'
}
