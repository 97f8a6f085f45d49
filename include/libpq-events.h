/*
 * Procedures that are told of the life of connections and results.
 *
 * Made from the sources by cbindgen: change those instead, then run `make headers`.
 */

#ifndef LIBPQ_EVENTS_H
#define LIBPQ_EVENTS_H

#include "libpq-fe.h"

/**
 * What an event procedure is told of.
 */
enum pg_EventId {
    /**
     * The procedure has been registered; the information is a PGEventRegister.
     */
    PGEVT_REGISTER,
    /**
     * The connection has been reset; the information is a PGEventConnReset.
     */
    PGEVT_CONNRESET,
    /**
     * The connection is about to be freed; the information is a PGEventConnDestroy.
     */
    PGEVT_CONNDESTROY,
    /**
     * A result has been made; the information is a PGEventResultCreate.
     */
    PGEVT_RESULTCREATE,
    /**
     * A result has been copied; the information is a PGEventResultCopy.
     */
    PGEVT_RESULTCOPY,
    /**
     * A result is about to be freed; the information is a PGEventResultDestroy.
     */
    PGEVT_RESULTDESTROY,
};

/**
 * What an event procedure is told of.
 */
typedef enum pg_EventId PGEventId;

/**
 * An event procedure; returns 0 when it fails.
 */
typedef int (*PGEventProc)(PGEventId evtId, void *evtInfo, void *passThrough);

/**
 * What comes with PGEVT_REGISTER.
 */
struct pg_EventRegister {
    /**
     * The connection that the procedure has been registered with.
     */
    PGconn *conn;
};

/**
 * What comes with PGEVT_REGISTER.
 */
typedef struct pg_EventRegister PGEventRegister;

/**
 * What comes with PGEVT_CONNRESET.
 */
struct pg_EventConnReset {
    /**
     * The connection that has been reset.
     */
    PGconn *conn;
};

/**
 * What comes with PGEVT_CONNRESET.
 */
typedef struct pg_EventConnReset PGEventConnReset;

/**
 * What comes with PGEVT_CONNDESTROY.
 */
struct pg_EventConnDestroy {
    /**
     * The connection that is about to be freed; it is closed already.
     */
    PGconn *conn;
};

/**
 * What comes with PGEVT_CONNDESTROY.
 */
typedef struct pg_EventConnDestroy PGEventConnDestroy;

/**
 * What comes with PGEVT_RESULTCREATE.
 */
struct pg_EventResultCreate {
    /**
     * The connection that the result comes from.
     */
    PGconn *conn;
    /**
     * The result.
     */
    PGresult *result;
};

/**
 * What comes with PGEVT_RESULTCREATE.
 */
typedef struct pg_EventResultCreate PGEventResultCreate;

/**
 * What comes with PGEVT_RESULTCOPY.
 */
struct pg_EventResultCopy {
    /**
     * The result that has been copied.
     */
    const PGresult *src;
    /**
     * The copy.
     */
    PGresult *dest;
};

/**
 * What comes with PGEVT_RESULTCOPY.
 */
typedef struct pg_EventResultCopy PGEventResultCopy;

/**
 * What comes with PGEVT_RESULTDESTROY.
 */
struct pg_EventResultDestroy {
    /**
     * The result that is about to be freed.
     */
    PGresult *result;
};

/**
 * What comes with PGEVT_RESULTDESTROY.
 */
typedef struct pg_EventResultDestroy PGEventResultDestroy;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Registers an event procedure with a connection and tells it so by PGEVT_REGISTER.
 *
 * `name` must not be NULL or empty; `passThrough` is handed to the procedure at each call. Returns
 * 1, or 0 when an argument is missing, the procedure is registered already, or it fails.
 *
 * Manual: "Event Support Functions".
 */
int PQregisterEventProc(PGconn *conn, PGEventProc proc, const char *name, void *passThrough);

/**
 * Sets what a procedure keeps for a connection. Returns 0 when it is not registered there, else 1.
 */
int PQsetInstanceData(PGconn *conn, PGEventProc proc, void *data);

/**
 * What a procedure keeps for a connection; NULL where it keeps nothing or is not registered.
 */
void *PQinstanceData(const PGconn *conn, PGEventProc proc);

/**
 * Sets what a procedure keeps for a result. Returns 0 when the result does not know it, else 1.
 *
 * Memory from PQresultAlloc is freed along with the result and counted by PQresultMemorySize.
 */
int PQresultSetInstanceData(PGresult *result, PGEventProc proc, void *data);

/**
 * What a procedure keeps for a result; NULL where it keeps nothing or the result does not know it.
 */
void *PQresultInstanceData(const PGresult *result, PGEventProc proc);

/**
 * Tells the event procedures of a result that it has been made: for results of PQmakeEmptyPGresult,
 * as all others have been told of already. A procedure is told of a result once.
 *
 * Returns 1, or 0 when a procedure fails or `res` is NULL.
 */
int PQfireResultCreateEvents(PGconn *conn, PGresult *res);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LIBPQ_EVENTS_H */
