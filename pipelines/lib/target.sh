# shellcheck shell=bash
#
# target - the database that an import replaces: what it is, whether it may go, and how. Sourced by
# scan-import, which sets db, target (db, absolute, links resolved), target_shown, mode, replace and
# keep.

# "SQLite format 3" and NUL start the file; at 60 is the user_version, at 68 the application_id.
readonly SQLITE_MAGIC=53514c69746520666f726d6174203300 APPLICATION_ID=54544c59 USER_VERSION=2

sql() {
	sqlite3 -batch -init /dev/null -separator $'\037' -cmd '.timeout 10000' "$@"
}

# In /tmp and its like, where anybody may put files and nobody may remove those of others, what
# somebody else has put under one of our names is a trap: a link to a file that only we can write, a
# file that he can read, a journal to be played back into the database.
refuse_planted() {
	local path dir bits
	for path; do
		[[ -e $path || -L $path ]] || continue
		[[ $path == */* ]] || path=./$path
		dir=${path%/*}/
		bits=8#$(stat -c %a -- "$dir") || die 4 "$(shown "$dir"): cannot be looked at"
		((bits & 8#1000 && bits & 8#2)) || continue
		[[ $(stat -c %u -- "$path") == @($EUID|$(stat -c %u -- "$dir")) ]] ||
			die 4 "$(shown "$path"): belongs to another user, in a directory where" \
				"anybody may put files; it is left as it is"
	done
}

# The state of the target: none (absent or empty), incomplete, complete. Anything that is not ours
# ends us with 3.
look_at_target() {
	local header row
	state=none old_filesystem='' old_seconds='' old_date=''
	old_is="nothing was written"
	refuse_planted "$db" "$target" "$target"-{journal,wal,shm}
	[[ -s $target ]] || return 0
	old_is="$target_shown is as it was"
	header=$(od -An -v -tx1 -N100 -- "$target" | tr -d ' \n') || die 4 "$target_shown: cannot read"
	if [[ $header != "$SQLITE_MAGIC"* || ${header:136:8} != "$APPLICATION_ID" ]]; then
		die 3 "$target_shown: is not a treetally database; not replaced"
	fi
	if ((16#${header:120:8} > USER_VERSION)); then
		die 3 "$target_shown: has a newer format than this program knows; not replaced"
	fi
	settle
	state=incomplete
	row=$(sql -readonly "$target" "SELECT coalesce(filesystem, ''), scan_timestamp,
		strftime('%Y-%m-%d', scan_timestamp, 'unixepoch') FROM scan_metadata") ||
		die 4 "$target_shown: cannot be read"
	[[ $row ]] || return 0
	state=complete
	IFS=$'\037' read -r old_filesystem old_seconds old_date <<<"$row"
}

# Finish what a killed writer has begun: a journal beside the new database would be played back into
# it. A writer at work is no such case; readers are welcome.
settle() {
	local result
	if [[ -s $target && -w $target ]]; then
		result=$(sql "$target" 'BEGIN IMMEDIATE; ROLLBACK; PRAGMA wal_checkpoint(TRUNCATE);' \
			2>&1) || result="failed: $result"
		[[ $result == 0* ]] ||
			die 4 "$target_shown: is being written or cannot be recovered: $(shown "$result")"
	elif [[ -s $target ]] && [[ -e $target-journal || -e $target-wal ]]; then
		die 4 "$target_shown: has a journal to recover and cannot be written"
	fi
	rm -f -- "$target"-{journal,wal,shm} ||
		die 4 "$target_shown: what lies beside it would be played back into the new one"
}

# may_replace FILESYSTEM SECONDS: of the new scan; `?` is not known yet.
may_replace() {
	local refuse="$target_shown: not replaced without --replace: it holds"
	((!replace)) && [[ $state != none ]] || return 0
	[[ $state == complete ]] || die 2 "$refuse an unfinished import"
	[[ $1 == '?' || $1 == "$old_filesystem" ]] ||
		die 2 "$refuse file system '$(shown "$old_filesystem")', this is '$(shown "$1")'"
	[[ $2 == '?' ]] || (($2 >= old_seconds)) || die 2 "$refuse a newer scan, of $old_date"
}

has_acl() {
	local listed
	listed=$(ls -ld -- "$1") || die 4 "$(shown "$1"): cannot be looked at; $old_is"
	[[ ${listed%% *} == *+ ]]
}

# The new file gets group, mode and ACL of the old one, and root leaves the owner as he is. Without
# the right to give it the old group, the group bits would open it to another group; and where there
# is an ACL they are its mask, so without it the group would get what the mask allows to others.
# Then there are none.
copy_access() {
	local new=$1 old_mode
	if [[ ! -e $target ]]; then
		[[ ! $mode ]] || chmod -- "$mode" "$new" || die 4 "$target_shown: cannot get its mode"
		return 0
	fi
	((EUID != 0)) || chown --reference="$target" -- "$new" ||
		say "$target_shown: it cannot keep its owner $(stat -c %U -- "$target")"
	old_mode=$(stat -c %a -- "$target") || die 4 "$target_shown: its mode cannot be read"
	chmod "$(printf %o $((8#$old_mode & 8#707)))" -- "$new" ||
		die 4 "$target_shown: its mode cannot be copied"
	if ! chgrp --reference="$target" -- "$new" 2>/dev/null; then
		((quiet)) ||
			say "$target_shown: it cannot keep its group $(stat -c %G -- "$target"): no group rights"
		return 0
	fi
	# The directory may have given the new one an ACL.
	if { has_acl "$target" || has_acl "$new"; } &&
		! { getfacl -cp -- "$target" | setfacl --set-file=- -- "$new"; } 2>/dev/null; then
		((quiet)) || say "$target_shown: its ACL could not be copied (getfacl and setfacl do that):" \
			"no group rights"
		return 0
	fi
	chmod "$(printf %o $((8#$old_mode & 8#777)))" -- "$new" ||
		die 4 "$target_shown: its mode cannot be copied"
}

# Old database out, new one in. A link, or a copy where there are no links, keeps the old one, so
# that there is one at every moment.
replace_target() {
	local new=$1 kept=${target%.db}-${old_date//-/} suffix=.db n=1
	sync -- "$new" || die 4 "$target_shown: the new database may not be on disk"
	settle
	if ((keep)) && [[ $state == complete ]]; then
		while [[ -e $kept$suffix || -L $kept$suffix ]]; do suffix=.$((++n)).db; done
		ln -T -- "$target" "$kept$suffix" 2>/dev/null ||
			{ cp -p -- "$target" "$work/kept.db" && sync -- "$work/kept.db" &&
				mv -nT -- "$work/kept.db" "$kept$suffix" && [[ ! -e $work/kept.db ]]; } ||
			die 4 "$(shown "$kept$suffix"): the old database could not be kept"
	fi
	mv -fT -- "$new" "$target" || [[ ! -e $new ]] || die 4 "$target_shown: could not be replaced"
	old_is="the new database is in place"
	sync -- "${target%/*}/" || die 4 "$target_shown: is new, but may not be on disk"
}
