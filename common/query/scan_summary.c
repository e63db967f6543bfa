/* SPDX-License-Identifier: MIT */
#include "common/query/scan_summary.h"

#include "common/base/human.h"
#include "common/db/db_column.h"
#include "common/stream/ledger.h"

#define PLUS(id, name, column) " + " column

/* One property of a scan; `title` as in render_column. */
static const struct field {
	struct render_column column;
	const char *sql; /* NULL: the column of scan_metadata with this name */
	enum { ALWAYS, IF_ANY, IF_UNLIKE_LAST } in_table; /* IF_ANY: not 0 */
} fields[] = {
	{ { "filesystem", NULL, RENDER_TEXT, 0, 0 }, NULL, ALWAYS },
	{ { "scan_date", "Scan date", RENDER_TIME, 0, 0 }, "scan_timestamp", ALWAYS },
	{ { "import_date", "Imported", RENDER_TIME, 0, 0 }, "import_timestamp", ALWAYS },
	{ { "source_file", "Source", RENDER_PATH, 0, 0 }, NULL, ALWAYS },
	{ { "format", "Format", RENDER_PATH, 0, 0 }, NULL, ALWAYS },
	{ { "scan_root", "Root of the scan", RENDER_PATH, 0, 0 }, NULL, ALWAYS },
	{ { "maps", "  shown as", RENDER_PATH, 0, 0 },
	  "(SELECT group_concat(scan_path || '=' || shown_path, ' ') FROM path_maps)", ALWAYS },
	{ { "age_by", "Age means", RENDER_TEXT, 0, 0 }, NULL, ALWAYS },
	{ { "assumptions", "Assumed", RENDER_TEXT, 0, 0 }, NULL, ALWAYS },
	{ { "total_directories", "Directories", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "implied_directories", "  without a line", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "once_files", "Files", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "total_files", "  each link counted", RENDER_COUNT, 0, 0 }, NULL, IF_UNLIKE_LAST },
	{ { "once_size", "Allocated", RENDER_BYTES, 0, 0 }, NULL, ALWAYS },
	{ { "total_size", "  each link counted", RENDER_BYTES, 0, 0 }, NULL, IF_UNLIKE_LAST },
	{ { "once_apparent", "Apparent", RENDER_BYTES, 0, 0 }, NULL, ALWAYS },
	{ { "apparent_size", "  each link counted", RENDER_BYTES, 0, 0 }, NULL, IF_UNLIKE_LAST },
	{ { "unproved_sources", "Lists not proved whole", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "linked_inodes", "Files with several links", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "multilink_files", "  paths", RENDER_COUNT, 0, 0 }, NULL, IF_ANY },
	{ { "multilink_bytes", "  bytes of all paths", RENDER_BYTES, 0, 0 }, NULL, IF_ANY },
	{ { "links_outside", "  links not seen", RENDER_COUNT, 0, 0 }, NULL, IF_ANY },
	{ { "links_disagree", "  lines that disagree", RENDER_COUNT, 0, 0 }, NULL, IF_ANY },
	{ { "links_repeated", "  lines repeated", RENDER_COUNT, 0, 0 }, NULL, IF_ANY },
	{ { "inline_files", "Files in their inode", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "snapshot_entries", "Entries of snapshots", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "lines", "Lines", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "skipped", "  skipped", RENDER_COUNT, 0, 0 },
	  "0" LEDGER_SKIPPED(PLUS), ALWAYS },
	{ { "skipped_unrecognised", "    not recognised", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "skipped_continued", "    rest of a name", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "rejected", "  rejected", RENDER_COUNT, 0, 0 }, NULL, ALWAYS },
	{ { "rejects", NULL, RENDER_TEXT, 0, 0 },
	  "(SELECT group_concat(reason || ': ' || lines || ' (first: ' || first_line || ')', '; ')"
	  " FROM (SELECT * FROM scan_rejects ORDER BY lines DESC, reason))", ALWAYS },
	{ { "digest", NULL, RENDER_TEXT, 0, 0 }, NULL, ALWAYS },
	{ { "program_version", NULL, RENDER_TEXT, 0, 0 }, NULL, ALWAYS },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The one row of scan_metadata; to be finalized. */
static sqlite3_stmt *select_facts(struct db_reader_db *a)
{
	struct buf sql = { 0 };
	sqlite3_stmt *select;

	buf_add_str(&sql, "SELECT ");
	for (size_t i = 0; i < FIELDS; i++)
		buf_printf(&sql, "%s%s", i ? ", " : "",
			   fields[i].sql ? fields[i].sql : fields[i].column.name);
	buf_add_str(&sql, " FROM scan_metadata");
	buf_add_char(&sql, '\0');
	select = db_prepare(&a->db, (char *)sql.data);
	db_step(&a->db, select);
	buf_release(&sql);
	return select;
}

static bool is_text(const struct field *field)
{
	return field->column.type == RENDER_TEXT || field->column.type == RENDER_PATH;
}

static struct render_cell cell_of(struct db_reader_db *a, sqlite3_stmt *facts, size_t i)
{
	static const enum db_domain domains[] = {
		[RENDER_COUNT] = DB_COUNT, [RENDER_BYTES] = DB_SIZE,
		[RENDER_TIME] = DB_TIME,
	};
	int column = (int)i;
	struct render_cell cell = { .null = db_column_is_null(facts, column) };
	struct db_text text;

	if (is_text(&fields[i])) {
		text = db_column_text_or_null(&a->db, facts, column, DB_LONG_TEXT);
		cell.text = text.bytes;
		cell.len = text.len;
	} else if (!cell.null) {
		cell.number = db_column(&a->db, facts, column, domains[fields[i].column.type]);
	}
	return cell;
}

static void show_rows(struct db_reader_set *set, const struct render_options *options)
{
	struct render_column columns[FIELDS];
	struct render_cell cells[FIELDS];
	struct render out;

	for (size_t i = 0; i < FIELDS; i++)
		columns[i] = fields[i].column;
	render_open(&out, options, "scan-summary", columns, FIELDS);
	for (size_t i = 0; i < set->count; i++) {
		sqlite3_stmt *facts = select_facts(&set->dbs[i]);

		for (size_t column = 0; column < FIELDS; column++)
			cells[column] = cell_of(&set->dbs[i], facts, column);
		render_row(&out, cells);
		sqlite3_finalize(facts);
	}
	render_close(&out);
}

/* ---- the table: properties down, databases across ---- */

static void add_shown(struct buf *out, const struct field *field, struct render_cell cell)
{
	char text[HUMAN_TEXT_SIZE];

	if (cell.null || (field->in_table == IF_ANY && !cell.number))
		return;
	if (is_text(field))
		buf_add(out, cell.text, cell.len);
	else if (field->column.type == RENDER_BYTES)
		buf_add_str(out, human_bytes(text, cell.number));
	else if (field->column.type == RENDER_TIME)
		buf_add(out, human_time(text, cell.number), strlen("YYYY-MM-DD"));
	else
		buf_add_str(out, human_count(text, cell.number));
}

/* A row of texts, one for each database; `texts` are emptied. Nothing if all are empty. */
static void show_property(struct render *out, const char *title, struct buf *texts, size_t count)
{
	struct render_cell *cells = xcalloc(count + 1, sizeof(*cells));
	bool known = false;

	cells[0] = render_text(title, strlen(title));
	for (size_t i = 0; i < count; i++) {
		cells[i + 1] = render_text((char *)texts[i].data, texts[i].len);
		known = known || texts[i].len;
		texts[i].len = 0;
	}
	if (known)
		render_row(out, cells);
	free(cells);
}

/* How many lines were rejected for a reason, and where the first one is. */
static void add_reject(struct db_reader_db *a, const char *reason, struct buf *text)
{
	enum { LINES, FIRST_LINE };
	sqlite3_stmt *select = db_prepare(&a->db, "SELECT lines, first_line FROM scan_rejects"
						  " WHERE reason = ?");
	char lines[HUMAN_TEXT_SIZE];
	struct db_text first;

	db_bind_name(&a->db, select, 1, reason, strlen(reason));
	if (db_step(&a->db, select)) {
		human_count(lines, db_column(&a->db, select, LINES, DB_COUNT));
		buf_printf(text, "%s, first at ", lines);
		first = db_column_text(&a->db, select, FIRST_LINE, DB_NAME_BYTES);
		buf_add(text, first.bytes, first.len);
	}
	sqlite3_finalize(select);
}

/* A row for each reason for which any of the databases rejected lines. */
static void show_rejects(struct render *out, struct db_reader_set *set, struct buf *texts)
{
	for (int reason = 0; reason < REJECT_REASONS; reason++) {
		char *title = xasprintf("    %s", reject_names[reason]);

		for (size_t i = 0; i < set->count; i++)
			add_reject(&set->dbs[i], reject_names[reason], &texts[i]);
		show_property(out, title, texts, set->count);
		free(title);
	}
}

/* However narrow the line: texts are shortened, numbers and dates are not. */
static void keep_numbers(struct db_reader_set *set, sqlite3_stmt **facts, struct buf *texts,
			 struct render_column *columns)
{
	for (size_t at = 0; at < set->count; at++) {
		for (size_t i = 0; i < FIELDS; i++) {
			if (is_text(&fields[i]))
				continue;
			add_shown(&texts[at], &fields[i], cell_of(&set->dbs[at], facts[at], i));
			if (texts[at].len > columns[at].least)
				columns[at].least = texts[at].len;
			texts[at].len = 0;
		}
	}
}

static bool is_like_last(struct db_reader_db *a, sqlite3_stmt *facts, size_t i)
{
	return fields[i].in_table == IF_UNLIKE_LAST &&
	       cell_of(a, facts, i).number == cell_of(a, facts, i - 1).number;
}

static void show_table(struct db_reader_set *set, const struct render_options *options)
{
	struct render_column *columns = xcalloc(set->count + 1, sizeof(*columns));
	sqlite3_stmt **facts = xcalloc(set->count, sizeof(sqlite3_stmt *));
	struct buf *texts = xcalloc(set->count, sizeof(*texts));
	struct render out;

	columns[0] = (struct render_column){ "property", "Scan of", RENDER_TEXT, 0, 0 };
	for (size_t i = 0; i < set->count; i++) {
		columns[i + 1] = (struct render_column){ "value", db_reader_filesystem(&set->dbs[i]),
							 RENDER_PATH, 0, 0 };
		facts[i] = select_facts(&set->dbs[i]);
	}
	keep_numbers(set, facts, texts, columns + 1);
	render_open(&out, options, "scan-summary", columns, set->count + 1);
	for (size_t i = 0; i < FIELDS; i++) {
		if (!fields[i].column.title)
			continue;
		for (size_t at = 0; at < set->count; at++) {
			if (!is_like_last(&set->dbs[at], facts[at], i))
				add_shown(&texts[at], &fields[i],
					  cell_of(&set->dbs[at], facts[at], i));
		}
		show_property(&out, fields[i].column.title, texts, set->count);
	}
	show_rejects(&out, set, texts);
	render_close(&out);
	for (size_t i = 0; i < set->count; i++) {
		sqlite3_finalize(facts[i]);
		buf_release(&texts[i]);
	}
	free(texts);
	free(facts);
	free(columns);
}

void scan_summary_show(struct db_reader_set *set, const struct render_options *options)
{
	if (render_format(options) == RENDER_TABLE)
		show_table(set, options);
	else
		show_rows(set, options);
}
