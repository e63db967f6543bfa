#include "common/log/gpfs_word.h"

/* Byte by byte: leading zeros do not count, and 19 digits cannot overflow 64 bits. */
static bool take_any_number(const char **at, uint64_t limit, uint64_t *value)
{
	const char *p = *at, *first;
	uint64_t v = 0;

	while (*p == '0' && is_digit(p[1]))
		p++;
	for (first = p; is_digit(*p); p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*at = p;
	*value = v;
	return p > first && p - first <= 19 && v < limit && ends_word(*p);
}

bool take_long_number(const char **at, uint64_t limit, uint64_t *value)
{
	static const uint32_t power[8] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
	uint64_t high, low;
	unsigned digits;

	take_digits(*at, &high);
	digits = take_digits(*at + 8, &low);
	if (digits == 8)
		return take_any_number(at, limit, value);
	*value = high * power[digits] + low;
	*at += 8 + digits;
	return *value < limit && ends_word(**at);
}
