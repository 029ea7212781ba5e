/* Real (SQL): an in-memory SQLite database: inserts, an index, joins, aggregates, a recursive query, updates.
 * Library: libsqlite3-sys. */
#define BENCH_SCALE 6
#include <sqlite3.h>
#include "bench.h"

static uint64_t total;

static int take_row(void *unused, int columns, char **values, char **names) {
    (void)unused;
    (void)names;
    for (int i = 0; i < columns; i++)
        if (values[i]) total = mix_bytes(total, values[i], strlen(values[i]));
    return 0;
}

static void execute(sqlite3 *db, const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(db, sql, take_row, NULL, &message) == SQLITE_OK) return;
    fprintf(stderr, "%s: %s\n", sql, message);
    exit(1);
}

static void insert_all(sqlite3 *db, uint32_t orders) {
    sqlite3_stmt *statement;
    execute(db, "begin");
    sqlite3_prepare_v2(db, "insert into customer values (?1, ?2, ?3)", -1, &statement, NULL);
    for (int i = 1; i <= 500; i++) {
        char name[32];
        int length = snprintf(name, sizeof name, "customer %d-%u", i, next_random() % 1000);
        sqlite3_bind_int(statement, 1, i);
        sqlite3_bind_text(statement, 2, name, length, SQLITE_TRANSIENT);
        sqlite3_bind_int(statement, 3, (int)(next_random() % 12));
        sqlite3_step(statement);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_prepare_v2(db, "insert into purchase(customer, day, price, note) values (?1, ?2, ?3, ?4)", -1, &statement, NULL);
    for (uint32_t i = 0; i < orders; i++) {
        char note[48];
        int length = snprintf(note, sizeof note, "item %u for %u", next_random() % 50, next_random() % 9000);
        sqlite3_bind_int(statement, 1, (int)(1 + next_random() % 500));
        sqlite3_bind_int(statement, 2, (int)(next_random() % 365));
        sqlite3_bind_double(statement, 3, (next_random() % 10000) / 64.0);
        sqlite3_bind_text(statement, 4, note, length, SQLITE_TRANSIENT);
        sqlite3_step(statement);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    execute(db, "commit");
}

static uint64_t run(uint32_t scale) {
    for (uint32_t round = 0; round < scale; round++) {
        sqlite3 *db;
        if (sqlite3_open(":memory:", &db) != SQLITE_OK) exit(1);
        execute(db, "create table customer(id integer primary key, name text, region integer)");
        execute(db, "create table purchase(id integer primary key, customer integer, day integer, price real, note text)");
        insert_all(db, 20000);
        execute(db, "create index by_day on purchase(day, customer)");
        execute(db, "select region, count(*), round(sum(price), 3) from customer join purchase on customer.id = customer "
                    "group by region order by 3 desc");
        execute(db, "select name, n from (select customer c, count(*) n from purchase where day between 40 and 90 "
                    "group by customer having n > 5) join customer on id = c order by n desc, name limit 40");
        execute(db, "select upper(substr(note, 1, 8)), avg(length(note)) from purchase where note like '%7 for 8%' group by 1");
        execute(db, "with recursive step(n, x) as (values(1, 1) union all select n + 1, (x * 48271) % 2147483647 from step "
                    "where n < 40000) select sum(x), max(x), count(distinct x % 1000) from step");
        execute(db, "update purchase set price = price * 1.25 where customer in (select id from customer where region < 4)");
        execute(db, "delete from purchase where id % 3 = 0");
        execute(db, "select day, price from purchase order by price desc, id limit 200");
        sqlite3_close(db);
    }
    return total;
}
