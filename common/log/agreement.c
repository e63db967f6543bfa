/* SPDX-License-Identifier: MIT */
#include "common/log/agreement.h"

static void hear(const struct agreement *a, struct agreed *agreed, const char *what,
		 const char *option, const char *value, const char *source)
{
	if (agreed->value && !agreed->source)
		return;
	if (!agreed->value && !a->closed) {
		*agreed = (struct agreed){ xstrdup(value), source };
		return;
	}
	if (a->force || (agreed->value && strcmp(agreed->value, value) == 0))
		return;
	if (!agreed->value)
		die(EXIT_INPUT, "%s: says %s %s, and the source before says nothing; %s decides",
		    source, what, value, option);
	die(EXIT_INPUT, "%s: says %s %s, but %s says %s; %s decides", source, what, value,
	    agreed->source, agreed->value, option);
}

void agreement_hear(struct agreement *a, const struct scan_claim *claim, const char *source)
{
	char date[DATE_TEXT_SIZE];

	if (claim->filesystem)
		hear(a, &a->filesystem, "file system", "--filesystem", claim->filesystem, source);
	if (claim->scan_day != DAY_NONE)
		hear(a, &a->scan_date, "scan date", "--scan-date",
		     scantime_date_text(date, claim->scan_day), source);
}

int64_t agreement_day(const struct agreement *a)
{
	int64_t day;

	if (!a->scan_date.value || !scantime_parse_date(a->scan_date.value, &day))
		return DAY_NONE;
	return day;
}

void agreement_release(struct agreement *a)
{
	free(a->filesystem.value);
	free(a->scan_date.value);
	*a = (struct agreement){ 0 };
}
