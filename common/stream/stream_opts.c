/* SPDX-License-Identifier: MIT */
#include "common/stream/stream_opts.h"

void stream_opts_add_output(void *to, const struct opt *row, const char *value)
{
	struct stream_out_options *out = to;

	if (out->path_count == OUTPUTS_MAX)
		opts_die("--%s: at most %d files can be written", row->name, OUTPUTS_MAX);
	out->paths[out->path_count++] = value;
}

void stream_opts_about(void)
{
	printf("stream format %d\n", STREAM_VERSION);
}
