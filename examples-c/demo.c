/*
 * The query of `make demo`, asked from C: the planets larger than a given radius.
 */
#include "check.h"

#include <ferropq.h>

static const char planets[] =
    "SELECT name, radius_km, orbit_days"
    "  FROM (VALUES ('Mercury', 2440, 88.0), ('Venus', 6052, 224.7), ('Earth', 6371, 365.2),"
    "               ('Mars', 3390, 687.0), ('Jupiter', 69911, 4331), ('Saturn', 58232, 10747),"
    "               ('Uranus', 25362, 30589), ('Neptune', 24622, 59800))"
    "       AS planet (name, radius_km, orbit_days)"
    " WHERE radius_km > $1"
    " ORDER BY radius_km DESC";

static const char session[] =
    "SELECT split_part(current_setting('server_version'), ' ', 1), current_user,"
    "       coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'none')";

static void print_table(const PGresult *res)
{
    int width[8];
    int row;
    int column;

    CHECK(PQnfields(res) <= 8);
    for (column = 0; column < PQnfields(res); column++) {
        width[column] = (int) strlen(PQfname(res, column));
        for (row = 0; row < PQntuples(res); row++)
            if (PQgetlength(res, row, column) > width[column])
                width[column] = PQgetlength(res, row, column);
    }
    for (column = 0; column < PQnfields(res); column++)
        printf("  %-*s", width[column], PQfname(res, column));
    putchar('\n');
    for (column = 0; column < PQnfields(res); column++)
        printf("  %.*s", width[column], "--------------------------------");
    putchar('\n');
    for (row = 0; row < PQntuples(res); row++) {
        for (column = 0; column < PQnfields(res); column++)
            printf(column == 0 ? "  %-*s" : "  %*s", width[column], PQgetvalue(res, row, column));
        putchar('\n');
    }
}

int main(void)
{
    PGconn *conn = connect_or_exit();
    const char *values[1] = {"6200"};
    PGresult *res;

    printf("C: ferropq %s, interface level %d\n", ferropq_version(), PQlibVersion());
    res = expect(conn, PQexec(conn, session), PGRES_TUPLES_OK);
    printf("  PostgreSQL %s as %s, TLS: %s\n\n", PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1),
           PQgetvalue(res, 0, 2));
    PQclear(res);

    res = expect(conn, PQexecParams(conn, planets, 1, NULL, values, NULL, NULL, 0), PGRES_TUPLES_OK);
    print_table(res);
    CHECK(PQntuples(res) == 5);
    PQclear(res);
    PQfinish(conn);
    return 0;
}
