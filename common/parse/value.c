/* SPDX-License-Identifier: MIT */
#include "common/parse/value.h"

#include "common/stream/record.h"

/* rwx of one class, with the letter that a set-id or sticky bit has in place of x. */
static bool take_class(const char *p, char special, uint32_t special_bit, uint32_t *mode)
{
	uint32_t bits = 0;

	if (p[0] == 'r')
		bits |= 4;
	else if (p[0] != '-')
		return false;
	if (p[1] == 'w')
		bits |= 2;
	else if (p[1] != '-')
		return false;
	*mode <<= 3;
	if (p[2] == 'x')
		bits |= 1;
	else if (p[2] == special)
		bits |= 1 | special_bit;
	else if (p[2] == special - 'a' + 'A')
		bits |= special_bit;
	else if (p[2] != '-')
		return false;
	*mode |= bits;
	return true;
}

/*
 * Ten letters as ls -l has them. take_class shifts: a special bit set with the owner's class moves
 * twice more to reach 04000.
 */
bool value_parse_mode(const char *p, uint32_t *mode)
{
	uint32_t format, bits = 0;

	if (!mode_from_letter(*p, &format) || !take_class(p + 1, 's', 04000 >> 6, &bits) ||
	    !take_class(p + 4, 's', 02000 >> 3, &bits) || !take_class(p + 7, 't', 01000, &bits))
		return false;
	*mode = format | bits;
	return true;
}

/* "<n>" and three numbers: another writer's record begins inside this one. */
bool value_is_record(const char *at)
{
	uint64_t ignored;

	if (!is_digit(*++at))
		return false;
	while (is_digit(*at))
		at++;
	if (*at != '>' || !is_blank(at[1]))
		return false;
	at++;
	for (int i = 0; i < 3; i++) {
		at = skip_blanks(at);
		if (!take_number(&at, NUMBER_ANY, &ignored))
			return false;
	}
	return true;
}
