/* SPDX-License-Identifier: MIT */
#include "common/log/word.h"

/* Byte by byte. */
static bool take_any_decimal(const char **at, uint64_t limit, uint64_t *value)
{
	const char *p = *at;
	bool fits = is_digit(*p);
	uint64_t v = 0;

	for (; is_digit(*p); p++)
		fits = fits && !__builtin_mul_overflow(v, 10, &v) &&
		       !__builtin_add_overflow(v, (uint64_t)(*p - '0'), &v);
	*at = p;
	*value = v;
	return fits && v <= limit - 1;
}

bool take_long_decimal(const char **at, uint64_t high, uint64_t limit, uint64_t *value)
{
	static const uint32_t power[8] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
	uint64_t v = load_digits(*at + 8), others = not_digits(v), low;
	unsigned digits;

	if (!others)
		return take_any_decimal(at, limit, value);
	digits = few_digits(v, others, &low);
	*value = high * power[digits] + low;
	*at += 8 + digits;
	return *value <= limit - 1;
}
