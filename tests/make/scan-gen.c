/* SPDX-License-Identifier: MIT */
/*
 * scan-gen - a scan log that looks like a big file system's, made from a seed.
 *
 * The tree: projects below the root, each with members (users), each with a tree of directories of
 * its own. So owners go with subtrees, as they do in life, and sizes and ages go with directories:
 * a directory has a few kinds of file (a size and a last use), and every file is of one of them.
 * The order: as in a scan by inode. A window of directories is open at a time, and their files and
 * the lines of the directories themselves come mixed.
 *
 * Nothing is kept but the window: a directory's path follows from its number by arithmetic, so 10^9
 * lines take no more memory than 10^3. Equal options give equal bytes on every machine.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 16      /* directories open at a time */
#define KINDS_MAX 6    /* kinds of file in a directory */
#define DEPTH_MAX 64   /* levels of a member's tree */
#define PATH_SIZE 8192
#define OUT_SIZE (1 << 20)
#define SCAN_DAY 20464 /* 2026-01-11 */

static const char usage[] =
	"usage: scan-gen [--lines N] [--dirs N] [--seed N] [--owners N] [--groups N] [--depth N]\n"
	"                [--root PATH] [--shard K/N]\n"
	"Write a scan log to stdout.\n"
	"  --lines N    [2000000]      --dirs N   directories among them [lines * 3 / 40]\n"
	"  --owners N   [dirs / 150]   --groups N [owners / 5]\n"
	"  --depth N    levels that the trees of members tend to have, 1 to 30 [8]\n"
	"  --root PATH  [/glade/campaign]\n"
	"  --shard K/N  only part K of N; the parts together are the whole\n";

struct options {
	uint64_t lines, dirs, seed, owners, groups, depth, shard, shards;
	const char *root;
};

/* ---- numbers ---- */

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t next_random(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(*state);
}

/* ---- text ---- */

static struct {
	char bytes[OUT_SIZE + 4 * PATH_SIZE];
	size_t len;
} out;

static void flush(void)
{
	for (size_t at = 0; at < out.len;) {
		ssize_t n = write(STDOUT_FILENO, out.bytes + at, out.len - at);

		if (n < 0) {
			perror("scan-gen: cannot write");
			exit(4);
		}
		at += (size_t)n;
	}
	out.len = 0;
}

static char *put(char *to, const char *text, size_t len)
{
	memcpy(to, text, len);
	return to + len;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static char *put_number(char *to, uint64_t v)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return put(to, at, (size_t)(digits + sizeof(digits) - at));
}

static char *put_two(char *to, unsigned v)
{
	*to++ = (char)('0' + v / 10);
	*to++ = (char)('0' + v % 10);
	return to;
}

/* "YYYY-MM-DD" of a day since 1970, by Howard Hinnant's civil_from_days, years from March. */
static void day_text(char text[11], int64_t day)
{
	int64_t era, doe, yoe, doy, mp, year;

	day += 719468;
	era = day / 146097;
	doe = day - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	year = yoe + era * 400 + (mp >= 10);
	put_two(text, (unsigned)(year / 100 % 100));
	put_two(text + 2, (unsigned)(year % 100));
	text[4] = '-';
	put_two(text + 5, (unsigned)(mp < 10 ? mp + 3 : mp - 9));
	text[7] = '-';
	put_two(text + 8, (unsigned)(doy - (153 * mp + 2) / 5 + 1));
}

/* ---- the tree ---- */

static const char *const words[] = {
	"model_output", "archive", "run", "restart_files", "case", "history", "atm", "ocn", "lnd", "ice",
	"proc_tseries", "month_1", "day_1", "ensemble_member", "forcing", "analysis", "plots", "scripts",
	"b.e21.BWmaHIST.f19_g17.h1", "cesm2.1_control", "wrfout_d01", "data", "observations", "tmp",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static const char *const suffixes[] = { ".nc", ".nc.gz", ".dat", ".log", ".h5", ".txt", ".png", "" };

/* Odd names, one in 4,096: what a parser can trip over. No LF: the log could not tell it apart. */
static const char *const odd[] = {
	"name with blanks", "x -- /y", "tab\there", "caf\303\251", "latin1-\351", "100%25", "back\\slash",
	"quo\"te'", "-rf", "trailing ", "a!", "\302\205nel",
};

/* A directory: member `owner` of a project, and number `local` in this member's tree (0: its top). */
struct dir {
	uint64_t member, local, seed;
	uint32_t uid, gid;
	uint64_t files_left;
	bool line_left;
	unsigned kinds;
	struct kind {
		char atime[11], mtime[11]; /* days */
		uint64_t size;
	} kind[KINDS_MAX];
	char path[PATH_SIZE];
	size_t path_len;
};

static char *put_name(char *to, uint64_t seed)
{
	const char *word = words[seed % WORDS];

	if ((seed >> 8) % 4096 == 0)
		word = odd[(seed >> 24) % (sizeof(odd) / sizeof(odd[0]))];
	return put(to, word, strlen(word));
}

/* The number of its parent in the member's tree: mostly one of the last few, so that trees get deep. */
static uint64_t parent_of(uint64_t seed, uint64_t local, uint64_t depth)
{
	uint64_t reach = seed % 100 < 40 + 2 * depth && local > 4 ? 4 : local;

	return local - 1 - (seed >> 8) % reach;
}

static void make_path(struct dir *d, const struct options *o, uint64_t member_seed)
{
	uint64_t chain[DEPTH_MAX], local = d->local;
	size_t levels = 0;
	char *to = d->path;

	for (; local && levels < DEPTH_MAX; levels++) {
		chain[levels] = mix(member_seed ^ local << 20);
		local = parent_of(chain[levels], local, o->depth);
	}
	to = put(to, o->root, strlen(o->root));
	to = PUT(to, "/project");
	to = put_number(to, d->member % o->groups);
	to = PUT(to, "/user");
	to = put_number(to, d->member);
	while (levels) {
		*to++ = '/';
		levels--;
		to = put_name(to, chain[levels]);
		/* Two siblings may draw the same word; the number makes that rare, and then they are one. */
		*to++ = '_';
		to = put_number(to, mix(chain[levels]) % 100000);
	}
	d->path_len = (size_t)(to - d->path);
}

/* From some hundred bytes to some hundred gigabytes; half are below 100 KiB, the mean is near 100 MiB. */
static uint64_t draw_size(uint64_t r)
{
	unsigned scale = (unsigned)(r & 3) + (unsigned)(r >> 2 & 7) + (unsigned)(r >> 5 & 7);
	uint64_t least;

	if ((r >> 8) % 64 == 0)
		scale += (unsigned)(r >> 16 & 15);
	least = UINT64_C(200) << scale;
	return least + (r >> 20) % least;
}

static void make_kinds(struct dir *d, uint64_t *random)
{
	d->kinds = 1 + (unsigned)(next_random(random) % KINDS_MAX);
	for (unsigned i = 0; i < d->kinds; i++) {
		uint64_t r = next_random(random);
		int64_t age = (int64_t)(r % 64 * (r >> 6 & 63)); /* days; recent is more likely */

		d->kind[i].size = draw_size(next_random(random));
		day_text(d->kind[i].atime, SCAN_DAY - 1 - age);
		day_text(d->kind[i].mtime, SCAN_DAY - 1 - age - (int64_t)(r >> 12 & 255));
	}
}

/*
 * Directories share files in pairs, unevenly: the first has between none and all but one part in
 * sixteen, the second the rest; so the sum is exact and every eighth or so has no files.
 */
static uint64_t file_count(uint64_t number, const struct options *o)
{
	uint64_t files = o->lines - o->dirs, pair = number / 2 * 2;
	uint64_t end = pair + 2 < o->dirs ? pair + 2 : o->dirs, both, first;

	both = files * end / o->dirs - files * pair / o->dirs;
	first = number == pair && end == pair + 1 ? both : both * (mix(o->seed ^ pair) % 4 * 5) / 16;
	return number == pair ? first : both - first;
}

static void open_dir(struct dir *d, uint64_t number, const struct options *o)
{
	d->seed = mix(o->seed ^ number * 3);
	d->line_left = true;
	d->member = number % o->owners;
	d->local = number / o->owners;
	d->uid = (uint32_t)(20000 + d->member);
	d->gid = (uint32_t)(1000 + d->member % o->groups);
	make_path(d, o, mix(o->seed ^ d->member << 32));
	make_kinds(d, &d->seed);
	d->files_left = file_count(number, o);
}

/* ---- lines ---- */

static char *put_stamp(char *to, const char *day, uint64_t r)
{
	to = put(to, day, 10);
	*to++ = ' ';
	to = put_two(to, (unsigned)(r % 24));
	*to++ = ':';
	to = put_two(to, (unsigned)((r >> 8) % 60));
	*to++ = ':';
	return put_two(to, (unsigned)((r >> 16) % 60));
}

static char *put_record(char *to, uint64_t inode, uint64_t r, const struct dir *d, const struct kind *k,
			uint64_t size, const char *mode, unsigned links)
{
	to = PUT(to, "<0> ");
	to = put_number(to, inode);
	*to++ = ' ';
	to = put_number(to, r & 0xffffffff);
	to = PUT(to, " 0  s=");
	to = put_number(to, size);
	to = PUT(to, " a=");
	to = put_number(to, (size + 8191) / 8192 * 8);
	to = PUT(to, " u=");
	to = put_number(to, d->uid);
	to = PUT(to, " g=");
	to = put_number(to, d->gid);
	to = PUT(to, " m=FAu p=");
	to = put(to, mode, 10);
	to = PUT(to, " ac=");
	to = put_stamp(to, k->atime, r >> 3);
	to = PUT(to, " mt=");
	to = put_stamp(to, k->mtime, r >> 7);
	to = PUT(to, " cr=");
	to = put_stamp(to, k->mtime, r >> 7);
	to = PUT(to, " nl=");
	to = put_number(to, links);
	to = PUT(to, " -- ");
	return put(to, d->path, d->path_len);
}

static void write_line(struct dir *d, uint64_t inode)
{
	uint64_t r = next_random(&d->seed);
	bool own = d->line_left && (!d->files_left || r % 8 == 0);
	const struct kind *k = &d->kind[r % d->kinds];
	char *to = out.bytes + out.len;

	if (own) {
		to = put_record(to, inode, r, d, &d->kind[0], 4096, "drwxr-sr-x", 2);
		d->line_left = false;
	} else {
		unsigned links = (r >> 32) % 256 ? 1 : 2;

		to = put_record(to, inode, r, d, k, k->size + (r >> 20) % (k->size / 16 + 1), "-rw-r--r--", links);
		*to++ = '/';
		to = put_name(to, r);
		*to++ = '.';
		to = put_number(to, 2000000 + d->files_left);
		to = put(to, suffixes[r % 8], strlen(suffixes[r % 8]));
		d->files_left--;
	}
	*to++ = '\n';
	out.len = (size_t)(to - out.bytes);
	if (out.len >= OUT_SIZE)
		flush();
}

/* Directories come in groups of WINDOW; a group is one part's or another's as a whole. */
static void write_group(struct dir *window, uint64_t first, const struct options *o)
{
	uint64_t random = mix(o->seed ^ first), inode = 1000 + first * 64;
	struct dir *open[WINDOW];
	size_t count = 0;

	for (; count < WINDOW && first + count < o->dirs; count++) {
		open[count] = &window[count];
		open_dir(open[count], first + count, o);
	}
	while (count) {
		size_t pick = (size_t)(next_random(&random) % count);

		write_line(open[pick], inode++);
		if (!open[pick]->files_left && !open[pick]->line_left)
			open[pick] = open[--count];
	}
}

static uint64_t number_option(const char *name, const char *text, uint64_t least)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (*end || end == text || *text == '-' || v < least) {
		fprintf(stderr, "scan-gen: --%s: '%s' is no number from %" PRIu64 "\n", name, text, least);
		exit(2);
	}
	return v;
}

static void parse_args(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "lines", required_argument, NULL, 'l' }, { "dirs", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' }, { "owners", required_argument, NULL, 'o' },
		{ "groups", required_argument, NULL, 'g' }, { "depth", required_argument, NULL, 'D' },
		{ "root", required_argument, NULL, 'r' }, { "shard", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int letter, at;

	*o = (struct options){
		.lines = 2000000, .seed = 1, .depth = 8, .root = "/glade/campaign", .shards = 1,
	};
	while ((letter = getopt_long(argc, argv, "h", longs, &at)) != -1) {
		switch (letter) {
		case 'l': o->lines = number_option("lines", optarg, 1); break;
		case 'd': o->dirs = number_option("dirs", optarg, 1); break;
		case 's': o->seed = number_option("seed", optarg, 0); break;
		case 'o': o->owners = number_option("owners", optarg, 1); break;
		case 'g': o->groups = number_option("groups", optarg, 1); break;
		case 'D': o->depth = number_option("depth", optarg, 1); break;
		case 'r': o->root = optarg; break;
		case 'k':
			if (sscanf(optarg, "%" SCNu64 "/%" SCNu64, &o->shard, &o->shards) != 2 ||
			    !o->shard || o->shard > o->shards) {
				fprintf(stderr, "scan-gen: --shard: '%s' is not K/N\n", optarg);
				exit(2);
			}
			o->shard--;
			break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (!o->dirs)
		o->dirs = o->lines * 3 / 40 + 1;
	if (o->dirs > o->lines || o->depth > 30 || strlen(o->root) > 1000) {
		fprintf(stderr, "scan-gen: more directories than lines, or too deep a tree\n");
		exit(2);
	}
	if (!o->owners)
		o->owners = o->dirs / 150 + 1;
	if (o->owners > o->dirs)
		o->owners = o->dirs;
	if (!o->groups)
		o->groups = o->owners / 5 + 1;
}

int main(int argc, char **argv)
{
	static struct dir window[WINDOW];
	struct options o;

	parse_args(&o, argc, argv);
	for (uint64_t group = o.shard; group * WINDOW < o.dirs; group += o.shards)
		write_group(window, group * WINDOW, &o);
	flush();
	return 0;
}
