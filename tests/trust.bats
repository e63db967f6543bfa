#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Databases that somebody else has made: whatever they hold, every program that reads one, or replaces
# one, ends soon, without a crash and without running anything, and says (3) what is wrong.

load lib/helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_database -f fs1
	gpfs-parse -q 20260115_x_small.list | dir-extract | depth-sort -o dirs
	gpfs-parse -q 20260115_x_small.list | stats-accum -o usage
	dir-load half.db dirs
}

setup() {
	common_setup
	files=$BATS_FILE_TMPDIR
	spoils lie.db 'r?.db'
}

# state_of COMMAND...: a line of its status and the command, what it says is in out and err.
state_of() {
	local status=0
	"$@" >out 2>err </dev/null || status=$?
	echo "$status ${*:3}"
}

# readers DB: all that is ever asked of a complete database, a line of status and command each.
readers() {
	local command
	while IFS= read -r command; do
		IFS=' ' read -ra words <<<"$command"
		state_of timeout 120 "${words[@]}" "$1"
		[[ $(wc -c <out) -lt 1000000 && $(wc -c <err) -lt 100000 ]] || echo "long $command"
	done <<'END'
dir-query
dir-query -n 3 --total
dir-query --sort-by path -r
dir-query --sort-by atime --separate-dirs -v
dir-query -u 1000 -g 100
dir-query -L 9223372036854775807 -N *
dir-query --cold 1d
dir-query --accessed-before 100000w --min-avg-size 1
dir-query -P /gpfs/fs1/a -E /gpfs/fs1/a/deep --format json
dir-query --summary
dir-query --summary --format table
dir-query --links --sort-by shared --total
dir-query --links --separate-dirs --older 30d --min-size 1 --total
stats-query
stats-query --by owner
stats-query --by age,size --format table
stats-query --by dir:3,group -E /gpfs/fs1/b
stats-query --by fs -u 1000 -E /gpfs/fs1/a
stats-query --links --by dir:2 -P /gpfs/fs1/a -P /gpfs/fs1/b
dir-export --ncdu
dir-export --ncdu -P /gpfs/fs1/a
scan-audit -q
END
}

# replacers DB: what replaces it, each with its own copy.
replacers() {
	cp "$1" r1.db
	state_of timeout 120 dir-load --replace r1.db "$files/dirs"
	cp "$1" r3.db
	state_of timeout 120 stats-load --no-names r3.db "$files/usage"
	cp "$1" r4.db
	state_of timeout 120 scan-import -q -f fs1 --db r4.db "$files/20260115_x_small.list"
}

# all_refuse DB: every one of them, with 3.
all_refuse() {
	{ readers "$1"; replacers "$1"; } >statuses
	if grep -v '^3 ' statuses; then
		echo "accepted: $1"
		cat err
		return 1
	fi
}

# nobody_falls: whatever was said, nobody crashed, hung, or took it for a failure of the system.
nobody_falls() {
	readers "$1" >statuses
	if grep -v '^[013] ' statuses; then
		echo "$2"
		return 1
	fi
}

ENDLESS='WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless)'

@test "trust: a good database is what the others are measured by" {
	readers "$files/small.db" >statuses
	run ! grep -v '^0 ' statuses
}

@test "trust: a table that is a view without end" {
	local table tables columns
	mapfile -t tables < <(ask "$files/small.db" "SELECT name FROM sqlite_master WHERE type = 'table'")
	for table in "${tables[@]}"; do
		sampled || continue
		columns=$(ask "$files/small.db" "SELECT group_concat('n AS ' || name) FROM pragma_table_info('$table')")
		cp "$files/small.db" lie.db
		ask lie.db "DROP TABLE $table; CREATE VIEW $table AS $ENDLESS SELECT $columns FROM endless"
		all_refuse lie.db
	done
	columns=$(ask "$files/half.db" "SELECT group_concat('n AS ' || name) FROM pragma_table_info('directories')")
	cp "$files/half.db" lie.db
	ask lie.db "DROP TABLE directories; CREATE VIEW directories AS $ENDLESS SELECT $columns FROM endless"
	all_refuse lie.db
}

@test "trust: more, fewer or other tables, indexes, views and triggers than ours" {
	local sql changes=(
		'CREATE TABLE more(x)' 'CREATE INDEX more ON usage_nr(uid)' 'CREATE VIEW more AS SELECT 1'
		'DROP TABLE usage_by' 'DROP INDEX stats_by_size' 'DROP VIEW tree' 'ANALYZE'
		'CREATE TRIGGER t AFTER INSERT ON scan_metadata BEGIN DELETE FROM directories; END'
		'DROP VIEW tree; CREATE VIEW tree AS SELECT * FROM directories'
		'DROP INDEX stats_by_size; CREATE INDEX stats_by_size ON directory_stats(total_size_nr)'
		'DROP INDEX directories_by_parent; CREATE UNIQUE INDEX directories_by_parent ON directories(parent_id, name)'
		'ALTER TABLE usage_nr ADD COLUMN more' 'ALTER TABLE directories RENAME COLUMN mode TO moth'
		'DROP TABLE user_info; CREATE TABLE user_info(uid PRIMARY KEY, username NOT NULL, full_name)'
		"DROP TABLE group_info; CREATE TABLE group_info(gid INTEGER PRIMARY KEY,
			groupname AS (printf('%d', gid)) NOT NULL)")
	for sql in "${changes[@]}"; do
		sampled 3 || continue
		cp "$files/small.db" lie.db
		ask lie.db "$sql" || continue
		all_refuse lie.db
	done
	cp "$files/half.db" lie.db
	ask lie.db 'CREATE TRIGGER t AFTER INSERT ON load_state BEGIN DELETE FROM directories; END'
	all_refuse lie.db
}

@test "trust: another program, another format, another encoding" {
	cp "$files/small.db" lie.db
	ask lie.db 'PRAGMA application_id = 1'
	all_refuse lie.db
	ask "$files/small.db" .dump >dump
	rm lie.db
	{ echo "PRAGMA encoding = 'UTF-16'; PRAGMA application_id = $((0x54544C59)); PRAGMA user_version = 4;"
		cat dump; } | ask lie.db
	[[ $(ask lie.db 'PRAGMA encoding') == UTF-16* ]]
	all_refuse lie.db
	cp "$files/small.db" lie.db
	ask lie.db 'PRAGMA user_version = 99'
	all_refuse lie.db
	ask lie.db 'PRAGMA user_version = 1'
	readers lie.db >statuses
	run ! grep -v '^3 ' statuses
	run -3 dir-query lie.db
	[[ $output == *"lie.db: was made by version 0.1 or 0.2: import again" ]]
}

@test "trust: a class of age or size that there is not" {
	local column value
	for column in age_bucket size_bucket; do
		for value in -1 10 $((1 << 62)) "'x'" 1.5; do
			cp "$files/small.db" lie.db
			ask lie.db "UPDATE OR REPLACE usage_nr SET $column = $value;
				UPDATE OR REPLACE usage_r SET $column = $value;
				UPDATE OR REPLACE usage_by SET id = $value WHERE kind > 1"
			run -3 stats-query --by age,size lie.db
			[[ $output == *"lie.db: is damaged: ${column} is "*", not a number from 0 to 9" ]]
		done
	done
	for value in age size; do
		run -3 stats-query --by $value --format table lie.db
		[[ $output == *"lie.db: is damaged: ${value}_bucket is "* ]]
	done
}

# lies COLUMNS VALUES: in so many columns (0: all) so many values (0: all): of other types, out of range,
# too long.
lies() {
	local table column value values n=0
	values=(-1 0 10 4294967296 $((1 << 62)) 9223372036854775807 '(-9223372036854775807 - 1)' 1.5 9e999 "'x'"
		"x'ff00'" "''" NULL 'zeroblob(100000)' 'zeroblob(30000000)' "'../../x'")
	while IFS='|' read -r table column; do
		for value in $(seq 0 $((${#values[@]} - 1)) | shuf -n "${2/#0/99}"); do
			cp "$files/small.db" lie.db
			# In one row, or in all; some columns refuse some values.
			ask lie.db "UPDATE $table SET $column = ${values[value]} WHERE $table.$column IN
				(SELECT $column FROM $table LIMIT 1 OFFSET 1)" 2>/dev/null || continue
			nobody_falls lie.db "$table.$column = ${values[value]}" || return
			: $((n++))
		done
	done < <(ask "$files/small.db" "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT IN ('buckets', 'scan_sources')" | shuf -n "${1/#0/999}")
	((n > $1 / 3))
}

@test "trust: values of another type, range or length in some columns" {
	lies "$(quick_or_all 10 40)" 1
}

# TREETALLY_LIES=0 tries all of them, which takes half an hour.
@test "trust: each wrong value in each column" {
	slow
	lies 0 "${TREETALLY_LIES:-3}"
}

@test "trust: texts of 30 MB in what every program reads" {
	local sql
	for sql in "UPDATE scan_metadata SET filesystem = printf('%30000000s', 'x')" \
		"UPDATE scan_metadata SET scan_root = '/' || printf('%30000000s', 'x')" \
		"UPDATE scan_metadata SET digest = printf('%30000000s', 'x')" \
		"UPDATE scan_metadata SET filesystem = printf('%1000000s', 'x')"; do
		cp "$files/small.db" lie.db
		ask lie.db "$sql"
		readers lie.db >statuses
		run ! grep -v '^3 ' statuses
	done
	cp "$files/small.db" lie.db
	ask lie.db "UPDATE directories SET name = printf('%30000000s', dir_id) WHERE dir_id IN (4, 5)"
	nobody_falls lie.db 'names of 30 MB'
	grep -qx '3 dir-query lie.db' statuses
}

@test "trust: directories that are their own parents, or have less than what is in them" {
	local sql
	for sql in 'UPDATE directories SET parent_id = dir_id' 'UPDATE directories SET parent_id = 5 WHERE dir_id = 3' \
		'UPDATE directories SET parent_id = 3 WHERE dir_id = 2' 'UPDATE directory_stats SET dir_count_r = 1 << 47' \
		'UPDATE directory_stats SET dir_count_r = 0' 'UPDATE directory_stats SET total_size_r = 0' \
		'DELETE FROM directory_stats WHERE dir_id = 4' 'DELETE FROM directories WHERE dir_id = 4' \
		'DELETE FROM directories' 'DELETE FROM directory_stats' 'DELETE FROM usage_nr' 'DELETE FROM usage_r' \
		"UPDATE directory_stats SET dir_count_nr = 0, dir_count_r = 9 << 40, apparent_size_r = 9223372036854775807" \
		'UPDATE usage_r SET file_count = 9223372036854775807, total_size = 9223372036854775807' \
		'UPDATE usage_nr SET file_count = 9223372036854775807, total_size = 9223372036854775807' \
		"INSERT INTO scan_metadata SELECT 2 $(printf ', NULL%.0s' {1..40})"; do
		sampled 3 || continue
		cp "$files/small.db" lie.db
		ask lie.db "$sql" 2>/dev/null || continue
		nobody_falls lie.db "$sql"
	done
}

@test "trust: a schema whose pages refer to each other" {
	# Nothing of it is read for ever: the root page of a table is that of another, or of the schema.
	local root
	for root in 1 2 3; do
		cp "$files/small.db" lie.db
		ask lie.db '.dbconfig defensive off' 'PRAGMA writable_schema = ON' \
			"UPDATE sqlite_master SET rootpage = $root WHERE name IN ('usage_nr', 'directory_stats')"
		nobody_falls lie.db "rootpage $root"
	done
}

# endless DB TABLE: its root page becomes eight levels of pages, each of which refers to the next one
# hundreds of times, and the last one to what the root was.
endless() {
	local root size
	root=$(ask "$1" "SELECT rootpage FROM sqlite_master WHERE name = '$2'")
	size=$(ask "$1" 'PRAGMA page_size')
	perl -e '
		my ($name, $root, $size) = @ARGV;
		local $/;
		open my $f, "+<:raw", $name or die;
		my $all = <$f>;
		my $page = sub { substr $all, ($_[0] - 1) * $size, $size };
		# The last cell of the first leaf is the key in all cells above.
		my $at = $root;
		while (ord($page->($at)) !~ /^1[03]$/) {
			$at = unpack "N", substr $page->($at), unpack("n", substr $page->($at), 12), 4;
		}
		my $leaf = $page->($at);
		my $count = unpack "n", substr $leaf, 3 or exit 1;
		my $cell = substr $leaf, unpack "n", substr $leaf, 6 + 2 * $count;
		my ($length) = unpack "w", $cell;
		my $number = length pack "w", $length;
		my $is_table = ord $leaf == 13;
		my $key = $is_table ? pack "w", unpack "w", substr $cell, $number : substr $cell, 0, $number + $length;
		my $next = length($all) / $size + 1;
		my $level = sub {
			my $cell = pack("N", $_[0]) . $key;
			my $n = int(($size - 12) / (2 + length $cell));
			my $from = $size - $n * length $cell;
			my $head = pack "CnnnCN", $is_table ? 5 : 2, 0, $n, $from, 0, $_[0];
			my $cells = pack "n*", map { $from + $_ * length $cell } 0 .. $n - 1;
			return $head . $cells . "\0" x ($from - 12 - length $cells) . $cell x $n;
		};
		$all .= $page->($root);
		$all .= $level->($next++) for 1 .. 7;
		substr $all, ($root - 1) * $size, $size, $level->($next);
		substr $all, 28, 4, pack "N", $next;
		seek $f, 0, 0;
		print $f $all or die' "$1" "$root" "$size"
}

@test "trust: pages that refer to one page hundreds of times, level after level" {
	slow
	spoils lie.db r.db
	local table command status tables
	tables=$(ask "$files/small.db" 'SELECT name FROM sqlite_master WHERE rootpage > 0')
	for table in $tables; do
		cp "$files/small.db" lie.db
		endless lie.db "$table" || continue # it has no row
		echo x >>worked
		for command in dir-query 'dir-query -n 3 --total' 'dir-query -N *a*' 'dir-query --summary' stats-query \
			'stats-query --by age,size' 'stats-query --by dir:3,owner' 'dir-export --ncdu' 'scan-audit -q' \
			'dir-query --links --sort-by shared --total' 'stats-query --links -E /gpfs/fs1/a'; do
			status=0
			(ulimit -t 60 && exec $command lie.db >out 2>err) || status=$?
			((status == 0 || status == 1 || status == 3)) || { echo "$table, $command: $status"; return 1; }
			grep 'does not end' err >>notes || true
		done
		for command in 'dir-load --replace' 'stats-load --no-names'; do
			cp lie.db r.db
			status=0
			(ulimit -t 60 && exec $command r.db "$files/$([[ $command == dir* ]] && echo dirs || echo usage)" >out 2>err) || status=$?
			((status <= 3)) || { echo "$table, $command: $status"; return 1; }
		done
	done
	(($(wc -l <worked) > 10 && $(wc -l <notes) > 5))
}

@test "trust: a table without end is given up" {
	slow
	! sanitized || skip "seconds of processor time are what counts"
	local status=0
	cp "$files/small.db" lie.db
	endless lie.db directory_stats
	(ulimit -t 100 && exec dir-query -n 3 --total lie.db >out 2>err) || status=$?
	[[ $status == 3 && $(<err) == 'dir-query: lie.db: is damaged: a table of it does not end' ]]
	cp "$files/small.db" lie.db
	endless lie.db scan_metadata
	timeout 100 stats-query --by owner lie.db >out
	# The same where stats-load goes on.
	dir-load half.db "$files/dirs"
	cp half.db lie.db
	if endless lie.db load_state; then
		status=0
		(ulimit -t 60 && exec stats-load --no-names lie.db "$files/usage" 2>err) || status=$?
		[[ $status == 3 ]]
	fi
}
