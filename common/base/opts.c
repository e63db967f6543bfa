#include "common/base/opts.h"

#include <unistd.h>

#include "common/stream/attrs.h"

static const struct {
	const char *suffix;
	unsigned base, power;
} size_suffixes[] = {
	{ "K", 1024, 1 }, { "M", 1024, 2 }, { "G", 1024, 3 }, { "T", 1024, 4 }, { "P", 1024, 5 },
	{ "KiB", 1024, 1 }, { "MiB", 1024, 2 }, { "GiB", 1024, 3 }, { "TiB", 1024, 4 }, { "PiB", 1024, 5 },
	{ "KB", 1000, 1 }, { "MB", 1000, 2 }, { "GB", 1000, 3 }, { "TB", 1000, 4 }, { "PB", 1000, 5 },
	{ "B", 1, 0 }, { "", 1, 0 },
}, count_suffixes[] = {
	{ "K", 1000, 1 }, { "M", 1000, 2 }, { "G", 1000, 3 }, { "", 1, 0 },
};

static bool scale(uint64_t *value, unsigned base, unsigned power)
{
	for (; power; power--) {
		if (*value > INT64_MAX / base)
			return false;
		*value *= base;
	}
	return *value <= INT64_MAX;
}

/* The digits at the start of `text`; *suffix is what follows them. */
static bool parse_digits(const char *text, uint64_t *value, const char **suffix)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	*suffix = text + digits;
	return attrs_u64(number, INT64_MAX, value);
}

bool opts_parse_size(const char *text, uint64_t *bytes)
{
	const char *suffix;

	if (!parse_digits(text, bytes, &suffix))
		return false;
	for (size_t i = 0; i < sizeof(size_suffixes) / sizeof(size_suffixes[0]); i++) {
		if (strcmp(suffix, size_suffixes[i].suffix) == 0)
			return scale(bytes, size_suffixes[i].base, size_suffixes[i].power);
	}
	return false;
}

bool opts_parse_count(const char *text, uint64_t *count)
{
	const char *suffix;

	if (!parse_digits(text, count, &suffix))
		return false;
	for (size_t i = 0; i < sizeof(count_suffixes) / sizeof(count_suffixes[0]); i++) {
		if (strcmp(suffix, count_suffixes[i].suffix) == 0)
			return scale(count, count_suffixes[i].base, count_suffixes[i].power);
	}
	return false;
}

bool opts_parse_mode(const char *text, mode_t *mode)
{
	size_t digits = strspn(text, "01234567");

	if (!digits || digits > 4 || text[digits])
		return false;
	*mode = (mode_t)strtoul(text, NULL, 8);
	return *mode <= 0777;
}

void opts_init(struct opts *o, const char *usage, enum rec_kind kind)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	*o = (struct opts){ .usage = usage, .memory = MEMORY_DEFAULT };
	o->threads = cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
	o->in.kind = kind;
}

static void set_memory(struct opts *o, const char *value)
{
	if (!opts_parse_size(value, &o->memory))
		opts_die("--memory: '%s' is not a size (examples: 64M, 2G)", value);
	if (o->memory < MEMORY_FLOOR)
		opts_die("--memory: %s is below the least that works, 4M", value);
}

static void set_threads(struct opts *o, const char *value)
{
	uint64_t n;

	if (!opts_parse_count(value, &n) || n < 1 || n > THREADS_MAX)
		opts_die("--threads: '%s' is not a number from 1 to %d", value, THREADS_MAX);
	o->threads = (unsigned)n;
}

static void add_output(struct opts *o, const char *value)
{
	if (o->out.path_count == OUTPUTS_MAX)
		opts_die("--output: at most %d files can be written", OUTPUTS_MAX);
	o->out.paths[o->out.path_count++] = value;
}

static void print_and_exit(const char *text, const char *more, const char *end)
{
	printf("%s%s%s", text, more, end);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write standard output");
	exit(EXIT_OK);
}

void opts_shared(struct opts *o, int letter, const char *value)
{
	switch (letter) {
	case 'S': set_memory(o, value); break;
	case 'T': o->temp_dir = value; break;
	case 'j': set_threads(o, value); break;
	case 'q': o->quiet = true; break;
	case 'v': o->verbose = true; break;
	case 'o': add_output(o, value); break;
	case 't': o->out.tsv = true; break;
	case OPT_UNVERIFIED: o->in.unverified = true; break;
	case OPT_FORCE: o->force = true; break;
	case OPT_KIND:
		if (!rec_kind_from_name(value, &o->in.assume))
			opts_die("--kind: '%s' is none of entry, dir, usage", value);
		break;
	case OPT_PROGRESS:
		o->progress = true;
		o->progress_file = value;
		break;
	case 'h': print_and_exit(o->usage, "", ""); break;
	case 'V':
		print_and_exit(program_invocation_short_name, " (treetally) ",
			       TREETALLY_VERSION "\n");
		break;
	default:
		fprintf(stderr, "try '%s --help'\n", program_invocation_short_name);
		exit(EXIT_USAGE);
	}
}

void opts_die(const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	warn("%s", reason);
	fprintf(stderr, "try '%s --help'\n", program_invocation_short_name);
	exit(EXIT_USAGE);
}
