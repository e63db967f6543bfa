/* SPDX-License-Identifier: MIT */
/*
 * db_record - a row, or a key of an index, as the bytes that SQLite keeps: for db_tree.h.
 *
 * https://www.sqlite.org/fileformat2.html, section 2.1: a record is a head, its own length and a
 * serial type for each column, and a body, the values. For (NULL, 5, 'ab'):
 *
 *     04 | 00  01  11 | 05  61 62        NULL; integer of 1 byte; text of (0x11 - 13) / 2 bytes
 *
 * Integers have the fewest of 1, 2, 3, 4, 6 or 8 bytes; 0 and 1 have types of their own and no
 * bytes (schema format 4). A column that is INTEGER PRIMARY KEY is NULL in the record: it is the
 * rowid.
 *
 *     db_record_begin -> (db_record_integer | db_record_null | db_record_name)* -> db_record_end
 */
#ifndef TREETALLY_DB_RECORD_H
#define TREETALLY_DB_RECORD_H

#include "common/base/wire.h"
#include "common/db/db.h"

#define DB_VARINT_MAX 9
#define DB_RECORD_COLUMNS 64 /* at most, so that one byte tells the length of the head */
/* Bytes of a record of numbers, and what is written behind it; a name comes on top. */
#define DB_RECORD_MAX (DB_VARINT_MAX + 9 * DB_RECORD_COLUMNS + 8)

struct db_record {
	unsigned char *start, *type, *body; /* the caller's bytes */
};

/* SQLite's varint has the highest 7 bits first, and 8 in a ninth byte. Returns its end. */
static inline unsigned char *db_put_varint(unsigned char *p, uint64_t v)
{
	unsigned shift = 0;

	if (v >> 56) {
		*p++ = (unsigned char)(v >> 57 | 0x80);
		for (shift = 50; shift >= 8; shift -= 7)
			*p++ = (unsigned char)(v >> shift | 0x80);
		*p++ = (unsigned char)v;
		return p;
	}
	while (v >> shift >= 0x80)
		shift += 7;
	for (; shift; shift -= 7)
		*p++ = (unsigned char)(v >> shift | 0x80);
	*p++ = (unsigned char)(v & 0x7f);
	return p;
}

/* A record of this many columns. One of them may be a name, of `name_len` bytes; else 0. */
static inline void db_record_begin(struct db_record *r, unsigned char *at, unsigned columns,
				   size_t name_len)
{
	size_t head = 1 + columns;

	for (uint64_t type = 2 * (uint64_t)name_len + 13; type >= 0x80; type >>= 7)
		head++;
	*r = (struct db_record){ at, at + 1, at + head };
	at[0] = (unsigned char)head;
}

static inline void db_record_null(struct db_record *r)
{
	*r->type++ = 0;
}

static inline void db_record_integer(struct db_record *r, int64_t v)
{
	/* By the bytes that it needs, less one. */
	static const unsigned char sizes[] = { 1, 2, 3, 4, 6, 6, 8, 8 };
	static const unsigned char types[] = { 1, 2, 3, 4, 5, 5, 6, 6 };
	uint64_t magnitude = v < 0 ? ~(uint64_t)v : (uint64_t)v;
	unsigned need;

	if (v == 0 || v == 1) {
		*r->type++ = (unsigned char)(8 + v);
		return;
	}
	/* One bit more than that, for the sign. */
	need = (unsigned)(64 - __builtin_clzll(magnitude | 1)) / 8;
	*r->type++ = types[need];
	put_be64(r->body, (uint64_t)v << (64 - 8 * sizes[need]));
	r->body += sizes[need];
}

/* The same, or NULL for DB_NULL. */
static inline void db_record_nullable(struct db_record *r, int64_t v)
{
	if (v == DB_NULL)
		db_record_null(r);
	else
		db_record_integer(r, v);
}

/* TEXT or BLOB, of the length that db_record_begin was told. */
static inline void db_record_name(struct db_record *r, const char *bytes, size_t len, bool text)
{
	r->type = db_put_varint(r->type, 2 * (uint64_t)len + (text ? 13 : 12));
	memcpy(r->body, bytes, len);
	r->body += len;
}

/* Returns its length, in bytes. */
static inline size_t db_record_end(const struct db_record *r)
{
	return (size_t)(r->body - r->start);
}

#endif
