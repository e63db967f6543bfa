/* SPDX-License-Identifier: MIT */
/*
 * agreement - do the sources of a scan say the same of it? (claims.h has what each says.)
 *
 * The first to speak decides, the others must agree; what an option says nobody can contradict.
 */
#ifndef TREETALLY_AGREEMENT_H
#define TREETALLY_AGREEMENT_H

#include "common/log/claims.h"

/* One property of the whole scan, as text. */
struct agreed {
	char *value;        /* owned; NULL: nobody has said anything */
	const char *source; /* who said it; NULL: an option, which nobody can contradict */
};

/* What holds for all sources of a scan. Zeroed is empty. Names of sources must outlive it. */
struct agreement {
	struct agreed filesystem, scan_date;
	bool closed; /* the header is written: who speaks first now disagrees with silence */
	bool force;  /* disagreement is accepted, the first stays */
};

/* Dies (3) naming both sides when they disagree. `source` NULL: options claim this. */
void agreement_hear(struct agreement *a, const struct scan_claim *claim, const char *source);

int64_t agreement_day(const struct agreement *a);

void agreement_release(struct agreement *a);

#endif
