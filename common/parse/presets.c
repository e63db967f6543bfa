/* SPDX-License-Identifier: MIT */
#include "common/parse/presets.h"

#include <string.h>

const struct preset presets[] = {
	{ "ncar", "{s=%s a=%k u=%u g=%g m=%M p=%m ac=%A mt=%T cr=%B nl=%n}", false,
	  "keys in any order; the default layout" },
	{ "uab", "|size=%s|kballoc=%k|access=%A|create=%B|modify=%T|uid=%u|gid=%g|heat=%h|pool=%P|"
		 "path=%N|misc=%M|", true, "keys between bars" },
	{ "cdm", "%s|%T|%A|%C|%u|%g|%m|%F|%P|%n", true, "ten values between bars" },
	{ "ncsa", "%k %s %B- %C- %T- %A- %n %g %u", false, "ages in days; files only" },
	{ "ncsa-dirs", "%k %s %B- %C- %T- %A- %g %u", false, "ages in days, no links; directories" },
	{ "kit", "|%s|%T|", true, "size and modification time between bars" },
	{ "mmoxi", "%u:%s:%k", false, "owner, size and KiB between colons" },
	{ "mmdu", "%s %n", false, "size and links" },
	{ "mmdu-kb", "%k %n", false, "KiB and links" },
	{ "pz76", "%k %s %u %g", false, "KiB, size and ids" },
	{ "acl", "%u %g %m %M", false, "ids, mode and attributes" },
	{ "arcapix", "name=%N size=%k", false, "name, and KiB as size" },
	{ "ibm", "%s", false, "size" },
	{ "empty", "", false, "nothing" },
	{ NULL, NULL, false, NULL },
};

const struct preset *preset_find(const char *name)
{
	for (const struct preset *p = presets; p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}
