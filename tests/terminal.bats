#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What reaches a terminal. A name may hold anything: sequences that clear the screen, type for the
# user or turn writing around. No program shows one raw, in an answer or in a message.

load lib/helper

LOG=20260111_fs1_asp.list.log
# C0, DEL, C1 as UTF-8 and as a byte, sequences with each, a mark of direction.
EVIL=$'e\e[2J\e]0;pwned\a\x01\x7f\xc2\x9b2J\xe2\x80\xaev\x9b2Jil'
# The same without bytes that are no UTF-8, because with them everything is escaped.
EVIL8=$'e\e[2J\e]0;pwned\a\x01\x7f\xc2\x9b2J\xc2\x85\xe2\x80\xaevil'

setup() {
	common_setup
	mkdir work
	cd work || return
	{
		line 1 /gpfs/fs1 4096 4 0 0 drwxr-xr-x
		line 2 "/gpfs/fs1/$EVIL" 4096 4 6666 6666 drwxr-xr-x
		line 3 "/gpfs/fs1/$EVIL8/$EVIL" 5000 8 6666 6666
		line 4 "/gpfs/fs1/$EVIL8/$EVIL8" 5000 8 6667 6666
	} >"$LOG"
	printf '%s:x:6666:6666:%s:/:/bin/sh\nx:x:6667:1:%s,more:/:/bin/sh\n' "$EVIL" "$EVIL" "$EVIL8" >passwd
	printf '%s:x:6666:\n' "$EVIL8" >group
	scan-import -q -S 64M --passwd-file passwd --group-file group "$LOG"
}

# Is there, besides our colours and our progress line, anything but text and LF on the screen?
is_clean() {
	[[ -s screen ]] || return
	perl -0777 -ne '
		s/\e\[[0-9;]*m//g;
		s/\r\e\[K//g;
		s/\r$//mg; # CSV
		s/\t//g; # between fields
		my $chars = $_;
		unless (utf8::decode($chars)) { print "not UTF-8\n"; $bad = 1 }
		while ($chars =~ /([^\n]*)([\x00-\x09\x0b-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{202a}-\x{202e}])/g) {
			printf "U+%04X after: %s\n", ord $2, substr($1, -60) =~ s/[^ -~]/?/gr;
			$bad = 1;
		}
		exit !!$bad' screen
}

# Does the evil one show at all?
is_shown() {
	grep -q 'pwned' screen
}

# shown [LOCALE] <COMMANDS: their screen is in the file `screen`; what they return does not matter.
shown() {
	LC_ALL=${1:-C.UTF-8} on_terminal 150 "$(cat)"
}

@test "terminal: answers in every format show no name raw" {
	local locale
	for locale in C.UTF-8 C; do
		shown $locale <<-'END'
			for format in table tsv csv json ndjson; do
				dir-query --format $format asp.db
				stats-query --by dir,owner --format $format asp.db
				stats-query --by owner,group --format $format asp.db
			done
			dir-query -v -P /gpfs/fs1 asp.db
			dir-export --ncdu asp.db
			scan-audit asp.db
			scan-audit -v asp.db --log *.log
		END
		is_clean
		is_shown
		[[ $(grep -c pwned screen) -gt 20 ]]
	done
}

@test "terminal: streams as text show no name raw" {
	gpfs-parse "$LOG" -o entry
	dir-extract entry | depth-sort -o dir
	stats-accum entry -o usage
	cp "$LOG" "$EVIL8"
	gpfs-parse -f asp --scan-date 2026-01-11 "$EVIL8" -o "named$EVIL8"
	shown <<-'END'
		gpfs-parse -t *.log
		dir-extract -t entry
		depth-sort -t dir
		stats-accum -t entry
		for stream in entry dir usage named*; do
			rec-cat "$stream"
			rec-cat --info "$stream"
		done
		gpfs-parse -t -o /dev/tty *.log
		sed 's/ s=/ s=x/' *.log | gpfs-parse -q -f a --scan-date 2026-01-11 --max-rejects 100% --rejects /dev/tty -o /dev/null
	END
	is_clean
	is_shown
	[[ $(grep -c pwned screen) -gt 20 ]]
	# Elsewhere than on a terminal, bytes are bytes.
	rec-cat entry | grep -qaF "$EVIL"
}

@test "terminal: messages of programs show no name raw" {
	gpfs-parse "$LOG" -o entry
	head -c 100 entry >"cut$EVIL8"
	echo x >"text$EVIL8"
	mkdir "dir$EVIL8"
	cp asp.db "$EVIL8.db"
	export EVIL EVIL8
	shown <<-'END'
		for program in gpfs-parse dir-extract depth-sort stats-accum rec-cat dir-load stats-load dir-query stats-query dir-export scan-audit; do
			for name in "$EVIL" "$EVIL8"; do
				case $program in
				dir-export) set -- dir-export --ncdu ;;
				*) set -- $program ;;
				esac
				$program "--$name"
				$program --memory "$name"
				$program --format "$name"
				"$@" "$name"
				"$@" "dir$name"
				"$@" "text$name"
				"$@" "cut$name"
				"$@" "$name/$name"
				"$@" -o "$name/$name" asp.db
				"$@" -T "$name" -S 4M entry
			done
		done
		for name in "$EVIL" "$EVIL8"; do
			dir-load "$name/$name" entry
			stats-load "$name" entry
			stats-load --passwd-file "$name" asp.db entry
			dir-query -P "/gpfs/fs1/$name/no" asp.db
			dir-query -u "$name" asp.db
			dir-query -E "$name" asp.db
			stats-query --by "$name" asp.db
			stats-query -g "$name" asp.db
			gpfs-parse -f "$name" *.log
			gpfs-parse --scan-date "$name" *.log
			gpfs-parse --mode "$name" *.log
			gpfs-parse --rejects "$name/$name" *.log -o /dev/null
			gpfs-parse --source "$name" -o /dev/null *.log
			scan-audit "$name.db" --log "text$name"
			dir-query "$name.db"
			stats-query --by owner "$name.db"
		done
	END
	is_clean
	is_shown
	[[ $(grep -c pwned screen) -gt 150 ]]
}

@test "terminal: scan-import and scan-tree show no name raw" {
	mkdir -p "tree/$EVIL8" "tree/$EVIL" "20260111_x_$EVIL8.list" tmp
	cp "$LOG" "20260111_x_$EVIL8.list.log"
	cp "$LOG" "20260111_x_$EVIL.list.log"
	sed 's/ s=/ s=x/' "$LOG" >"bad$EVIL8"
	ln -s loop "loop$EVIL8"
	ln -s "loop$EVIL8" loop
	echo text >"text$EVIL8.db"
	export EVIL EVIL8
	shown <<-'END'
		for name in "$EVIL" "$EVIL8"; do
			for program in scan-import scan-tree; do
				$program "--$name"
				$program --filesystem "$name" "$name"
				$program "$name" "$name"
			done
			scan-import "20260111_x_$name.list.log"
			scan-import --db "$name.db" *_fs1_*.log
			scan-import --db "$name.db" -v -v *_fs1_*.log
			scan-import --db "$name.db" --scan-date 2020-01-01 *_fs1_*.log
			scan-import --db "$name.db" -f other *_fs1_*.log
			scan-import --db "text$name.db" *_fs1_*.log
			scan-import --db "$name/$name" *_fs1_*.log
			scan-import --db "tree/$name" *_fs1_*.log
			scan-import --db "loop$name" *_fs1_*.log
			scan-import --db x.db -f x --scan-date 2026-01-11 "bad$name"
			scan-import --memory "$name" *_fs1_*.log
			scan-import -w "$name" *_fs1_*.log
			scan-import -T "$name" *_fs1_*.log
			scan-import --mode "$name" *_fs1_*.log
			scan-import --rejects "$name/$name" --db y.db *_fs1_*.log
			scan-tree -v "tree/$name" >/dev/null
			scan-tree "$name.db" "tree"
			scan-tree "tree/$name" tree
			scan-tree tree | head -n 0
		done
	END
	is_clean
	is_shown
	[[ $(grep -c pwned screen) -gt 20 ]]
}

@test "terminal: what cannot be read, scan-tree names without its bytes" {
	((EUID == 0)) || skip "only root can be somebody else"
	local place
	place=$(mktemp -d)
	chmod 755 "$place"
	mkdir -p "$place/$EVIL" "$place/$EVIL8"
	chmod 0 "$place"/e*
	setpriv --reuid 65534 --clear-groups -- test -x "$TREETALLY_BUILD/scan-tree" ||
		{ rm -rf "$place"; skip "the program is out of reach for others"; }
	export place
	shown <<-'END'
		setpriv --reuid 65534 --clear-groups -- scan-tree "$place" >/dev/null
	END
	rm -rf "$place"
	is_clean
	is_shown
	grep -q 'Permission denied' screen
}
