/* SPDX-License-Identifier: MIT */
/*
 * constants - numbers of the headers that manual pages state, as NAME=VALUE.
 */
#include <stdio.h>

#include "common/stream/buckets.h"
#include "common/stream/recent_paths.h"
#include "common/stream/ledger.h"
#include "common/base/opts.h"
#include "common/log/chunk.h"
#include "common/sort/record_key.h"
#include "common/log/rejects.h"
#include "common/stream/tsv.h"
#include "common/load/usage_fold.h"
#include "common/sort/usage_hash.h"

#define SHOW(x) printf("%s=%lld\n", #x, (long long)(x))

int main(void)
{
	SHOW(PATH_BYTES_MAX); SHOW(BLOCK_RECORDS_MAX); SHOW(BLOCK_PAYLOAD_MAX);
	SHOW(BLOCK_ONE_RECORD_MAX); SHOW(BLOCK_PATHS_MAX); SHOW(BLOCK_ENTRIES_MAX);
	SHOW(BLOCK_ENTRY_PATHS_MAX); SHOW(HEAD_TEXT_MAX);
	SHOW(TSV_LINE_MAX); SHOW(STREAM_VERSION); SHOW(TIME_MIN); SHOW(TIME_MAX);
	SHOW(MEMORY_FLOOR); SHOW(MEMORY_DEFAULT); SHOW(THREADS_MAX); SHOW(CHUNK_SIZE);
	SHOW(LINE_BYTES_MAX); SHOW(FPSET_SLOTS); SHOW(DIR_TAIL_SIZE); SHOW(USAGE_TAIL_SIZE);
	SHOW(USAGE_LARGE); SHOW(sizeof(struct hash_row));
}
