#include "common/scan_summary.h"

#include <inttypes.h>

#include "common/human.h"

/* One property of a scan; `title` as in render_column. */
static const struct field {
	struct render_column column;
	const char *sql;
	bool yes_no; /* tables: 1 and 0 in words */
} fields[] = {
	{ { "filesystem", NULL, RENDER_TEXT, 0 }, "filesystem", false },
	{ { "scan_date", "Scan date", RENDER_TIME, 0 }, "scan_timestamp", false },
	{ { "import_date", "Imported", RENDER_TIME, 0 }, "import_timestamp", false },
	{ { "source_file", "Source", RENDER_PATH, 0 }, "source_file", false },
	{ { "scan_root", "Root of the scan", RENDER_PATH, 0 }, "scan_root", false },
	{ { "age_by", "Age means", RENDER_TEXT, 0 }, "age_by", false },
	{ { "verified", "Verified", RENDER_NUMBER, 0 }, "verified", true },
	{ { "total_directories", "Directories", RENDER_COUNT, 0 }, "total_directories", false },
	{ { "implied_directories", "  without a line", RENDER_COUNT, 0 }, "implied_directories", false },
	{ { "total_files", "Files", RENDER_COUNT, 0 }, "total_files", false },
	{ { "total_size", "Size", RENDER_BYTES, 0 }, "total_size", false },
	{ { "apparent_size", "Apparent size", RENDER_BYTES, 0 }, "apparent_size", false },
	{ { "multilink_files", "Hard-linked files", RENDER_COUNT, 0 }, "multilink_files", false },
	{ { "multilink_bytes", "  counted twice at most", RENDER_BYTES, 0 }, "multilink_bytes", false },
	{ { "inline_files", "Files in their inode", RENDER_COUNT, 0 }, "inline_files", false },
	{ { "snapshot_entries", "Entries of snapshots", RENDER_COUNT, 0 }, "snapshot_entries", false },
	{ { "lines", "Lines", RENDER_COUNT, 0 }, "lines", false },
	{ { "skipped", "  skipped", RENDER_COUNT, 0 },
	  "skipped_blank + skipped_comment + skipped_message + skipped_unrecognised", false },
	{ { "skipped_unrecognised", "  not recognised", RENDER_COUNT, 0 }, "skipped_unrecognised", false },
	{ { "rejected", "  rejected", RENDER_COUNT, 0 }, "rejected", false },
	{ { "rejects", "    reasons", RENDER_TEXT, 0 },
	  "(SELECT group_concat(reason || ': ' || lines || ' (first: ' || first_line || ')', '; ')"
	  " FROM (SELECT * FROM scan_rejects ORDER BY lines DESC, reason))", false },
	{ { "digest", NULL, RENDER_TEXT, 0 }, "digest", false },
	{ { "program_version", NULL, RENDER_TEXT, 0 }, "program_version", false },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The one row of scan_metadata; to be finalized. */
static sqlite3_stmt *select_facts(struct answer_db *a)
{
	struct buf sql = { 0 };
	sqlite3_stmt *select;

	buf_add_str(&sql, "SELECT ");
	for (size_t i = 0; i < FIELDS; i++)
		buf_printf(&sql, "%s%s", i ? ", " : "", fields[i].sql);
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

static struct render_cell cell_of(sqlite3_stmt *facts, size_t i)
{
	int column = (int)i;
	struct render_cell cell = { .null = sqlite3_column_type(facts, column) == SQLITE_NULL };

	if (is_text(&fields[i])) {
		cell.text = sqlite3_column_blob(facts, column);
		cell.len = (size_t)sqlite3_column_bytes(facts, column);
	} else {
		cell.number = sqlite3_column_int64(facts, column);
	}
	return cell;
}

static void show_rows(struct answer_set *set, const struct render_options *options)
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
			cells[column] = cell_of(facts, column);
		render_row(&out, cells);
		sqlite3_finalize(facts);
	}
	render_close(&out);
}

/* ---- the table: properties down, databases across ---- */

static void add_shown(struct buf *out, const struct field *field, const struct render_cell *cell)
{
	char text[HUMAN_TEXT_SIZE];

	if (cell->null)
		return;
	if (field->yes_no)
		buf_add_str(out, cell->number ? "yes" : "NO");
	else if (is_text(field))
		buf_add(out, cell->text, cell->len);
	else if (field->column.type == RENDER_BYTES)
		buf_add_str(out, human_bytes(text, cell->number));
	else if (field->column.type == RENDER_TIME)
		buf_add(out, human_time(text, cell->number), strlen("YYYY-MM-DD"));
	else
		buf_add_str(out, human_count(text, cell->number));
}

static void show_property(struct render *out, const struct field *field, size_t i, sqlite3_stmt **facts, size_t count)
{
	struct render_cell *cells = xcalloc(count + 1, sizeof(*cells));
	struct buf *texts = xcalloc(count, sizeof(*texts));
	bool known = false;

	cells[0] = render_text(field->column.title, strlen(field->column.title));
	for (size_t at = 0; at < count; at++) {
		struct render_cell cell = cell_of(facts[at], i);

		add_shown(&texts[at], field, &cell);
		cells[at + 1] = render_text((char *)texts[at].data, texts[at].len);
		known = known || texts[at].len;
	}
	if (known)
		render_row(out, cells);
	for (size_t at = 0; at < count; at++)
		buf_release(&texts[at]);
	free(texts);
	free(cells);
}

static void show_table(struct answer_set *set, const struct render_options *options)
{
	struct render_column *columns = xcalloc(set->count + 1, sizeof(*columns));
	sqlite3_stmt **facts = xcalloc(set->count, sizeof(sqlite3_stmt *));
	struct render out;

	columns[0] = (struct render_column){ "property", "Scan of", RENDER_TEXT, 0 };
	for (size_t i = 0; i < set->count; i++) {
		columns[i + 1] = (struct render_column){ "value", answer_filesystem(&set->dbs[i]), RENDER_PATH, 0 };
		facts[i] = select_facts(&set->dbs[i]);
	}
	render_open(&out, options, "scan-summary", columns, set->count + 1);
	for (size_t i = 0; i < FIELDS; i++) {
		if (fields[i].column.title)
			show_property(&out, &fields[i], i, facts, set->count);
	}
	render_close(&out);
	for (size_t i = 0; i < set->count; i++)
		sqlite3_finalize(facts[i]);
	free(facts);
	free(columns);
}

void scan_summary_show(struct answer_set *set, const struct render_options *options)
{
	if (render_format(options) == RENDER_TABLE)
		show_table(set, options);
	else
		show_rows(set, options);
}
