/* SPDX-License-Identifier: MIT */
#include "common/parse/parse_opts.h"

void parse_opts_set_limit(void *to, const struct opt *row, const char *value)
{
	if (!reject_limit_parse(to, value))
		opts_wrong(row, value, "a count or a percentage");
}

static bool stream_to_stdout(const struct stream_out_options *out)
{
	bool found = !out->path_count;

	for (size_t i = 0; i < out->path_count; i++)
		found |= strcmp(out->paths[i], "-") == 0;
	return found;
}

/* Also turns values into claims. */
static void check_values(struct parse_opts *opt)
{
	if (opt->source && !*opt->source)
		opts_die("--source: the name is empty");
	if (!opt->filesystem)
		return;
	if (!claims_valid_filesystem(opt->filesystem))
		opts_die("--filesystem: '%s': a name must not be empty, start with a dot, or hold a "
			 "slash or control characters", opt->filesystem);
	opt->claim.filesystem = xstrdup(opt->filesystem);
}

static void check_operands(const struct parse_opts *opt)
{
	size_t from_stdin = 0;

	if (opt->source && opt->log_count > 1)
		opts_die("--source names one source, and there are %zu logs", opt->log_count);
	for (size_t i = 0; i < opt->log_count; i++)
		from_stdin += strcmp(opt->logs[i], "-") == 0;
	if (from_stdin > 1)
		opts_die("standard input can be read only once");
	if (opt->rejects && strcmp(opt->rejects, "-") == 0 && stream_to_stdout(&opt->out))
		opts_die("--rejects and the stream cannot both go to standard output");
}

void parse_opts_hear(const struct parse_opts *o, struct scan_claim *claim, const char *name,
		     const struct chunk *first, struct line_format *format)
{
	const char *line, *fault;
	size_t len;

	format->crlf = o->crlf;
	line = chunk_first_line(first, &len);
	fault = claims_claim_line(claim, line, len);
	if (fault)
		die(EXIT_INPUT, "%s:1: %s", name, fault);
	if (o->claim.escape != ESCAPE_UNKNOWN)
		claim->escape = o->claim.escape;
	format->pct = claim->escape == ESCAPE_PCT;
	format->pct_said = claim->escape != ESCAPE_UNKNOWN;
}

static enum field field_of(const char *name, size_t len)
{
	for (enum field f = 0; field_names[f]; f++) {
		if (strncmp(field_names[f], name, len) == 0 && !field_names[f][len])
			return f;
	}
	return FIELDS;
}

void parse_opts_require(void *to, const struct opt *row, const char *value)
{
	unsigned *required = to;
	const char *at = value;

	do {
		size_t len = strcspn(at, ",");
		enum field f = field_of(at, len);

		if (f == FIELDS)
			opts_wrong(row, value, "a list of fields");
		*required |= FIELD_BIT(f);
		at += len;
	} while (*at++);
}

void parse_opts_plan(const struct parse_opts *o, struct field_plan *plan, unsigned given,
		     bool whole_days, bool ages, int64_t scan_day, const char *source,
		     const char *format)
{
	unsigned missing = o->required & ~given;

	if (missing)
		die(EXIT_INPUT, "%s: format %s has no %s (--require)", source, format,
		    field_names[__builtin_ctz(missing)]);
	if (!field_plan_init(plan, given, whole_days, scan_day, o->block_size) ||
	    (ages && scan_day == DAY_NONE))
		die(EXIT_USAGE, "%s: format %s has no times but ages or none: "
		    "--scan-date is needed", source, format);
	plan->required |= o->required;
}

void parse_opts_check_root(const char *root)
{
	if (root && *root != '/')
		opts_die("--root: %s: is not absolute", root);
}

void parse_opts_init(struct parse_opts *o)
{
	*o = (struct parse_opts){ .claim.scan_day = DAY_NONE, .mode = MODE_NONE };
	opts_init(&o->shared);
}

void parse_opts_finish(struct parse_opts *o, size_t count, char **argv)
{
	o->logs = xcalloc(count + 1, sizeof(*o->logs));
	for (size_t i = 0; i < count; i++)
		o->logs[i] = argv[1 + i];
	o->log_count = count;
	if (!count)
		o->logs[o->log_count++] = "-";
	check_values(o);
	check_operands(o);
}

void parse_opts_release(struct parse_opts *o)
{
	free(o->logs);
	free(o->claim.filesystem);
}
