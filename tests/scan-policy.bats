#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scan-policy: the rules are those that gpfs-parse reads, and the script makes a list that is whole or
# none. mmapplypolicy is a stub that writes what its documentation says.

# shellcheck disable=SC2154

load lib/helper

# mmapplypolicy in ./bin: it lists what is in $ENTRIES, a line `INODE SIZE KB UID GID MODE NLINK PATH` for
# each, by the SHOW and ESCAPE of the policy that it is given.
setup() {
	common_setup
	mkdir bin out
	cat >bin/mmapplypolicy <<-'END'
		#!/usr/bin/perl
		use strict;
		my $device = shift;
		my %opt = @ARGV;
		open my $log, '>>', 'calls'; print $log "$device @ARGV\n";
		if ($ENV{FAIL}) { print STDERR "[E] no quorum\n"; exit 3 }
		my $rules = do { local (@ARGV, $/) = $opt{'-P'}; <> };
		my ($keep) = $rules =~ /ESCAPE '%([^']*)'/ or die "no ESCAPE\n";
		my ($show) = $rules =~ /SHOW\((.*)\)\s*$/s or die "no SHOW\n";
		my ($name) = $rules =~ /RULE EXTERNAL LIST '(\w+)' EXEC ''/ or die "no list\n";
		$rules =~ /LIST '$name' DIRECTORIES_PLUS/ or die "no directories\n";
		my $encode = sub { $_[0] =~ s/([^A-Za-z0-9\-_.~\Q$keep\E])/sprintf '%%%02X', ord $1/ger };
		my %n = (d => 0, '-' => 0);
		open my $list, '>', "$opt{'-f'}.list.$name";
		open my $in, '<', $ENV{ENTRIES};
		while (<$in>) {
			chomp;
			my ($inode, $size, $kb, $uid, $gid, $mode, $nlink, $path) = split ' ', $_, 8;
			$path =~ s/\\n/\n/g;
			my %value = (FILE_SIZE => $size, KB_ALLOCATED => $kb, USER_ID => $uid, GROUP_ID => $gid,
				MODE => $mode, NLINK => $nlink, MISC_ATTRIBUTES => $mode =~ /^d/ ? 'D' : 'FAu',
				ACCESS_TIME => '2025-12-01 10:00:00.123456', FILESET_NAME => 'my set',
				MODIFICATION_TIME => '2025-11-01 10:00:00', CREATION_TIME => '2025-10-01 10:00:00',
				CHANGE_TIME => '2025-11-01 10:00:00', POOL_NAME => 'system', INODE => $inode);
			my $text = join '', map {
				/^'(.*)'$/ ? $1 : $value{/(?:VARCHAR\()?(\w+)\)?/ && $1} // die "no attribute $_\n"
			} split /\s*\|\|\s*/, $show;
			printf $list "%d %d 0  %s -- %s\n", $inode, 65536 + $inode, $encode->($text), $encode->($path);
			$n{substr $mode, 0, 1}++;
		}
		printf "[I] 2026-01-11\@04:10:07.120 Directories scan: %d files, %d directories, 0 other objects, " .
			"%d 'skipped' files and/or errors.\n", $n{'-'}, $n{d}, $ENV{SKIPPED} // 0;
	END
	chmod +x bin/mmapplypolicy
	cat >entries <<-'END'
		3 4096 4 0 0 drwxr-xr-x 3 /gpfs/csfs1
		4 4096 4 1000 100 drwxr-xr-x 2 /gpfs/csfs1/a dir = 100%25
		10 5000 8 1000 100 -rw-r--r-- 1 /gpfs/csfs1/a dir = 100%25/x -- y:z.txt
		11 70000 72 1001 101 -rw-r--r-- 2 /gpfs/csfs1/a dir = 100%25/two\nlines\n1 2 0  s=1 -- /gpfs/forged
	END
	export ENTRIES=$PWD/entries
	PATH=$PWD/bin:$PATH
}

# run_script OPTION...: make the script, check it, and run it; its list is in $list.
run_script() {
	scan-policy --script -o out "$@" csfs1 >list-csfs1
	! type -P shellcheck >/dev/null || shellcheck list-csfs1
	list=$(bash list-csfs1)
}

@test "scan-policy: its script makes a list that is imported whole, with every name" {
	run_script --cluster hpc --nodes n1,n2 --work /gpfs/tmp
	[[ $list == "$PWD"/out/????????_hpc_csfs1.list.* ]]
	grep -q -- "^csfs1 -P .* -I defer -f .* -g /gpfs/tmp -N n1,n2$" calls
	scan-import -q --no-names --db t.db --scan-log "${list%.list.*}.list.out" "$list"
	[ "$(sqlite3 t.db 'SELECT filesystem, total_files, total_size, rejected, unproved_sources, assumptions
		FROM scan_metadata')" = 'csfs1|2|81920|0|0|' ]
	[ "$(sqlite3 t.db "SELECT name FROM directories WHERE dir_id = 4")" = 'a dir = 100%25' ]
	gpfs-parse -q -t "$list" | grep -qF '/a dir = 100%25/two\nlines\n1 2 0  s=1 -- /gpfs/forged'
	# Nothing else is left than list, policy and output.
	[ "$(printf '%s\n' out/* | sed 's/.*[.]list[.]//; s/^zst$\|^xz$\|^gz$/PACK/' | sort | tr '\n' ' ')" = 'PACK out pol ' ]
}

@test "scan-policy: a list that was cut, or lost a line, is refused" {
	run_script
	cp "$list" whole
	gpfs-parse -q "$list" >/dev/null
	case $list in *.zst) unpack='zstd -dc' ;; *.xz) unpack='xz -dc' ;; *) unpack='gzip -dc' ;; esac
	$unpack "$list" >plain.list
	export LIST=plain.list
	gpfs-parse -q --source "${list##*/}" plain.list >/dev/null
	head -n -1 plain.list >cut.list
	run -3 --separate-stderr gpfs-parse -q --source "${list##*/}" cut.list -o out.entry
	[[ $stderr == *"end line is missing"* ]]
	sed 3d plain.list >cut.list
	run -3 --separate-stderr gpfs-parse -q --source "${list##*/}" cut.list -o out.entry
	[[ $stderr == *"is not whole"* && ! -e out.entry ]]
}

@test "scan-policy: skipped files are told; a policy run that fails leaves no list" {
	SKIPPED=7 run_script
	scan-import -q --no-names --db t.db "$list"
	[ "$(sqlite3 t.db 'SELECT assumptions FROM scan_metadata')" = 'skipped=7' ]
	rm -r out/*
	FAIL=1 run -4 --separate-stderr bash list-csfs1
	[[ $stderr == "mmapplypolicy failed with status 3; see "*.out && -z $output ]]
	[ -z "$(find out -name '*.zst' -o -name '*.xz' -o -name '*.gz' -o -name '*.part')" ]
	grep -q quorum out/*.out
}

@test "scan-policy: without zstd it packs with what is there" {
	local tool
	mkdir few
	for tool in bash date cat sed tail wc gzip mv rm env perl head sort; do
		ln -s "$(type -P "$tool")" few/
	done
	scan-policy --script -o out csfs1 >script
	list=$(PATH=$PWD/bin:$PWD/few bash script)
	[[ $list == *.list.gz ]]
	gpfs-parse -q "$list" >/dev/null
	rm few/gzip
	list=$(PATH=$PWD/bin:$PWD/few bash script)
	[[ $list == *.list ]]
	gpfs-parse -q "$list" >/dev/null
}

@test "scan-policy: rules for other formats, and words that it refuses" {
	run -0 scan-policy
	[[ $output == "RULE EXTERNAL LIST 'list_all' EXEC '' ESCAPE '%/=: '"* && $output == *"VARCHAR(FILE_SIZE)"* ]]
	run -0 scan-policy --format '{size=%s kb=%k uid=%u gid=%g mode=%m atime=%A}'
	[[ $output == *"'size=' || VARCHAR(FILE_SIZE)"* ]]
	run ! scan-policy --format '%Z'
	run -2 scan-policy csfs1
	run -2 scan-policy --script
	run -2 scan-policy --script a b
	run -2 scan-policy --bogus
	run -2 --separate-stderr scan-policy --script --cluster a_b csfs1
	[[ $stderr == "scan-policy: --cluster: a_b: letters"* && -z $output ]]
	run -2 scan-policy --script --filesystem $'a\nb' csfs1
	run -0 scan-policy --script --work "/gpfs/it's" --nodes '$(touch evil)' csfs1
	bash -n <<<"$output"
	bash <<<"$output" >/dev/null 2>&1 || true
	[ ! -e evil ]
	run -0 scan-policy --version
	[[ $output == "scan-policy (treetally) "* ]]
}
