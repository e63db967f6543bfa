#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --map: what the scan calls /gpfs/csfs1 is /glade/campaign to its users.

load lib/helper

# import OPTION...: small_log becomes fs1.db
import() {
	small_log >small.list
	scan-import -q --replace -f fs1 --scan-date 2026-01-15 --db fs1.db "$@" small.list
}

# paths OPTION...: of dir-query, in the order of the tree
paths() {
	dir-query --format tsv --sort-by path "$@" fs1.db | tail -n +2 | cut -f1
}

@test "maps: all answers show TO, and -P and -E take both spellings" {
	import --map /gpfs/fs1=/glade/campaign
	[ "$(paths -L 1 -P /glade/campaign)" = "$(printf '/glade/campaign%s\n' '' /a /a.d /b '/b c' /empty)" ]
	[ "$(paths -P /gpfs/fs1)" = "$(paths -P /glade/campaign/)" ]
	[ "$(paths)" = "$(paths -P /glade/campaign)" ]
	[ "$(paths -P /glade/campaign/a -E /gpfs/fs1/a/deep)" = /glade/campaign/a ]
	[ "$(paths -P /gpfs/fs1/a -E /glade/campaign/a/deep)" = /glade/campaign/a ]
	[ "$(paths --from-root -L 1)" = "$(printf '%s\n' / /gpfs)" ]
	run -0 stats-query --format tsv --by dir -P /glade/campaign/b fs1.db
	[[ $output == *$'\n/glade/campaign/b\t'* && $output != *gpfs/* ]]
	run -0 stats-query --format json --by dir -P /gpfs/fs1/b fs1.db
	[[ $output == *'"/glade/campaign/b"'* ]]
	run -0 dir-export --ncdu -q -P /glade/campaign/a fs1.db
	[[ $output == *'"/glade/campaign/a"'* && $output != *gpfs* ]]
	[ "$output" = "$(dir-export --ncdu -q -P /gpfs/fs1/a fs1.db)" ]
	run -0 dir-query --summary fs1.db
	[[ $output == *'/gpfs/fs1=/glade/campaign'* ]]
	[[ $(dir-query --summary --format tsv fs1.db) == *$'\t/gpfs/fs1\t/gpfs/fs1=/glade/campaign\t'* ]]
	# tables keep the scan's paths
	[ "$(sqlite3 fs1.db 'SELECT path FROM tree WHERE depth = 2')" = /gpfs/fs1 ]
	[ "$(sqlite3 fs1.db 'SELECT * FROM path_maps')" = '/gpfs/fs1|/glade/campaign' ]
	scan-audit fs1.db
	scan-audit -q --log small.list fs1.db
}

@test "maps: the answers are those of a database without maps, but for the names" {
	import
	cp fs1.db plain.db
	import --map /gpfs/fs1=/x
	local plain
	plain=$(dir-query --format tsv plain.db)
	[ "$(dir-query --format tsv fs1.db)" = "${plain//\/gpfs\/fs1/\/x}" ]
	plain=$(stats-query --by dir,owner,age --format tsv plain.db)
	[ "$(stats-query --by dir,owner,age --format tsv fs1.db)" = "${plain//\/gpfs\/fs1/\/x}" ]
	[ "$(sqlite3 plain.db 'SELECT count(*) FROM path_maps')" = 0 ]
}

@test "maps: of nested ones the longest counts, and names that only begin alike are others" {
	import --map /gpfs/fs1/a=/proj --map /gpfs/fs1=/campaign --map /gpfs/fs1/a/deep=/scratch/deep
	[ "$(paths)" = "$(printf '%s\n' /campaign /proj /scratch/deep /scratch/deep/er /campaign/a.d \
		/campaign/b /campaign/b/implied '/campaign/b c' /campaign/empty)" ]
	[ "$(paths -P /scratch/deep)" = "$(printf '%s\n' /scratch/deep /scratch/deep/er)" ]
	# what it would be called without the inner map is understood as well
	[ "$(paths -P /proj/deep)" = "$(paths -P /scratch/deep)" ]
	[ "$(paths -P /campaign/a/deep/er)" = /scratch/deep/er ]
	[ "$(paths -P /campaign/a.d)" = /campaign/a.d ]
	run -1 --separate-stderr dir-query -P /proj.d fs1.db
	run -1 --separate-stderr dir-query -P /scratch/dee fs1.db
	run -1 --separate-stderr dir-query -P /proj/deep/nobody fs1.db
	[ "$stderr" = "dir-query: /proj/deep/nobody: is not in fs1.db; the nearest directory above it that is there: /scratch/deep" ]
	run -1 --separate-stderr dir-query -P /glade/a fs1.db
	[[ $stderr == *": /" ]]
}

@test "maps: from the root, and to it" {
	import --map /=/net/host7
	[ "$(paths -L 1)" = "$(printf '/net/host7/gpfs/fs1%s\n' '' /a /a.d /b '/b c' /empty)" ]
	[ "$(paths --from-root -L 1)" = "$(printf '%s\n' /net/host7 /net/host7/gpfs)" ]
	[ "$(paths -P /net/host7/gpfs/fs1/a -L 0)" = /net/host7/gpfs/fs1/a ]
	[ "$(paths -P /net/host7 -L 0)" = /net/host7 ]
	import --map /gpfs/fs1=/
	[ "$(paths -L 1)" = "$(printf '/%s\n' '' a a.d b 'b c' empty)" ]
	[ "$(paths -P /a/deep)" = "$(printf '/a/deep%s\n' '' /er)" ]
	[ "$(paths -P / -L 0)" = / ]
	[ "$(paths -P /gpfs/fs1/b)" = "$(paths -P /b)" ]
}

@test "maps: where one directory has the name that another is shown with" {
	{ line 1 /gpfs/a/f; line 2 /data/g; line 3 /data/only/h; } >two.list
	scan-import -q -f fs1 --scan-date 2026-01-15 --db fs1.db --map /gpfs/a=/data two.list
	[ "$(dir-query --format tsv -P /data -L 0 fs1.db | tail -n 1 | cut -f3)" = 1 ]
	[ "$(paths -P /data/only)" = /data/only ]
}

@test "maps: names are bytes" {
	local odd=$'/gl\xe9/t\tb' a=$'/gpfs/fs\xff'
	line 1 "$a/d/f" >odd.list
	scan-import -q -f fs1 --scan-date 2026-01-15 --db fs1.db --map "$a=$odd" odd.list
	[ "$(paths -P "$odd/d")" = $'/gl\xe9/t\\tb/d' ]
	[ "$(paths -P "$a/d")" = $'/gl\xe9/t\\tb/d' ]
	[ "$(sqlite3 fs1.db 'SELECT typeof(scan_path) FROM path_maps')" = blob ]
	# the text of it does not change
	[ "$(dir-query -P "$odd" --format json fs1.db | grep -c 'd"')" = "$(dir-query -P "$a" --format json fs1.db | grep -c 'd"')" ]
	scan-audit fs1.db
}

@test "maps: a file for the site, which options overrule" {
	mkdir scans
	export TREETALLY_DIR=$PWD/scans
	printf '%s\n' '# mounts' '' /gpfs/fs1=/glade/campaign /gpfs/fs2=/glade/work /gpfs/fs1/b=/b >scans/maps
	import --db fs1.db
	[ "$(sqlite3 fs1.db 'SELECT * FROM path_maps')" = $'/gpfs/fs1|/glade/campaign\n/gpfs/fs1/b|/b' ]
	import --map /gpfs/fs1=/mine
	[ "$(sqlite3 fs1.db 'SELECT * FROM path_maps')" = $'/gpfs/fs1|/mine\n/gpfs/fs1/b|/b' ]
	import --map-file /dev/null
	[ "$(sqlite3 fs1.db 'SELECT count(*) FROM path_maps')" = 0 ]
	import --map-file <(echo /gpfs/fs1=/piped)
	[ "$(paths -L 0)" = /piped ]
	rm scans/maps
	import
	[ "$(paths -L 0)" = /gpfs/fs1 ]
	echo /gpfs/fs1=/night >scans/maps
	cp small.list 20260115_dirs_fs1.list
	TREETALLY_LOGS=. TREETALLY_MAX_AGE=99999 nightly-import fs1
	[ "$(dir-query -L 0 --format tsv fs1 | tail -n 1 | cut -f1)" = /night ]
}

@test "maps: what is wrong is said before the log is read" {
	small_log >small.list
	local import=(scan-import -f fs1 --scan-date 2026-01-15) wrong
	for wrong in '' = /a /a= =/a a=/b /a=b /a=/../b; do
		run -2 --separate-stderr "${import[@]}" --map "$wrong" small.list
		[ "$stderr" = "scan-import: --map: '$wrong' is not FROM=TO, two absolute paths" ]
		[ ! -e fs1.db ]
	done
	run -2 --separate-stderr "${import[@]}" --map /a=/b --map /a//=/c small.list
	[ "$stderr" = "scan-import: --map: '/a' is mapped twice" ]
	run -2 --separate-stderr "${import[@]}" --map /a=/b --map /c=/b/ small.list
	[ "$stderr" = "scan-import: --map: two directories would be shown as '/b'" ]
	printf '/a=/b\nno map\n' >file
	run -2 --separate-stderr "${import[@]}" --map-file file small.list
	[ "$stderr" = "scan-import: file: 'no map' is not FROM=TO, two absolute paths" ]
	printf '/a=/b\n/c=/d' >file
	run -2 --separate-stderr "${import[@]}" --map-file file small.list
	run -4 --separate-stderr "${import[@]}" --map-file absent small.list
	awk 'BEGIN { for (i = 0; i < 1001; i++) print "/a" i "=/b" i }' >file
	run -2 --separate-stderr "${import[@]}" --map-file file small.list
	[ ! -e fs1.db ]
	[ ! -e fs1.db.import ]
	# not wrong, but of no use
	run -0 --separate-stderr "${import[@]}" --map /gpfs/fs=/b small.list
	[[ $stderr == *"stats-load: --map: '/gpfs/fs' is not in this scan"* ]]
}

@test "maps: a table that somebody has changed is found, and believed in nothing" {
	import --map /gpfs/fs1=/glade
	cp fs1.db good.db
	local change
	for change in "UPDATE path_maps SET shown_path = '/evil'" "DELETE FROM path_maps" \
		"INSERT INTO path_maps VALUES('/gpfs', '/x')"; do
		cp good.db fs1.db
		sqlite3 fs1.db "$change"
		run -1 scan-audit fs1.db
	done
	for change in "UPDATE path_maps SET shown_path = 7" "UPDATE path_maps SET shown_path = 'x'" \
		"UPDATE path_maps SET scan_path = '/a/../b'" \
		"UPDATE path_maps SET shown_path = '/' || hex(zeroblob(40000))" \
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
			INSERT INTO path_maps SELECT '/' || i, '/' || i FROM n"; do
		cp good.db fs1.db
		sqlite3 fs1.db "$change"
		run -3 --separate-stderr dir-query fs1.db
		[[ $stderr == "dir-query: fs1.db: "@(*path_maps*|*shown_path*) ]]
	done
}

@test "maps: several databases have maps of their own" {
	import --map /gpfs/fs1=/one
	line 1 /gpfs/fs2/a/f >two.list
	scan-import -q -f fs2 --scan-date 2026-01-15 --db fs2.db --map /gpfs/fs2=/two two.list
	run -0 dir-query --format tsv -P /one/a -P /two/a -L 0 fs1.db fs2.db
	[[ $output == *$'\t/one/a\t'* && $output == *$'\t/two/a\t'* ]]
	run -0 stats-query --format tsv --by fs,dir -P /gpfs/fs2/a -P /one/b fs1.db fs2.db
	[[ $output == *$'fs2\t/two/a\t'* && $output == *$'fs1\t/one/b\t'* ]]
}
