#include "common/query/owners.h"

#include <grp.h>
#include <pwd.h>

#include "common/base/opts.h"

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
		*id = (uint32_t)sqlite3_column_int64(select, 0);
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

static void parse(struct db_reader_set *set, const struct kind *kind, const char *option,
		  const char *text, uint32_t *id)
{
	const struct db_reader_db *source = NULL;

	if (parse_number(option, text, id))
		return;
	for (size_t i = 0; i < set->count; i++) {
		uint32_t here;

		if (!ask_database(&set->dbs[i], kind, text, &here))
			continue;
		if (source && here != *id)
			opts_die("%s: '%s' is %s %u in %s and %u in %s: give the number", option,
				 text, kind->id_word, *id, source->operand, here,
				 set->dbs[i].operand);
		*id = here;
		source = &set->dbs[i];
	}
	if (!source && !ask_system(kind, text, id))
		opts_die("%s: no %s '%s' is known here or in the database: give the number (%s)",
			 option, kind->word, text, kind->id_word);
}

void owners_parse_user(struct db_reader_set *set, const char *option, const char *text, uint32_t *uid)
{
	parse(set, &users, option, text, uid);
}

void owners_parse_group(struct db_reader_set *set, const char *option, const char *text, uint32_t *gid)
{
	parse(set, &groups, option, text, gid);
}

/* ---- answers ---- */

static bool add_name(struct db_reader_db *a, sqlite3_stmt **slot, const struct kind *kind, uint32_t id,
		     struct buf *out)
{
	sqlite3_stmt *select = db_reader_statement(a, slot, kind->by_id);
	bool found;

	db_bind(&a->db, select, 1, id);
	found = db_step(&a->db, select);
	if (found)
		buf_add(out, sqlite3_column_blob(select, 0),
			(size_t)sqlite3_column_bytes(select, 0));
	else
		buf_printf(out, "%u", id);
	db_check(&a->db, sqlite3_reset(select));
	return found;
}

bool owners_user_name(struct db_reader_db *a, uint32_t uid, struct buf *out)
{
	return add_name(a, &a->user_name, &users, uid, out);
}

bool owners_group_name(struct db_reader_db *a, uint32_t gid, struct buf *out)
{
	return add_name(a, &a->group_name, &groups, gid, out);
}
