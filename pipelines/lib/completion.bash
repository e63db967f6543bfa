# shellcheck shell=bash
# Completion of all programs for bash. Options are what --help of the program says, so that they are
# never out of date; paths after -P and -E are those in the databases on the command line.

# The long options of a program, one in a line.
_treetally_options() {
	"$1" --help 2>/dev/null | grep -oE -- '(^|[ ,(])--[a-z][a-z-]*' | tr -d ' ,(' | sort -u
}

# Words from a list that begin with what is being typed.
_treetally_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Files, or those that end in .db and the databases of $TREETALLY_DIR.
_treetally_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

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

# Directories of the first database that is there: those in the one that is being typed. Only names
# that need no escape.
_treetally_paths() {
	local word database='' parent=${1%/*}
	for word in "${COMP_WORDS[@]:1}"; do
		if [[ $word == *.db && -f $word || -f ${TREETALLY_DIR:-/nonexistent}/$word.db ]]; then
			database=$word
			break
		fi
	done
	[[ -n $database ]] || return 0
	compopt -o nospace -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(dir-query -q -P "${parent:-/}" -L 1 --sort-by path "$database" 2>/dev/null |
		awk -F '\t' -v typed="$1" -v parent="$parent" 'NR > 1 && $1 !~ /\\/ && $1 != parent &&
			$1 != "/" && index($1, typed) == 1 { print $1 "/" }')
}

_treetally_value() {
	case $2 in
	-P | --path-prefix | -E | --exclude)
		case $1 in
		dir-query | stats-query | dir-export) _treetally_paths "$3" ;;
		*) return 1 ;;
		esac ;;
	--format) _treetally_words 'table tsv csv json ndjson' "$3" ;;
	--sort-by)
		case $1 in
		dir-query) _treetally_words 'size apparent files dirs atime mtime depth path' "$3" ;;
		*) _treetally_words 'size apparent files key' "$3" ;;
		esac ;;
	--by) _treetally_words 'owner group age size dir fs' "$3" ;;
	--kind) _treetally_words 'entry dir usage' "$3" ;;
	--age-by) _treetally_words 'atime mtime newest' "$3" ;;
	--escape) _treetally_words 'none pct' "$3" ;;
	-o | --output | --rejects | --passwd | --log) _treetally_files "$3" ;;
	-T | --temp-dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$3") ;;
	*) return 1 ;;
	esac
}

_treetally() {
	local program=${1##*/} word=$2 before=$3
	COMPREPLY=()
	# Bash takes --option=value apart.
	if [[ $word == '=' ]]; then
		word=
	elif [[ $before == '=' ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if _treetally_value "$program" "$before" "$word"; then
		return
	fi
	if [[ $word == -* ]]; then
		_treetally_words "$(_treetally_options "$1")" "$word"
		return
	fi
	case $program in
	dir-query | stats-query | dir-export | scan-audit | dir-load | stats-load) _treetally_databases "$word" ;;
	*) _treetally_files "$word" ;;
	esac
}

complete -F _treetally depth-sort dir-export dir-extract dir-load dir-query gpfs-parse rec-cat \
	scan-audit scan-import scan-tree stats-accum stats-load stats-query
