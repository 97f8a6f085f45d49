/*
 * Types and constants that clients share with the server: object identifiers, and the codes of the
 * fields of errors and notices.
 */
#ifndef POSTGRES_EXT_H
#define POSTGRES_EXT_H

#include <stdint.h>

/* An object identifier of the server. */
typedef unsigned int Oid;

/* The object identifier that stands for no object. */
#define InvalidOid ((Oid) 0)

#define OID_MAX UINT32_MAX
/* The object identifier that a text stands for; needs <stdlib.h>. */
#define atooid(x) ((Oid) strtoul((x), NULL, 10))

typedef int64_t pg_int64;

/* The fields of errors and notices, for PQresultErrorField. */
#define PG_DIAG_SEVERITY 'S'
#define PG_DIAG_SEVERITY_NONLOCALIZED 'V'
#define PG_DIAG_SQLSTATE 'C'
#define PG_DIAG_MESSAGE_PRIMARY 'M'
#define PG_DIAG_MESSAGE_DETAIL 'D'
#define PG_DIAG_MESSAGE_HINT 'H'
#define PG_DIAG_STATEMENT_POSITION 'P'
#define PG_DIAG_INTERNAL_POSITION 'p'
#define PG_DIAG_INTERNAL_QUERY 'q'
#define PG_DIAG_CONTEXT 'W'
#define PG_DIAG_SCHEMA_NAME 's'
#define PG_DIAG_TABLE_NAME 't'
#define PG_DIAG_COLUMN_NAME 'c'
#define PG_DIAG_DATATYPE_NAME 'd'
#define PG_DIAG_CONSTRAINT_NAME 'n'
#define PG_DIAG_SOURCE_FILE 'F'
#define PG_DIAG_SOURCE_LINE 'L'
#define PG_DIAG_SOURCE_FUNCTION 'R'

#endif /* POSTGRES_EXT_H */
