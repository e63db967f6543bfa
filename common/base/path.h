/* SPDX-License-Identifier: MIT */
/*
 * path - absolute paths in tree order.
 *
 * In memory a path is its components, each with a NUL byte before it, and the root is the empty
 * string: "/gpfs/a" is "\0gpfs\0a", 7 bytes. No terminator, a length goes along. NUL is the one
 * byte besides '/' that no name can hold, and the lowest, so tree order (component by component,
 * a directory right before its subtree) is plain memcmp, then length:
 *
 *     text          in memory          why it sorts there
 *     /gpfs/a       \0gpfs\0a
 *     /gpfs/a/z     \0gpfs\0a\0z       longer than its prefix
 *     /gpfs/a b     \0gpfs\0a b        ' ' is above NUL: behind the subtree of "a"
 *
 * A naive sort of the text would put "/gpfs/a b" between "/gpfs/a" and "/gpfs/a/z".
 */
#ifndef TREETALLY_PATH_H
#define TREETALLY_PATH_H

#include "common/base/buf.h"

/* Longest path in bytes, in memory and as text; longer ones are rejected (65,535). */
#define PATH_BYTES_MAX 65535

enum path_fault {
	PATH_OK,
	PATH_NOT_ABSOLUTE, /* empty, or does not begin with '/' */
	PATH_TOO_LONG,     /* over PATH_BYTES_MAX */
	PATH_HAS_NUL,
	PATH_HAS_DOTS,     /* a component "." or ".." */
};

/* <0, 0, >0 in tree order. */
int path_compare(const void *a, size_t a_len, const void *b, size_t b_len);

/* Bytes that a and b have in common at the start. */
size_t path_common(const void *a, size_t a_len, const void *b, size_t b_len);

/* Length of the parent's path; `len` must not be 0 (the root has no parent). */
size_t path_parent(const char *path, size_t len);

/* Components: 0 for the root, 1 for "/gpfs". */
size_t path_depth(const char *path, size_t len);

/*
 * Turn the text of an absolute path into its memory form at `out`, which has room for `len` bytes
 * and may be `text` itself. Empty components ("//", a trailing "/") are dropped. On PATH_OK
 * *out_len is its length.
 */
enum path_fault path_from_text(char *out, size_t *out_len, const char *text,
			       size_t len) WARN_UNUSED;

/* Can this be a component: is there something of it, no NUL, and not "." or ".."? */
bool path_is_name(const char *name, size_t len);

/* Is this memory form well-formed: what path_from_text could have made? For untrusted streams. */
bool path_valid(const char *path, size_t len);

/* Append the path as text, '/' for the root, with TAB, LF, CR and backslash escaped. */
void path_add_escaped(struct buf *out, const char *path, size_t len);

/* A printable copy for messages, cut at 200 bytes; the caller frees it. */
char *path_for_message(const char *path, size_t len);

#endif
