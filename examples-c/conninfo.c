/*
 * Ways to say where to connect: key=value, URI, arrays, the old call; asking what was understood;
 * and asking whether anybody is there.
 */
#include "check.h"

/* The value of one option in a list of options; NULL when it has none. */
static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    fprintf(stderr, "no option %s\n", keyword);
    exit(1);
}

static void parse_keywords(void)
{
    char *error = NULL;
    PQconninfoOption *options =
        PQconninfoParse("host = localhost port=5433 password='it\\'s \\\\ secret' dbname=''", &error);

    CHECK(options != NULL && error == NULL);
    CHECK_TEXT(option(options, "host"), "localhost");
    CHECK_TEXT(option(options, "port"), "5433");
    CHECK_TEXT(option(options, "password"), "it's \\ secret");
    CHECK_TEXT(option(options, "dbname"), "");
    CHECK(option(options, "user") == NULL); /* no defaults here */
    PQconninfoFree(options);
}

static void parse_uri(void)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(
        "postgresql://us%40er:pass@[::1]:5433,db.example/my%20db?sslmode=require&target_session_attrs=any",
        &error);

    CHECK(options != NULL && error == NULL);
    CHECK_TEXT(option(options, "user"), "us@er");
    CHECK_TEXT(option(options, "host"), "::1,db.example");
    CHECK_TEXT(option(options, "port"), "5433,");
    CHECK_TEXT(option(options, "dbname"), "my db");
    CHECK_TEXT(option(options, "sslmode"), "require");
    PQconninfoFree(options);
}

static void parse_nonsense(void)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"host", "missing \"=\" after \"host\" in connection info string\n"},
        {"colour=red", "invalid connection option \"colour\"\n"},
        {"password='open", "unterminated quoted string in connection info string\n"},
        {"postgresql://%zz", "invalid percent-encoded token: \"%zz\"\n"},
        {"postgresql://h?colour=red", "invalid URI query parameter: \"colour\"\n"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *error = NULL;

        CHECK(PQconninfoParse(cases[i].text, &error) == NULL);
        CHECK_TEXT(error, cases[i].error);
        PQfreemem(error);
    }
}

static void defaults(void)
{
    PQconninfoOption *options = PQconndefaults();

    CHECK(options != NULL);
    CHECK(option(options, "port") != NULL);
    CHECK_TEXT(option(options, "channel_binding"), "prefer");
    PQconninfoFree(options);
}

static void connect_with_arrays(void)
{
    /* A dbname that is a connection string is expanded; what comes later in the arrays wins. */
    const char *keywords[3] = {"dbname", "application_name", NULL};
    const char *values[3] = {NULL, "conninfo example", NULL};
    PQconninfoOption *options;
    PGresult *res;
    PGconn *conn;

    values[0] = database_url();
    CHECK(PQpingParams(keywords, values, 1) == PQPING_OK);
    conn = PQconnectdbParams(keywords, values, 1);
    CHECK(PQstatus(conn) == CONNECTION_OK);
    res = expect(conn, PQexec(conn, "SHOW application_name"), PGRES_TUPLES_OK);
    CHECK_TEXT(PQgetvalue(res, 0, 0), "conninfo example");
    PQclear(res);

    /* What the connection was made with. */
    options = PQconninfo(conn);
    CHECK_TEXT(option(options, "application_name"), "conninfo example");
    CHECK_TEXT(option(options, "port"), PQport(conn));
    CHECK_TEXT(option(options, "user"), PQuser(conn));
    PQconninfoFree(options);
    PQfinish(conn);
}

/* The call from the days before connection strings takes one for its database name. */
static void connect_the_old_way(void)
{
    PGconn *conn = PQsetdbLogin(NULL, NULL, NULL, NULL, database_url(), NULL, NULL);

    CHECK(PQstatus(conn) == CONNECTION_OK);
    PQfinish(conn);
}

static void ping(void)
{
    CHECK(PQping(database_url()) == PQPING_OK);
    CHECK(PQping("host=127.0.0.1 port=1") == PQPING_NO_RESPONSE);
    CHECK(PQping("nonsense") == PQPING_NO_ATTEMPT);
}

int main(void)
{
    parse_keywords();
    parse_uri();
    parse_nonsense();
    defaults();
    connect_with_arrays();
    connect_the_old_way();
    ping();
    puts("connection strings: parsed, refused, connected with, pinged");
    return 0;
}
