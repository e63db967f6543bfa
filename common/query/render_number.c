/* SPDX-License-Identifier: MIT */
#include "common/query/render_number.h"

#include "common/base/human.h"

const char *const render_unit_names[] = { "", "K", "M", "G", "T", "P", NULL };
static const char letters[] = " KMGTPE";

/* Powers of 1000, three significant digits. */
static void add_si(struct buf *out, int64_t bytes)
{
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1000) {
		buf_printf(out, "%d B", (int)bytes);
		return;
	}
	/* What would become 1000 is the next unit's 1.00. */
	for (; value >= 999.5; unit++)
		value /= 1000;
	buf_printf(out, "%.*f %cB", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, letters[unit]);
}

static void add_unit(struct buf *out, int64_t bytes, unsigned unit, bool si)
{
	double value = (double)bytes;

	for (unsigned i = 0; i < unit; i++)
		value /= si ? 1000 : 1024;
	buf_printf(out, "%.2f %c%sB", value, letters[unit], si ? "" : "i");
}

void render_number_bytes(struct buf *out, const struct render_options *options, int64_t bytes)
{
	char text[HUMAN_TEXT_SIZE];

	if (options->bytes)
		buf_add_str(out, human_count(text, bytes));
	else if (options->unit)
		add_unit(out, bytes, options->unit, options->si);
	else if (options->si)
		add_si(out, bytes);
	else
		buf_add_str(out, human_bytes(text, bytes));
}

void render_number_iso(struct buf *out, int64_t seconds)
{
	char text[HUMAN_TEXT_SIZE];

	human_time(text, seconds);
	buf_printf(out, "%.10sT%sZ", text, text + strlen("YYYY-MM-DD "));
}
