/* SPDX-License-Identifier: MIT */
/*
 * take - values of a record as text between two pointers, into its fields.
 *
 * A value is all of that text, or it is bad. The first value of a field counts, good or bad.
 */
#ifndef TREETALLY_TAKE_H
#define TREETALLY_TAKE_H

#include "common/parse/fields.h"

/* A decimal number of units of `unit`, as the field allows it. */
void take_units(struct fields *f, enum field field, uint64_t unit, const char *at, const char *end);

/*
 * Seconds since 1970, maybe with a fraction, which is dropped: scanners print seconds and fraction
 * as the system has them, so that -0.75 s is "-1.25" and the whole part is always the floor.
 */
void take_epoch(struct fields *f, enum field field, const char *at, const char *end);

/* st_mode, or its permissions alone if `typed` is false, as a number or in octal. */
void take_mode(struct fields *f, bool typed, uint64_t mode);
void take_octal(struct fields *f, bool typed, const char *at, const char *end);

/* The ten letters of ls -l. */
void take_letters(struct fields *f, const char *at, const char *end);

/* A letter of find(1) or of wrstat. */
void take_type(struct fields *f, const char *at, const char *end);

/*
 * A Lustre FID, "0xSEQUENCE:0xOBJECT:0xVERSION" or the same in brackets. The sequence, 64 bits,
 * becomes the generation; version and object, 32 bits each, become the inode: no two FIDs are the
 * same inode and generation, and as no sequence is 0, no FID is an inode without a generation.
 */
void take_fid(struct fields *f, uint64_t *generation, const char *at, const char *end);

/* Bytes of a FID without brackets at `at`, 0 if there is none. */
size_t take_fid_len(const char *at, const char *end);

/* All of the text as a decimal number; false if it is not one below 2^64. */
bool take_whole(const char *at, const char *end, uint64_t *number) WARN_UNUSED;

#endif
