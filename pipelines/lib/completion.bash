# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of all programs for bash. What options there are, and which values they take, the programs
# say themselves (--completion: the operand, then letter|name|argument|words), so it is never out of
# date. Paths and names are those in the databases on the command line or in $TREETALLY_DIR.

# Words from a list that begin with what is being typed.
_treetally_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Files, or with -d directories.
_treetally_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

# Those that end in .db, and the databases of $TREETALLY_DIR.
_treetally_databases() {
	local file
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(
		compgen -f -X '!*.db' -- "$1"
		compgen -d -- "$1"
		[[ -n ${TREETALLY_DIR:-} && $1 != */* ]] || exit 0
		for file in "$TREETALLY_DIR"/"$1"*.db; do
			[[ ! -f $file ]] || basename "$file" .db
		done)
}

# Set databases to those on the command line, or to all of $TREETALLY_DIR.
_treetally_find_databases() {
	local word
	databases=()
	for word in "${COMP_WORDS[@]:1}"; do
		if [[ $word == *.db && -f $word || -f ${TREETALLY_DIR:-/nonexistent}/$word.db ]]; then
			databases+=("$word")
		fi
	done
	((${#databases[@]})) || mapfile -t databases < <(compgen -G "${TREETALLY_DIR:-/nonexistent}/*.db")
	((${#databases[@]}))
}

# column NAME COMMAND...: that column of what a query says of each of the databases, no value twice.
_treetally_column() {
	local name=$1 database
	shift
	for database in "${databases[@]}"; do
		"$@" -q --format tsv "$database" 2>/dev/null
	done | awk -F '\t' -v name="$name" '
		$1 == "path" || $2 == name { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
		at && !seen[$at]++ { print $at }'
}

# Directories in the one that is being typed. Only names that need no escape.
_treetally_paths() {
	local databases parent=${1%/*}
	_treetally_find_databases || return 0
	compopt -o nospace -o filenames 2>/dev/null
	_treetally_directories "$1" -P "${parent:-/}" -L 1 --sort-by path
	# The root of the scan may be shown where the tree has no way to it (scan-import --map).
	((${#COMPREPLY[@]})) || _treetally_directories "$1" -L 0
}

# _treetally_directories WORD OPTION...: those that dir-query lists, if they begin with the word.
_treetally_directories() {
	mapfile -t COMPREPLY < <(_treetally_column path dir-query "${@:2}" |
		awk -v typed="$1" -v parent="${1%/*}" '
			!/\\/ && $0 != parent && $0 != "/" && index($0, typed) == 1 { print $0 "/" }')
}

# Owners or groups, which own files there; without a database those of this machine.
_treetally_names() {
	local databases
	if _treetally_find_databases; then
		_treetally_words "$(_treetally_column "$1" stats-query --by "$1")" "$2"
	else
		mapfile -t COMPREPLY < <(compgen -A "${1/owner/user}" -- "$2")
	fi
}

# value ARGUMENT WORDS WORD: what can stand for an argument of that name.
_treetally_value() {
	case $1 in
	*,...) mapfile -t COMPREPLY < <(compgen -P "${3%"${3##*,}"}" -W "$2" -- "${3##*,}") ;;
	FILE | '[=FILE]' | LOG*) _treetally_files -f "$3" ;;
	DIR*) _treetally_files -d "$3" ;;
	PATH) _treetally_paths "$3" ;;
	DB) _treetally_databases "$3" ;;
	USER) _treetally_names owner "$3" ;;
	GROUP) _treetally_names group "$3" ;;
	*) _treetally_words "$2" "$3" ;;
	esac
}

_treetally() {
	local word=$2 before=$3 attached='' operand letter name argument words names=''
	COMPREPLY=()
	# Bash takes --option=value apart.
	if [[ $word == '=' ]]; then
		word='' attached=1
	elif [[ $before == '=' ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]} attached=1
	fi
	{
		IFS= read -r operand
		while IFS='|' read -r letter name argument words; do
			if [[ $argument && ($argument != '['* || $attached) &&
				($before == "$name" || $letter && $before == "$letter") ]]; then
				_treetally_value "$argument" "$words" "$word"
				return
			fi
			names+="$name "
		done
	} < <("$1" --completion 2>/dev/null)
	if [[ $word == -* ]]; then
		_treetally_words "$names" "$word"
	elif [[ $operand == STREAM ]]; then
		_treetally_files -f "$word"
	else
		_treetally_value "$operand" '' "$word"
	fi
}

# The first word is a command; what follows is completed as its program would be.
_treetally_front() {
	local program
	COMPREPLY=()
	if ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then
		((COMP_CWORD > 2)) ||
			_treetally_words "$("$1" | sed -nE 's/^  ([a-z]+) .*\(([a-z-]+)\)$/\1/p') help" "$2"
		return
	fi
	program=$("$1" | sed -nE "s/^  ${COMP_WORDS[1]} .*\(([a-z-]+)\)$/\1/p")
	COMP_WORDS=("${COMP_WORDS[@]:1}")
	((COMP_CWORD--))
	_treetally "${program:-${COMP_WORDS[0]}}" "$2" "$3"
}

complete -F _treetally_front treetally
complete -F _treetally depth-sort dir-export dir-extract dir-load dir-query gpfs-parse list-parse rec-cat \
	scan-audit scan-import scan-tree stats-accum stats-load stats-query
