/* SPDX-License-Identifier: MIT */
#include "common/parse/take.h"

#include "common/parse/value.h"

bool take_whole(const char *at, const char *end, uint64_t *number)
{
	uint64_t v = 0;
	bool fits = at < end;

	for (; at < end && fits; at++)
		fits = is_digit(*at) && !__builtin_mul_overflow(v, 10, &v) &&
		       !__builtin_add_overflow(v, (uint64_t)(*at - '0'), &v);
	*number = v;
	return fits;
}

/* Is this the first value of the field? Then it is noted, good or bad. */
static bool first(struct fields *f, enum field field, bool good)
{
	if (f->seen & FIELD_BIT(field))
		return false;
	f->seen |= FIELD_BIT(field);
	if (!good)
		f->bad |= FIELD_BIT(field);
	return true;
}

static void set_number(struct fields *f, enum field field, bool good, uint64_t number)
{
	if (first(f, field, good))
		f->number[field] = number;
}

static uint64_t greatest(enum field field)
{
	switch (field) {
	case FIELD_UID:
	case FIELD_GID:
	case FIELD_NLINK:
		return UINT32_MAX;
	case FIELD_SIZE:
	case FIELD_ALLOCATED:
		return INT64_MAX;
	default:
		return UINT64_MAX;
	}
}

void take_units(struct fields *f, enum field field, uint64_t unit, const char *at, const char *end)
{
	uint64_t number;
	bool good = take_whole(at, end, &number) &&
		    !__builtin_mul_overflow(number, unit, &number) && number <= greatest(field);

	set_number(f, field, good, number);
}

/* Nothing, or a point and digits, at least one. */
static bool is_fraction(const char *at, const char *end)
{
	if (at == end)
		return true;
	if (*at != '.' || end - at == 1)
		return false;
	while (++at < end && is_digit(*at))
		;
	return at == end;
}

void take_epoch(struct fields *f, enum field field, const char *at, const char *end)
{
	bool negative = at < end && *at == '-', good;
	const char *point = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
	uint64_t number;
	int64_t time;

	if (!point)
		point = end;
	good = take_whole(at + negative, point, &number) && number <= INT64_MAX &&
	       is_fraction(point, end);
	time = good ? (int64_t)number : 0;
	if (negative)
		time = -time;
	if (first(f, field, good && time >= TIME_MIN && time <= TIME_MAX))
		f->time[field] = time;
}

void take_mode(struct fields *f, bool typed, uint64_t mode)
{
	uint32_t type = mode & S_IFMT;
	bool good = mode <= (S_IFMT | 07777);

	set_number(f, FIELD_MODE, good, mode & 07777);
	if (typed)
		set_number(f, FIELD_TYPE, good && mode_letter(type) != '?', type);
}

void take_octal(struct fields *f, bool typed, const char *at, const char *end)
{
	uint64_t mode = 0;
	bool good = at < end;

	for (; at < end && good; at++) {
		good = *at >= '0' && *at <= '7' && mode <= UINT16_MAX;
		mode = mode << 3 | (uint64_t)(*at - '0');
	}
	take_mode(f, typed, good ? mode : UINT64_MAX);
}

void take_letters(struct fields *f, const char *at, const char *end)
{
	uint32_t mode = 0;
	bool good = end - at == 10 && value_parse_mode(at, &mode);

	set_number(f, FIELD_MODE, good, mode & 07777);
	set_number(f, FIELD_TYPE, good, (uint32_t)mode & S_IFMT);
}

/* Doors, and what cannot be looked at, are of no type that a mode has. */
void take_type(struct fields *f, const char *at, const char *end)
{
	static const char letters[] = "fdlbcpsFDXU?";
	static const uint32_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO,
					  S_IFSOCK, S_IFIFO, 0, 0, 0, 0 };
	const char *letter = end - at == 1 && *at ? strchr(letters, *at) : NULL;

	set_number(f, FIELD_TYPE, letter != NULL, letter ? types[letter - letters] : 0);
}

/* "0x" and hexadecimal digits of a number up to `most`; moves *at behind them. */
static bool take_hex(const char **at, const char *end, uint64_t most, uint64_t *number)
{
	const char *p = *at, *start;
	uint64_t v = 0;

	if (end - p < 3 || p[0] != '0' || p[1] != 'x')
		return false;
	for (start = p += 2; p < end && v >> 60 == 0; p++) {
		char c = *p | 0x20;

		if (!is_digit(*p) && (c < 'a' || c > 'f'))
			break;
		v = v << 4 | (uint64_t)(is_digit(*p) ? *p - '0' : c - 'a' + 10);
	}
	*number = v;
	*at = p;
	return p > start && v <= most;
}

static bool take_mark(const char **at, const char *end)
{
	if (*at == end || **at != ':')
		return false;
	++*at;
	return true;
}

/* Moves *at behind the FID; parts[]: sequence, object, version. */
static bool parse_fid(const char **at, const char *end, uint64_t parts[3])
{
	return take_hex(at, end, UINT64_MAX, &parts[0]) && take_mark(at, end) &&
	       take_hex(at, end, UINT32_MAX, &parts[1]) && take_mark(at, end) &&
	       take_hex(at, end, UINT32_MAX, &parts[2]);
}

size_t take_fid_len(const char *at, const char *end)
{
	const char *p = at;
	uint64_t parts[3];

	return parse_fid(&p, end, parts) ? (size_t)(p - at) : 0;
}

void take_fid(struct fields *f, uint64_t *generation, const char *at, const char *end)
{
	uint64_t parts[3] = { 0 };
	bool good;

	if (end - at > 2 && *at == '[' && end[-1] == ']') {
		at++;
		end--;
	}
	good = parse_fid(&at, end, parts) && at == end && parts[0];
	set_number(f, FIELD_INODE, good, parts[2] << 32 | parts[1]);
	*generation = parts[0];
}
