/* SPDX-License-Identifier: MIT */
/*
 * die.c, opts.c and input.c are compiled here once more, with exit, read and malloc replaced, and
 * take the place of those of the library; so do the calls of outfile.h.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <malloc.h>
#include <sanitizer/allocator_interface.h>
#include <setjmp.h>
#include <unistd.h>

#include "common/base/outfile.h"

int fuzz_status;
char fuzz_message[4096];

static jmp_buf way_out;
static bool trying, accepted;

/* ---- memory ---- */

/* Addresses that are allocated: a hash table, open addressing, a removed one is `gone`. */
static void **slots;
static size_t slot_count, slots_used, alive;
static char gone;
#define FIRST_SLOTS 1024

static void **find_slot(const void *address)
{
	uint64_t at = (uint64_t)(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
	void **slot;

	for (at >>= 20; *(slot = &slots[at & (slot_count - 1)]); at++) {
		if (*slot == address)
			break;
	}
	return slot;
}

static void add_slot(void *address)
{
	*find_slot(address) = address;
	slots_used++;
	alive++;
}

/* Make room: in a larger table, or, where most of it is `gone`, in one as large as it was. */
static void renew_slots(void)
{
	void **old = slots;
	size_t count = slot_count;

	if (!count)
		slot_count = FIRST_SLOTS;
	else if (4 * alive >= count)
		slot_count = 4 * count;
	slots = calloc(slot_count, sizeof(*slots));
	slots_used = alive = 0;
	for (size_t i = 0; i < count; i++) {
		if (old[i] && old[i] != &gone)
			add_slot(old[i]);
	}
	free(old);
}

static void *tracked(void *address)
{
	if (!trying || !address)
		return address;
	if (2 * slots_used >= slot_count)
		renew_slots();
	add_slot(address);
	return address;
}

static void on_malloc(const volatile void *address, size_t size)
{
	(void)address;
	(void)size;
}

static void on_free(const volatile void *address)
{
	void **slot;

	if (!alive)
		return;
	slot = find_slot((const void *)(uintptr_t)address);
	if (*slot) {
		*slot = &gone;
		alive--;
	}
}

/* Give back what is left, and say how much it was. */
static size_t sweep(void)
{
	size_t left = alive;

	alive = 0; /* on_free is not to look */
	for (size_t i = 0; i < slot_count && slots_used; i++) {
		if (slots[i] && slots[i] != &gone)
			free(slots[i]);
		slots[i] = NULL;
	}
	slots_used = 0;
	if (slot_count > 4 * FIRST_SLOTS) { /* or each of the many runs to come would look through it */
		free(slots);
		slots = NULL;
		slot_count = 0;
		renew_slots();
	}
	return left;
}

/* ---- the way out ---- */

bool fuzz_try(void (*run)(void *), void *arg)
{
	static bool hooked;

	if (!hooked) {
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
		hooked = true;
		renew_slots();
	}
	fuzz_status = EXIT_OK;
	fuzz_message[0] = '\0';
	trying = true;
	accepted = false;
	if (setjmp(way_out) == 0)
		run(arg);
	trying = false;
	if (sweep())
		fuzz_check(fuzz_status != EXIT_OK, "memory is left behind");
	return fuzz_status == EXIT_OK;
}

void fuzz_accepted(void)
{
	accepted = true;
}

static NORETURN void leave(int status)
{
	fuzz_check(!accepted, "it dies of what it took before");
	fuzz_check(trying && status != EXIT_OK, "exit(%d)", status);
	fuzz_status = status;
	longjmp(way_out, 1);
}

/* In place of stderr. A message is one line, and no control byte of a name is in it. */
static ssize_t say(int fd, const char *text, size_t len)
{
	size_t name = strlen(program_invocation_short_name) + 2;

	fuzz_check(fd == STDERR_FILENO && len > name + 1 && text[len - 1] == '\n' &&
			   len - name <= sizeof(fuzz_message), "no message");
	for (size_t i = 0; i + 1 < len; i++)
		fuzz_check((unsigned char)text[i] >= 0x20 && text[i] != 0x7f, "a control byte");
	memcpy(fuzz_message, text + name, len - name);
	fuzz_message[len - name - 1] = '\0';
	return (ssize_t)len;
}

void fuzz_check(bool good, const char *fmt, ...)
{
	va_list args;

	if (good)
		return;
	va_start(args, fmt);
	fprintf(stderr, "FINDING: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, " (status %d: %s)\n", fuzz_status, fuzz_message);
	va_end(args);
	abort();
}

/* ---- input ---- */

static struct {
	const unsigned char *data;
	size_t len, at, piece;
} given;

void fuzz_file(const void *data, size_t len, size_t piece)
{
	given.data = data;
	given.len = len;
	given.at = 0;
	given.piece = piece;
}

static ssize_t read_file(void *to, size_t len)
{
	size_t n = given.len - given.at;

	n = n < len ? n : len;
	n = n < given.piece ? n : given.piece;
	if (n)
		memcpy(to, given.data + given.at, n);
	given.at += n;
	return (ssize_t)n;
}

/* ---- output ---- */

struct buf fuzz_written;

void outfile_open(struct outfile *f, const char *name, mode_t mode)
{
	(void)mode;
	*f = (struct outfile){ .name = (char *)(uintptr_t)name, .fd = -1 };
	fuzz_written.len = 0;
}

void outfile_exact_mode(struct outfile *f, mode_t mode)
{
	(void)f;
	(void)mode;
}

/* Not by buf_add: what is written is not memory of the code under test. */
void outfile_write(struct outfile *f, const void *data, size_t len)
{
	struct buf *b = &fuzz_written;

	(void)f;
	if (b->cap - b->len < len) {
		b->cap = 2 * (b->len + len);
		b->data = realloc(b->data, b->cap);
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void outfile_commit(struct outfile *f)
{
	(void)f;
}

/* Names of fuzzed operands mean no files; a list of them would grow for ever. */
void file_use_name(enum file_use use, const char *name, const char *path)
{
	(void)use;
	(void)name;
	(void)path;
}

void file_use_open(enum file_use use, const char *name, int fd)
{
	(void)use;
	(void)name;
	(void)fd;
}

/* ---- the code under test ---- */

/* "try '... --help'" */
static int hint(FILE *to, const char *fmt, ...)
{
	(void)to;
	return (int)strlen(fmt);
}

#define fprintf hint
#define malloc(size) tracked(malloc(size))
#define calloc(count, size) tracked(calloc(count, size))
#define reallocarray(old, count, size) tracked(reallocarray(old, count, size))
#define _exit(status) leave(status)
#define exit(status) leave(status)
#define write(fd, text, len) say(fd, text, len)
#define open(name, flags) ((void)(name), 1000)
#define read(fd, to, len) read_file(to, len)
#define isatty(fd) 0
#define close(fd) ((void)(fd))

#include "common/base/die.c"
#include "common/base/fd.c"
#include "common/base/input.c"
#include "common/base/opts.c"
