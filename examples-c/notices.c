/*
 * What the server says beside its answers: NOTICE and WARNING, as text for people and as results
 * for programs.
 */
#include "check.h"

struct seen {
    int count;
    char text[200];
    char sqlstate[6];
};

/* The processor gets the finished text. */
static void as_text(void *memory, const char *message)
{
    struct seen *seen = (struct seen *) memory;

    seen->count++;
    strncpy(seen->text, message, sizeof seen->text - 1);
}

/* The receiver gets a result with all fields; it is valid during the call, and not ours to clear. */
static void as_fields(void *memory, const PGresult *res)
{
    struct seen *seen = (struct seen *) memory;

    CHECK(PQresultStatus(res) == PGRES_NONFATAL_ERROR);
    seen->count++;
    strncpy(seen->text, PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY), sizeof seen->text - 1);
    strncpy(seen->sqlstate, PQresultErrorField(res, PG_DIAG_SQLSTATE), sizeof seen->sqlstate - 1);
}

int main(void)
{
    PGconn *conn = connect_or_exit();
    struct seen text;
    struct seen fields;
    PQnoticeProcessor processor;
    PQnoticeReceiver receiver;

    memset(&text, 0, sizeof text);
    memset(&fields, 0, sizeof fields);

    /* Without a processor of ours they go to standard error. Setting one returns the one before. */
    processor = PQsetNoticeProcessor(conn, as_text, &text);
    CHECK(processor != NULL);
    CHECK(PQsetNoticeProcessor(conn, NULL, NULL) == as_text); /* NULL asks and changes nothing */

    run(conn, "DO $$BEGIN RAISE NOTICE 'half past %', 7 USING HINT = 'wake up'; END$$");
    CHECK(text.count == 1);
    CHECK_TEXT(text.text, "NOTICE:  half past 7\nHINT:  wake up\n");

    run(conn, "DROP TABLE IF EXISTS no_such_table");
    CHECK(text.count == 2);
    CHECK_TEXT(text.text, "NOTICE:  table \"no_such_table\" does not exist, skipping\n");

    /* A receiver goes before the processor. */
    receiver = PQsetNoticeReceiver(conn, as_fields, &fields);
    CHECK(receiver != NULL);
    run(conn, "DO $$BEGIN RAISE WARNING 'careful' USING ERRCODE = '01ABC'; END$$");
    CHECK(text.count == 2 && fields.count == 1);
    CHECK_TEXT(fields.text, "careful");
    CHECK_TEXT(fields.sqlstate, "01ABC");

    /* Several, in order, before the call returns. */
    run(conn, "DO $$BEGIN FOR i IN 1..50 LOOP RAISE NOTICE 'n %', i; END LOOP; END$$");
    CHECK(fields.count == 51);
    CHECK_TEXT(fields.text, "n 50");

    /* Back to the receiver that calls the processor. */
    CHECK(PQsetNoticeReceiver(conn, receiver, NULL) == as_fields);
    run(conn, "DO $$BEGIN RAISE NOTICE 'end'; END$$");
    CHECK(text.count == 3);
    CHECK_TEXT(text.text, "NOTICE:  end\n");

    PQfinish(conn);
    puts("notices: as text, as fields, in order");
    return 0;
}
