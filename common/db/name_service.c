/* SPDX-License-Identifier: MIT */
#include "common/db/name_service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"
#include "common/base/human.h"

#define NAME_BYTES_MAX 1024u      /* a longer name is left out */
#define LINE_KEPT (64u << 10) /* bytes of a line that are looked at: not all members of a group */
#define LOOK_UP_FIRST (16u << 10) /* room for what getpwuid_r finds, in bytes: at first ... */
#define LOOK_UP_MAX (16u << 20)   /* ... and at most */
#define RECEIVE_SIZE (16u << 10)

/* ---- files ---- */

FILE *names_open_file(const char *path)
{
	FILE *file;

	file_use_name(FILE_INPUT, path, NULL);
	file = fopen(path, "re");
	if (!file)
		die_errno("cannot open %s", path);
	return file;
}

/* The full name is what stands before the first comma of the GECOS field. */
static const char *full_name(char *gecos)
{
	gecos[strcspn(gecos, ",")] = '\0';
	return *gecos ? gecos : NULL;
}

/* name:password:id:..., for users :gid:gecos:... */
static bool parse_line(char *line, enum name_kind kind, struct name *name)
{
	char *field[5] = { line };
	uint64_t id;
	int n = 1;

	for (char *at = line; n < 5 && (at = strchr(at, ':')); n++) {
		*at++ = '\0';
		field[n] = at;
	}
	if (n < (kind == NAME_USER ? 5 : 4) || !*line || strchr("#+-", *line) ||
	    !human_parse_u64(field[2], UINT32_MAX, &id))
		return false;
	*name = (struct name){ .id = (uint32_t)id, .name = line };
	if (kind == NAME_USER) {
		field[4][strcspn(field[4], ":")] = '\0';
		name->full = full_name(field[4]);
	}
	return true;
}

/* A line into `line`, ended by NUL; false at the end of the file. */
static bool read_line(FILE *file, const char *path, struct buf *line)
{
	int c;

	line->len = 0;
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (line->len < LINE_KEPT)
			buf_add_char(line, (char)c);
	}
	buf_add_char(line, '\0');
	if (ferror(file))
		die_errno("cannot read %s", path);
	return c != EOF || line->len > 1;
}

bool names_read(FILE *file, const char *path, enum name_kind kind, struct buf *line,
		struct name *name)
{
	while (read_line(file, path, line)) {
		if (parse_line((char *)line->data, kind, name))
			return true;
	}
	return false;
}

/* ---- the child ----
 *
 * A question is its head and the ids. The answer is, for each name found, a head, the name and the
 * full name, each with its NUL; then a head whose name_len is NO_MORE.
 */
#define NO_MORE UINT32_MAX

struct question {
	uint32_t kind, count;
};

struct answer_head {
	uint32_t kind, id, name_len, full_len; /* full_len 0: none */
};

static void add_answer(struct buf *out, uint32_t kind, uint32_t id, const char *name,
		       const char *full)
{
	struct answer_head head = { kind, id, (uint32_t)strlen(name) + 1,
				    full ? (uint32_t)strlen(full) + 1 : 0 };

	if (head.full_len > NAME_BYTES_MAX)
		head.full_len = 0;
	if (head.name_len > NAME_BYTES_MAX)
		return;
	buf_add(out, &head, sizeof(head));
	buf_add(out, name, head.name_len);
	buf_add(out, full, head.full_len);
}

/* Returns ERANGE when `memory` is too small: a group comes with all its members. */
static int look_up(struct buf *out, uint32_t kind, uint32_t id, struct buf *memory)
{
	char *room = (char *)memory->data;
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;
	int err;

	if (kind == NAME_USER)
		err = getpwuid_r(id, &user, room, memory->cap, &found_user);
	else
		err = getgrgid_r(id, &group, room, memory->cap, &found_group);
	if (!err && found_user)
		add_answer(out, kind, id, user.pw_name,
			   user.pw_gecos ? full_name(user.pw_gecos) : NULL);
	if (!err && found_group)
		add_answer(out, kind, id, group.gr_name, NULL);
	return err;
}

/* Not that there is no such name, for which systems have many numbers. */
static bool is_failure(int err)
{
	return err == ENOMEM || err == EMFILE || err == ENFILE || err == EIO;
}

static void serve(void *arg)
{
	int socket = *(int *)arg;
	struct answer_head no_more = { .name_len = NO_MORE };
	struct buf out = { 0 }, memory = { 0 };
	uint32_t ids[NAMES_BATCH];
	struct question q;

	/* Our parent says what there is to say; libraries that look names up do too, here. */
	if (!process_keep_only(socket))
		quit(EXIT_SYSTEM);
	while (fd_read_full(socket, &q, sizeof(q)) == sizeof(q) &&
	       fd_read_full(socket, ids, q.count * sizeof(*ids)) >= 0) {
		out.len = 0;
		buf_reserve(&memory, LOOK_UP_FIRST);
		for (uint32_t i = 0; i < q.count; i++) {
			int err;

			while ((err = look_up(&out, q.kind, ids[i], &memory)) == ERANGE &&
			       memory.cap < LOOK_UP_MAX)
				buf_reserve(&memory, 2 * memory.cap);
			if (is_failure(err))
				quit(EXIT_SYSTEM);
		}
		buf_add(&out, &no_more, sizeof(no_more));
		if (!fd_write(socket, out.data, out.len))
			break;
	}
	quit(EXIT_OK);
}

/* ---- asking it ---- */

void name_service_start(struct name_service *s)
{
	int ends[2];

	*s = (struct name_service){ .socket = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die_errno("cannot make a socket to ask for names");
	s->socket = ends[0];
	process_fork(&s->child, "names", serve, &ends[1]);
	close(ends[1]);
}

/* Send what the child takes without being waited for. */
static void send_asked(struct name_service *s)
{
	while (!s->gone && s->sent < s->asked.len) {
		ssize_t n = send(s->socket, s->asked.data + s->sent, s->asked.len - s->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		s->gone = n < 0;
		s->sent += n > 0 ? (size_t)n : 0;
	}
	s->sent = s->asked.len = 0;
}

void name_service_ask(struct name_service *s, enum name_kind kind, const uint32_t *ids,
		      size_t count)
{
	const struct question q = { kind, (uint32_t)count };

	buf_add(&s->asked, &q, sizeof(q));
	buf_add(&s->asked, ids, count * sizeof(*ids));
	s->open++;
	send_asked(s);
}

static int milliseconds_left(const struct name_service *s)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(s->deadline.tv_sec - now.tv_sec) * 1000;
	left += (s->deadline.tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* Have more of the answers; false when there is nothing more to come in time. */
static bool receive(struct name_service *s)
{
	struct pollfd ready = { .fd = s->socket, .events = POLLIN };
	int events;
	ssize_t n;

	send_asked(s);
	if (s->sent < s->asked.len)
		ready.events |= POLLOUT;
	events = s->gone ? 0 : poll(&ready, 1, milliseconds_left(s));
	if (events < 0 && errno == EINTR)
		return true;
	if (events <= 0)
		return false;
	if (!(ready.revents & ~POLLOUT))
		return true;
	n = fd_read(s->socket, buf_reserve(&s->answer, RECEIVE_SIZE), RECEIVE_SIZE);
	s->gone = n <= 0;
	s->answer.len += n > 0 ? (size_t)n : 0;
	return !s->gone;
}

/* Take what has come whole; returns where the rest begins. */
static size_t take_answers(struct name_service *s, name_found *found, void *arg)
{
	size_t at = 0;

	while (s->answer.len - at >= sizeof(struct answer_head)) {
		struct answer_head head;
		const char *name = (char *)s->answer.data + at + sizeof(head);

		memcpy(&head, s->answer.data + at, sizeof(head));
		if (head.name_len == NO_MORE) {
			s->open--;
			at += sizeof(head);
			continue;
		}
		if (s->answer.len - at < sizeof(head) + head.name_len + head.full_len)
			break;
		found(arg, (enum name_kind)head.kind, &(struct name){
			head.id, name, head.full_len ? name + head.name_len : NULL });
		at += sizeof(head) + head.name_len + head.full_len;
	}
	return at;
}

bool name_service_await(struct name_service *s, name_found *found, void *arg)
{
	bool more = true;

	if (!s->deadline.tv_sec) {
		clock_gettime(CLOCK_MONOTONIC, &s->deadline);
		s->deadline.tv_sec += NAMES_SECONDS;
	}
	while (s->open && more) {
		size_t taken;

		more = receive(s);
		taken = take_answers(s, found, arg);
		s->answer.len -= taken;
		memmove(s->answer.data, s->answer.data + taken, s->answer.len);
	}
	return !s->open;
}

int name_service_stop(struct name_service *s)
{
	bool gone = s->gone;
	int status;

	/* It may wait for a server that is down; one that is on its way out does not hear this. */
	if (!gone)
		process_signal(&s->child, SIGKILL);
	status = process_wait(&s->child);
	close(s->socket);
	buf_release(&s->asked);
	buf_release(&s->answer);
	*s = (struct name_service){ .socket = -1 };
	return gone ? status : 0;
}
