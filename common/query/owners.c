/* SPDX-License-Identifier: MIT */
#include "common/query/owners.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "common/base/opts.h"
#include "common/db/db_column.h"

/* Users and groups are alike but for these. */
struct kind {
	const char *word;      /* in messages */
	const char *id_word;
	const char *by_name;   /* SQL: the id that a name has */
	const char *by_id;
};

static const struct kind users = {
	"user", "uid", "SELECT uid FROM user_info WHERE username = ?",
	"SELECT username FROM user_info WHERE uid = ?",
};
static const struct kind groups = {
	"group", "gid", "SELECT gid FROM group_info WHERE groupname = ?",
	"SELECT groupname FROM group_info WHERE gid = ?",
};

/* ---- questions ---- */

static bool parse_number(const char *option, const char *text, uint32_t *id)
{
	char *end;
	unsigned long long value;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value > UINT32_MAX)
		opts_die("%s: %s is more than any id (%u)", option, text, UINT32_MAX);
	*id = (uint32_t)value;
	return true;
}

static bool ask_database(struct db_reader_db *a, const struct kind *kind, const char *name,
			 uint32_t *id)
{
	sqlite3_stmt *select = db_prepare(&a->db, kind->by_name);
	bool found;

	db_bind_name(&a->db, select, 1, name, strlen(name));
	found = db_step(&a->db, select);
	if (found)
		*id = (uint32_t)db_column(&a->db, select, 0, DB_UID);
	sqlite3_finalize(select);
	return found;
}

static bool ask_system(const struct kind *kind, const char *name, uint32_t *id)
{
	if (kind == &users) {
		const struct passwd *user = getpwnam(name);

		*id = user ? user->pw_uid : 0;
		return user;
	} else {
		const struct group *group = getgrnam(name);

		*id = group ? group->gr_gid : 0;
		return group;
	}
}

static uint32_t parse(struct db_reader_set *set, const struct kind *kind, const char *option,
		      const char *text)
{
	const struct db_reader_db *source = NULL;
	uint32_t id = 0;

	if (parse_number(option, text, &id))
		return id;
	for (size_t i = 0; i < set->count; i++) {
		uint32_t here;

		if (!ask_database(&set->dbs[i], kind, text, &here))
			continue;
		if (source && here != id)
			opts_die("%s: '%s' is %s %u in %s and %u in %s: give the number", option,
				 text, kind->id_word, id, source->operand, here,
				 set->dbs[i].operand);
		id = here;
		source = &set->dbs[i];
	}
	if (!source && !ask_system(kind, text, &id))
		opts_die("%s: no %s '%s' is known here or in the database: give the number (%s)",
			 option, kind->word, text, kind->id_word);
	return id;
}

static void add_id(struct owners_wanted *wanted, uint32_t id)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (wanted->ids[i] == id)
			return;
	}
	GROW_BY_ONE(wanted->ids, wanted->count);
	wanted->ids[wanted->count++] = id;
}

static void resolve(struct db_reader_set *set, struct owners_wanted *wanted, const struct kind *kind,
		    const char *option, uint32_t mine)
{
	for (size_t i = 0; i < wanted->text_count; i++)
		add_id(wanted, parse(set, kind, option, wanted->texts[i]));
	if (wanted->mine)
		add_id(wanted, mine);
}

void owners_resolve(struct db_reader_set *set, struct owners_wanted *users_wanted,
		    const char *user_option, struct owners_wanted *groups_wanted,
		    const char *group_option)
{
	resolve(set, users_wanted, &users, user_option, getuid());
	resolve(set, groups_wanted, &groups, group_option, getgid());
}

void owners_release(struct owners_wanted *wanted)
{
	free(wanted->texts);
	free(wanted->ids);
	*wanted = (struct owners_wanted){ 0 };
}

/* ---- answers ---- */

static bool add_name(struct db_reader_db *a, const struct kind *kind, uint32_t id, struct buf *out)
{
	sqlite3_stmt *select = db_reader_statement(a, kind->by_id);
	struct db_text name;
	bool found;

	db_bind(&a->db, select, 1, id);
	found = db_step(&a->db, select);
	if (found) {
		name = db_column_text(&a->db, select, 0, DB_NAME_BYTES);
		buf_add(out, name.bytes, name.len);
	} else {
		buf_printf(out, "%u", id);
	}
	db_check(&a->db, sqlite3_reset(select));
	return found;
}

bool owners_user_name(struct db_reader_db *a, uint32_t uid, struct buf *out)
{
	return add_name(a, &users, uid, out);
}

bool owners_group_name(struct db_reader_db *a, uint32_t gid, struct buf *out)
{
	return add_name(a, &groups, gid, out);
}
