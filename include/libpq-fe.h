/*
 * The interface of libpq: connections, commands, results.
 *
 * Made from the sources by cbindgen: change those instead, then run `make headers`.
 */

#ifndef LIBPQ_FE_H
#define LIBPQ_FE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "postgres_ext.h"

/* The tag of this structure, which is declared below, is its name. */
typedef struct PGoauthBearerRequest PGoauthBearerRequest;

/**
 * PQsetChunkedRowsMode is there.
 */
#define LIBPQ_HAS_CHUNK_MODE 1

/**
 * PQsocketPoll and PQgetCurrentTimeUSec are there.
 */
#define LIBPQ_HAS_SOCKET_POLL 1

/**
 * PQAUTHDATA_PROMPT_OAUTH_DEVICE and its kin are there.
 */
#define LIBPQ_HAS_PROMPT_OAUTH_DEVICE 1

/**
 * PQcancelCreate and its kin are there.
 */
#define LIBPQ_HAS_ASYNC_CANCEL 1

/**
 * PQenterPipelineMode and its kin are there.
 */
#define LIBPQ_HAS_PIPELINING 1

/**
 * PQsendPipelineSync is there.
 */
#define LIBPQ_HAS_SEND_PIPELINE_SYNC 1

/**
 * PQsetTraceFlags is there.
 */
#define LIBPQ_HAS_TRACE_FLAGS 1

/**
 * PQsetTraceFlags: leave out the time of each message.
 */
#define PQTRACE_SUPPRESS_TIMESTAMPS (1 << 0)

/**
 * PQsetTraceFlags: leave out what differs from run to run, such as OIDs.
 */
#define PQTRACE_REGRESS_MODE (1 << 1)

/**
 * PQsslAttribute tells the TLS library even without a connection.
 */
#define LIBPQ_HAS_SSL_LIBRARY_DETECTION 1

/**
 * PQchangePassword is there.
 */
#define LIBPQ_HAS_CHANGE_PASSWORD 1

/**
 * PQclosePrepared and PQclosePortal are there.
 */
#define LIBPQ_HAS_CLOSE_PREPARED 1

/**
 * PQfullProtocolVersion is there.
 */
#define LIBPQ_HAS_FULL_PROTOCOL_VERSION 1

/**
 * The most parameters that a statement can have.
 */
#define PQ_QUERY_PARAM_MAX_LIMIT 65535

/**
 * PQcopyResult: copy the columns.
 */
#define PG_COPYRES_ATTRS 1

/**
 * PQcopyResult: copy the rows, and the columns with them.
 */
#define PG_COPYRES_TUPLES 2

/**
 * PQcopyResult: copy the event procedures.
 */
#define PG_COPYRES_EVENTS 4

/**
 * PQcopyResult: copy the notice receiver and processor.
 */
#define PG_COPYRES_NOTICEHOOKS 8

/**
 * What a hook is asked for.
 */
enum pg_authData {
    /**
     * To show the user a code and where to enter it; the data is a PGpromptOAuthDevice.
     */
    PQAUTHDATA_PROMPT_OAUTH_DEVICE,
    /**
     * To get a token; the data is a PGoauthBearerRequest.
     */
    PQAUTHDATA_OAUTH_BEARER_TOKEN,
};

/**
 * What an attempt to connect waits for.
 */
enum pg_PollingStatusType {
    /**
     * The attempt has failed.
     */
    PGRES_POLLING_FAILED,
    /**
     * Call again when the socket is readable.
     */
    PGRES_POLLING_READING,
    /**
     * Call again when the socket is writable.
     */
    PGRES_POLLING_WRITING,
    /**
     * The connection is ready.
     */
    PGRES_POLLING_OK,
    /**
     * No longer used.
     */
    PGRES_POLLING_ACTIVE,
};

/**
 * How far a connection is; the values beyond the first two are seen while it is being made.
 */
enum pg_ConnStatusType {
    /**
     * Connected and authenticated.
     */
    CONNECTION_OK,
    /**
     * Not connected: the attempt failed, or the connection was lost.
     */
    CONNECTION_BAD,
    /**
     * Waiting for the network connection to be made.
     */
    CONNECTION_STARTED,
    /**
     * The network connection is made; waiting to send.
     */
    CONNECTION_MADE,
    /**
     * Waiting for the server's response.
     */
    CONNECTION_AWAITING_RESPONSE,
    /**
     * Authenticated; waiting for the server to finish starting the session.
     */
    CONNECTION_AUTH_OK,
    /**
     * No longer used.
     */
    CONNECTION_SETENV,
    /**
     * Negotiating TLS encryption.
     */
    CONNECTION_SSL_STARTUP,
    /**
     * About to begin with the next address.
     */
    CONNECTION_NEEDED,
    /**
     * Checking whether the session accepts writes.
     */
    CONNECTION_CHECK_WRITABLE,
    /**
     * Consuming what is left of an internal query.
     */
    CONNECTION_CONSUME,
    /**
     * Negotiating GSSAPI encryption.
     */
    CONNECTION_GSS_STARTUP,
    /**
     * Checking whether the server fits target_session_attrs.
     */
    CONNECTION_CHECK_TARGET,
    /**
     * Checking whether the server is a standby.
     */
    CONNECTION_CHECK_STANDBY,
    /**
     * A cancel request that has not been started.
     */
    CONNECTION_ALLOCATED,
    /**
     * In the middle of authentication.
     */
    CONNECTION_AUTHENTICATING,
};

/**
 * The transaction state of a session.
 */
enum pg_TransactionStatusType {
    /**
     * No transaction.
     */
    PQTRANS_IDLE,
    /**
     * A command is in progress.
     */
    PQTRANS_ACTIVE,
    /**
     * In a transaction block.
     */
    PQTRANS_INTRANS,
    /**
     * In a transaction block that has failed.
     */
    PQTRANS_INERROR,
    /**
     * The connection is bad.
     */
    PQTRANS_UNKNOWN,
};

/**
 * Whether a pipeline is open.
 */
enum pg_PipelineStatus {
    /**
     * Not in pipeline mode.
     */
    PQ_PIPELINE_OFF,
    /**
     * In pipeline mode.
     */
    PQ_PIPELINE_ON,
    /**
     * In pipeline mode, and commands are skipped up to the next synchronisation point.
     */
    PQ_PIPELINE_ABORTED,
};

/**
 * How much the text of an error or notice tells.
 */
enum pg_Verbosity {
    /**
     * Severity, message and position, on one line.
     */
    PQERRORS_TERSE,
    /**
     * Detail, hint and context as well.
     */
    PQERRORS_DEFAULT,
    /**
     * All fields.
     */
    PQERRORS_VERBOSE,
    /**
     * Severity and SQLSTATE only.
     */
    PQERRORS_SQLSTATE,
};

/**
 * When the text of an error or notice shows its context.
 */
enum pg_ContextVisibility {
    /**
     * Never.
     */
    PQSHOW_CONTEXT_NEVER,
    /**
     * In errors, not in notices.
     */
    PQSHOW_CONTEXT_ERRORS,
    /**
     * Always.
     */
    PQSHOW_CONTEXT_ALWAYS,
};

/**
 * What PQping has found out about a server.
 */
enum pg_Ping {
    /**
     * It accepts connections.
     */
    PQPING_OK,
    /**
     * It is alive but rejects connections: starting up, shutting down or recovering.
     */
    PQPING_REJECT,
    /**
     * It could not be contacted.
     */
    PQPING_NO_RESPONSE,
    /**
     * No attempt was made: the arguments are not valid.
     */
    PQPING_NO_ATTEMPT,
};

/**
 * What kind of answer a result is.
 */
enum pg_ExecStatusType {
    /**
     * The string sent to the server was empty.
     */
    PGRES_EMPTY_QUERY,
    /**
     * A command that returns no rows is done.
     */
    PGRES_COMMAND_OK,
    /**
     * A command that returns rows is done; there may be none of them.
     */
    PGRES_TUPLES_OK,
    /**
     * Copy out of the server has begun.
     */
    PGRES_COPY_OUT,
    /**
     * Copy into the server has begun.
     */
    PGRES_COPY_IN,
    /**
     * The server's answer was not understood.
     */
    PGRES_BAD_RESPONSE,
    /**
     * A notice or warning; only notice receivers see it.
     */
    PGRES_NONFATAL_ERROR,
    /**
     * The command failed.
     */
    PGRES_FATAL_ERROR,
    /**
     * Copy in both directions has begun.
     */
    PGRES_COPY_BOTH,
    /**
     * One row of a larger answer.
     */
    PGRES_SINGLE_TUPLE,
    /**
     * A synchronisation point of a pipeline.
     */
    PGRES_PIPELINE_SYNC,
    /**
     * A command skipped because an earlier one of its pipeline failed.
     */
    PGRES_PIPELINE_ABORTED,
    /**
     * Some rows of a larger answer.
     */
    PGRES_TUPLES_CHUNK,
};

/**
 * What PQcancel needs.
 */
struct pg_cancel;

/**
 * A cancel request as a connection of its own.
 */
struct pg_cancel_conn;

/**
 * A connection to a server.
 */
struct pg_conn;

/**
 * The answer to a command.
 */
struct pg_result;

/**
 * A connection to a server.
 */
typedef struct pg_conn PGconn;

/**
 * The answer to a command.
 */
typedef struct pg_result PGresult;

/**
 * A moment, or a span of time, in microseconds.
 */
typedef int64_t pg_usec_time_t;

/**
 * A notification that has arrived.
 */
struct pgNotify {
    /**
     * The channel's name.
     */
    char *relname;
    /**
     * The process ID of the session that notified.
     */
    int be_pid;
    /**
     * The payload, empty where there is none.
     */
    char *extra;
    /**
     * Not for programs: always NULL.
     */
    struct pgNotify *next;
};

/**
 * A notification that has arrived.
 */
typedef struct pgNotify PGnotify;

/**
 * What a hook is asked for.
 */
typedef enum pg_authData PGauthData;

/**
 * Gives what it is asked for and returns a number greater than 0; returns 0 where it leaves that to
 * the default, and a negative number for a failure.
 */
typedef int (*PQauthDataHook_type)(PGauthData type, PGconn *conn, void *data);

/**
 * What PQcancel needs.
 */
typedef struct pg_cancel PGcancel;

/**
 * A cancel request as a connection of its own.
 */
typedef struct pg_cancel_conn PGcancelConn;

/**
 * What an attempt to connect waits for.
 */
typedef enum pg_PollingStatusType PostgresPollingStatusType;

/**
 * How far a connection is.
 */
typedef enum pg_ConnStatusType ConnStatusType;

/**
 * The transaction state of a session.
 */
typedef enum pg_TransactionStatusType PGTransactionStatusType;

/**
 * Whether a pipeline is open.
 */
typedef enum pg_PipelineStatus PGpipelineStatus;

/**
 * How much the text of an error or notice tells.
 */
typedef enum pg_Verbosity PGVerbosity;

/**
 * When the text of an error or notice shows its context.
 */
typedef enum pg_ContextVisibility PGContextVisibility;

/**
 * One connection option. A list of them ends with an entry whose keyword is NULL.
 */
struct _PQconninfoOption {
    /**
     * The keyword of the option.
     */
    char *keyword;
    /**
     * The environment variable that gives its value where nothing else does, or NULL.
     */
    char *envvar;
    /**
     * Its built-in default, or NULL.
     */
    char *compiled;
    /**
     * Its value, or NULL.
     */
    char *val;
    /**
     * The label of a field in a connect dialog.
     */
    char *label;
    /**
     * How to show that field: "" as it is, "*" hidden, "D" only for debugging.
     */
    char *dispchar;
    /**
     * The size of that field in characters.
     */
    int dispsize;
};

/**
 * One connection option.
 */
typedef struct _PQconninfoOption PQconninfoOption;

/**
 * A value, or where it is.
 */
union pg_arg_value {
    /**
     * Where the bytes of the argument are.
     */
    int *ptr;
    /**
     * The argument itself.
     */
    int integer;
};

/**
 * An argument of PQfn.
 */
struct pg_arg_block {
    /**
     * Its length in bytes; -1 for NULL.
     */
    int len;
    /**
     * Whether it is an integer of 2 or 4 bytes, in `u.integer`.
     */
    int isint;
    /**
     * The value.
     */
    union pg_arg_value u;
};

/**
 * An argument of PQfn.
 */
typedef struct pg_arg_block PQArgBlock;

/**
 * Writes the password of the client's key and a NUL into a buffer of `size` bytes, and returns its
 * length; 0 for a failure.
 */
typedef int (*PQsslKeyPassHook_OpenSSL_type)(char *buf, int size, PGconn *conn);

/**
 * Gets notices as results, which are valid during the call and not the receiver's to clear.
 */
typedef void (*PQnoticeReceiver)(void *arg, const PGresult *res);

/**
 * Gets notices as text, which is valid during the call and ends with a newline.
 */
typedef void (*PQnoticeProcessor)(void *arg, const char *message);

/**
 * What PQping has found out about a server.
 */
typedef enum pg_Ping PGPing;

/**
 * A truth value: 0 is false.
 */
typedef char pqbool;

/**
 * How PQprint prints.
 */
struct _PQprintOpt {
    /**
     * With the columns' names, and the number of rows.
     */
    pqbool header;
    /**
     * With columns of equal width.
     */
    pqbool align;
    /**
     * With lines around everything, along with `align`.
     */
    pqbool standard;
    /**
     * As HTML.
     */
    pqbool html3;
    /**
     * Each value on a line of its own.
     */
    pqbool expanded;
    /**
     * By the pager when the standard output is a terminal and the table is longer than it.
     */
    pqbool pager;
    /**
     * What stands between fields.
     */
    char *fieldSep;
    /**
     * Attributes of HTML tables.
     */
    char *tableOpt;
    /**
     * The caption of HTML tables.
     */
    char *caption;
    /**
     * Names for the first columns in place of their own, ending in NULL.
     */
    char **fieldName;
};

/**
 * How PQprint prints.
 */
typedef struct _PQprintOpt PQprintOpt;

/**
 * What kind of answer a result is.
 */
typedef enum pg_ExecStatusType ExecStatusType;

/**
 * What a program tells of a column that it makes.
 */
struct pgresAttDesc {
    /**
     * The column's name.
     */
    char *name;
    /**
     * The table it comes from, or 0.
     */
    Oid tableid;
    /**
     * Its number in that table, or 0.
     */
    int columnid;
    /**
     * 0 for text, 1 for binary.
     */
    int format;
    /**
     * The OID of its type.
     */
    Oid typid;
    /**
     * The bytes that the server stores a value in; negative for variable length.
     */
    int typlen;
    /**
     * The type modifier; -1 for none.
     */
    int atttypmod;
};

/**
 * What a program tells of a column that it makes.
 */
typedef struct pgresAttDesc PGresAttDesc;

/**
 * Takes the lock where `acquire` is not 0, else gives it back.
 */
typedef void (*pgthreadlock_t)(int acquire);

/**
 * What to show to the user for the device authorization flow.
 */
struct _PGpromptOAuthDevice {
    /**
     * Where the user has to go.
     */
    const char *verification_uri;
    /**
     * What the user has to enter there.
     */
    const char *user_code;
    /**
     * Both in one URI, or NULL.
     */
    const char *verification_uri_complete;
    /**
     * Seconds until the code expires.
     */
    int expires_in;
};

/**
 * What to show to the user for the device authorization flow.
 */
typedef struct _PGpromptOAuthDevice PGpromptOAuthDevice;

/**
 * Goes on with getting a token, without waiting. Returns PGRES_POLLING_OK once `token` is set,
 * PGRES_POLLING_FAILED, or what to wait for on the socket that it sets `*altsock` to.
 */
typedef PostgresPollingStatusType (*PGoauthBearerAsync)(PGconn *conn,
                                                        struct PGoauthBearerRequest *request,
                                                        int *altsock);

/**
 * Frees what a request has allocated, when it is done with.
 */
typedef void (*PGoauthBearerCleanup)(PGconn *conn, struct PGoauthBearerRequest *request);

/**
 * A request for a token, which the hook fills in.
 */
struct PGoauthBearerRequest {
    /**
     * The OpenID discovery document of the issuer.
     */
    const char *openid_configuration;
    /**
     * The scopes that are wanted, or NULL.
     */
    const char *scope;
    /**
     * How to go on where the token is not known at once.
     */
    PGoauthBearerAsync async;
    /**
     * How to clean up.
     */
    PGoauthBearerCleanup cleanup;
    /**
     * The token.
     */
    char *token;
    /**
     * For the hook's own use.
     */
    void *user;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sends a text of one or more statements. Not allowed in pipeline mode.
 */
int PQsendQuery(PGconn *conn, const char *query);

/**
 * Sends one statement and its parameters.
 */
int PQsendQueryParams(PGconn *conn,
                      const char *command,
                      int nParams,
                      const Oid *paramTypes,
                      const char *const *paramValues,
                      const int *paramLengths,
                      const int *paramFormats,
                      int resultFormat);

/**
 * Sends a statement to be prepared.
 */
int PQsendPrepare(PGconn *conn,
                  const char *stmtName,
                  const char *query,
                  int nParams,
                  const Oid *paramTypes);

/**
 * Sends parameters for a prepared statement to be executed with.
 */
int PQsendQueryPrepared(PGconn *conn,
                        const char *stmtName,
                        int nParams,
                        const char *const *paramValues,
                        const int *paramLengths,
                        const int *paramFormats,
                        int resultFormat);

/**
 * Asks for the parameters and columns of a prepared statement; NULL stands for the unnamed one.
 */
int PQsendDescribePrepared(PGconn *conn, const char *stmt);

/**
 * Asks for the columns of a portal; NULL stands for the unnamed one.
 */
int PQsendDescribePortal(PGconn *conn, const char *portal);

/**
 * Asks for a prepared statement to be closed; NULL stands for the unnamed one.
 */
int PQsendClosePrepared(PGconn *conn, const char *stmt);

/**
 * Asks for a portal to be closed; NULL stands for the unnamed one.
 */
int PQsendClosePortal(PGconn *conn, const char *portal);

/**
 * Selects that each row of the command just sent comes as a result of its own, with the status
 * PGRES_SINGLE_TUPLE. Returns 1, or 0 when it is not the time for it.
 */
int PQsetSingleRowMode(PGconn *conn);

/**
 * Selects that the rows of the command just sent come in results of at most `chunkSize`, with the
 * status PGRES_TUPLES_CHUNK. Returns 1, or 0 when it is not the time for it.
 */
int PQsetChunkedRowsMode(PGconn *conn, int chunkSize);

/**
 * The next result of the command that was sent, waiting for it where it has not arrived; to be
 * cleared with PQclear. NULL when the command has no more results, and for a NULL connection.
 *
 * To be called until it returns NULL, even after an error.
 */
PGresult *PQgetResult(PGconn *conn);

/**
 * Takes in what the server has sent, without waiting. Returns 1, or 0 when the connection is lost
 * or NULL.
 *
 * It does not tell whether a result has become complete: PQisBusy does.
 */
int PQconsumeInput(PGconn *conn);

/**
 * 1 when PQgetResult would have to wait, else 0. Looks only at what has been taken in.
 */
int PQisBusy(PGconn *conn);

/**
 * Sets whether functions that send may return before everything is sent. Returns 0, or -1 when
 * the connection is bad or NULL.
 */
int PQsetnonblocking(PGconn *conn, int arg);

/**
 * 1 when functions that send may return before everything is sent, else 0.
 */
int PQisnonblocking(const PGconn *conn);

/**
 * Sends what is queued. Returns 0 when everything is sent, 1 when something is left on a
 * non-blocking connection, and -1 when the connection is bad or NULL.
 */
int PQflush(PGconn *conn);

/**
 * Waits until a socket can be read from or written to, as asked for, or until `end_time`, in
 * microseconds since the Unix epoch; -1 for no end, 0 for no waiting at all.
 *
 * Returns a number greater than 0 when it can, 0 when the time has passed or neither was asked
 * for, and -1 with `errno` set when waiting fails.
 */
int PQsocketPoll(int sock, int forRead, int forWrite, pg_usec_time_t end_time);

/**
 * The time of day, in microseconds since the Unix epoch.
 */
pg_usec_time_t PQgetCurrentTimeUSec(void);

/**
 * The next notification among what has been taken in; NULL when there is none. To be freed with
 * PQfreemem.
 *
 * Nothing is read from the socket: PQconsumeInput does that, and so does every command.
 */
PGnotify *PQnotifies(PGconn *conn);

/**
 * Sets the hook that is asked. NULL goes back to the default.
 */
void PQsetAuthDataHook(PQauthDataHook_type hook);

/**
 * The hook that is asked; PQdefaultAuthDataHook where none is set.
 */
PQauthDataHook_type PQgetAuthDataHook(void);

/**
 * The hook where none is set: returns 0, as it gives nothing.
 */
int PQdefaultAuthDataHook(PGauthData _type, PGconn *_conn, void *_data);

/**
 * What is needed to cancel commands of a connection, to be freed with PQfreeCancel; NULL where it
 * is not connected, and for NULL.
 *
 * It stays usable while the connection is in use, or after it has ended.
 */
PGcancel *PQgetCancel(PGconn *conn);

/**
 * Frees what PQgetCancel has made. NULL does nothing.
 */
void PQfreeCancel(PGcancel *cancel);

/**
 * Asks the server to give up the command it is working on, and waits until the request has
 * arrived. Returns 1, or 0 when it could not be sent: the reason is in `errbuf` then, of
 * `errbufsize` bytes (256 are enough).
 *
 * Fit for a signal handler. The request is not encrypted: PQcancelCreate is to be preferred.
 */
int PQcancel(PGcancel *cancel, char *errbuf, int errbufsize);

/**
 * PQcancel for a connection itself; not fit for signal handlers or other threads, and superseded.
 * Returns 1, or 0 when the request could not be sent, which PQerrorMessage explains, and for NULL.
 */
int PQrequestCancel(PGconn *conn);

/**
 * A cancel request for a connection, not started yet, which is encrypted as the connection is.
 *
 * Never NULL, except where there is no memory; PQcancelStatus is CONNECTION_BAD when no request
 * can be made, and PQcancelErrorMessage tells why. To be freed with PQcancelFinish.
 */
PGcancelConn *PQcancelCreate(PGconn *conn);

/**
 * Begins to send a request without waiting for the server; PQcancelPoll goes on. Returns 1, or 0
 * when it has failed or been started before, and for NULL.
 */
int PQcancelStart(PGcancelConn *cancelConn);

/**
 * Sends a request and waits until the server has taken it. Returns 1, or 0 when it has failed or
 * been started before, and for NULL.
 */
int PQcancelBlocking(PGcancelConn *cancelConn);

/**
 * Goes on with a request as far as it goes without waiting, and tells what to wait for before the
 * next call, as PQconnectPoll does. PGRES_POLLING_OK once the server has taken the request;
 * PGRES_POLLING_FAILED when that has failed, and for NULL.
 */
PostgresPollingStatusType PQcancelPoll(PGcancelConn *cancelConn);

/**
 * How far a request is: CONNECTION_ALLOCATED before it is started, CONNECTION_OK once the server
 * has taken it; CONNECTION_BAD for NULL.
 */
ConnStatusType PQcancelStatus(const PGcancelConn *cancelConn);

/**
 * The descriptor of a request's socket; -1 while there is none, and for NULL.
 */
int PQcancelSocket(const PGcancelConn *cancelConn);

/**
 * What went wrong with a request; empty where nothing did.
 */
char *PQcancelErrorMessage(const PGcancelConn *cancelConn);

/**
 * Closes a request's connection and gets it ready for another request. NULL does nothing.
 */
void PQcancelReset(PGcancelConn *cancelConn);

/**
 * Closes a request's connection and frees it. NULL does nothing.
 */
void PQcancelFinish(PGcancelConn *cancelConn);

/**
 * The database; NULL for NULL and where the options could not be understood.
 */
char *PQdb(const PGconn *conn);

/**
 * The user; NULL for NULL and where the options could not be understood.
 */
char *PQuser(const PGconn *conn);

/**
 * The password, or what the password file has for the host; empty where there is none. NULL for
 * NULL.
 */
char *PQpass(const PGconn *conn);

/**
 * The host being connected to: its name, socket directory or, where only that is given, address.
 * Empty where it cannot be told, and NULL for NULL.
 */
char *PQhost(const PGconn *conn);

/**
 * The address being connected to, as text; empty for a Unix-domain socket and where it cannot be
 * told. NULL for NULL.
 */
char *PQhostaddr(const PGconn *conn);

/**
 * The port being connected to. NULL for NULL.
 */
char *PQport(const PGconn *conn);

/**
 * Empty: there is no such thing any more. NULL for NULL.
 */
char *PQtty(const PGconn *conn);

/**
 * The command-line options for the server process; NULL for NULL and where the options could not
 * be understood.
 */
char *PQoptions(const PGconn *conn);

/**
 * How far the connection is; CONNECTION_BAD for NULL.
 */
ConnStatusType PQstatus(const PGconn *conn);

/**
 * The transaction state; PQTRANS_UNKNOWN for NULL and a bad connection.
 */
PGTransactionStatusType PQtransactionStatus(const PGconn *conn);

/**
 * Whether a pipeline is open; PQ_PIPELINE_OFF for NULL.
 */
PGpipelineStatus PQpipelineStatus(const PGconn *conn);

/**
 * The value of a parameter that the server reports, such as `server_version`; NULL where it does
 * not report it. Valid until the value changes.
 */
const char *PQparameterStatus(const PGconn *conn, const char *paramName);

/**
 * The major version of the protocol, 3; 0 for NULL and a bad connection.
 */
int PQprotocolVersion(const PGconn *conn);

/**
 * The version of the protocol, such as 30002 for 3.2; 0 for NULL and a bad connection.
 */
int PQfullProtocolVersion(const PGconn *conn);

/**
 * The version of the server, such as 150003 for 15.3; 0 for NULL and a bad connection.
 */
int PQserverVersion(const PGconn *conn);

/**
 * What went wrong last, each message with a newline at its end; empty where nothing did. Valid
 * until the next call with the connection.
 */
char *PQerrorMessage(const PGconn *conn);

/**
 * The descriptor of the socket; -1 while there is none, and for NULL.
 */
int PQsocket(const PGconn *conn);

/**
 * The process ID of the server process; 0 for NULL and a bad connection.
 */
int PQbackendPID(const PGconn *conn);

/**
 * 1 when the server has asked for a password and there is none, else 0: time to ask the user.
 */
int PQconnectionNeedsPassword(const PGconn *conn);

/**
 * 1 when the server has asked for a password, else 0.
 */
int PQconnectionUsedPassword(const PGconn *conn);

/**
 * 1 when the connection was authenticated or is encrypted with GSSAPI, else 0.
 */
int PQconnectionUsedGSSAPI(const PGconn *conn);

/**
 * Sets how much the texts of errors and notices tell, and returns the former setting;
 * PQERRORS_DEFAULT for NULL. A number that is no verbosity changes nothing.
 *
 * Messages that exist already stay as they are; see PQresultVerboseErrorMessage.
 */
PGVerbosity PQsetErrorVerbosity(PGconn *conn, PGVerbosity verbosity);

/**
 * Sets when the texts of errors and notices show the context, and returns the former setting;
 * PQSHOW_CONTEXT_ERRORS for NULL. A number that is none of the enum's changes nothing.
 */
PGContextVisibility PQsetErrorContextVisibility(PGconn *conn, PGContextVisibility show_context);

/**
 * Connects to a server with the options of a connection string (`key=value` pairs or a URI), and
 * waits until that has succeeded or failed.
 *
 * Never NULL, except where there is no memory; PQstatus tells whether it has succeeded, and
 * PQerrorMessage why not. To be freed with PQfinish in any case. NULL is taken for an empty string.
 */
PGconn *PQconnectdb(const char *conninfo);

/**
 * The same with options in two arrays, each ending in NULL. With `expand_dbname` not 0, a
 * connection string may stand in the place of the database name.
 */
PGconn *PQconnectdbParams(const char *const *keywords,
                          const char *const *values,
                          int expand_dbname);

/**
 * The same with the most usual options as arguments, each of which may be NULL. `pgtty` has no
 * effect. A connection string may stand in the place of the database name.
 */
PGconn *PQsetdbLogin(const char *pghost,
                     const char *pgport,
                     const char *pgoptions,
                     const char *pgtty,
                     const char *dbName,
                     const char *login,
                     const char *pwd);

/**
 * Begins to connect without waiting for the server; PQconnectPoll goes on. As if that had answered
 * PGRES_POLLING_WRITING, unless PQstatus is CONNECTION_BAD already.
 *
 * Never NULL, except where there is no memory. To be freed with PQfinish. Looking up a host name
 * may still wait.
 */
PGconn *PQconnectStart(const char *conninfo);

/**
 * The same with options in two arrays, as PQconnectdbParams has them.
 */
PGconn *PQconnectStartParams(const char *const *keywords,
                             const char *const *values,
                             int expand_dbname);

/**
 * Goes on with connecting as far as it goes without waiting, and tells what to wait for before the
 * next call: PGRES_POLLING_READING or PGRES_POLLING_WRITING on the socket that PQsocket gives then.
 *
 * PGRES_POLLING_OK once the connection is ready; PGRES_POLLING_FAILED when it has failed, and for
 * NULL.
 */
PostgresPollingStatusType PQconnectPoll(PGconn *conn);

/**
 * Ends the session, tells the event procedures, and frees the connection. NULL does nothing.
 *
 * To be called even when connecting has failed. Results of the connection stay valid.
 */
void PQfinish(PGconn *conn);

/**
 * All options with their default values, from the environment and a service file as well. To be
 * freed with PQconninfoFree; NULL where there is no memory.
 */
PQconninfoOption *PQconndefaults(void);

/**
 * All options with the values that a connection string gives, without defaults. To be freed with
 * PQconninfoFree.
 *
 * NULL when the string is not valid; then `*errmsg`, where `errmsg` is not NULL, is a message that
 * is to be freed with PQfreemem. Otherwise it is set to NULL.
 */
PQconninfoOption *PQconninfoParse(const char *conninfo, char **errmsg);

/**
 * All options with the values that a connection uses. To be freed with PQconninfoFree; NULL for
 * NULL and where there is no memory.
 */
PQconninfoOption *PQconninfo(PGconn *conn);

/**
 * Frees a list of options. NULL does nothing.
 */
void PQconninfoFree(PQconninfoOption *connOptions);

/**
 * Sends data to the server, in pieces of any size. Returns 1 when it was sent or queued, 0 when
 * a non-blocking connection has no room for it now, and -1 for an error or a NULL connection.
 */
int PQputCopyData(PGconn *conn, const char *buffer, int nbytes);

/**
 * Ends the copy to the server; with a message that is not NULL the server is made to fail it.
 * Returns 1, or -1 for an error or a NULL connection. PQgetResult tells how the copy ended.
 */
int PQputCopyEnd(PGconn *conn, const char *errormsg);

/**
 * The next row of the data that the server sends. Returns its length and sets `*buffer` to a copy
 * with a NUL behind it, to be freed with PQfreemem.
 *
 * 0 when no row has arrived and `async` is not 0; -1 when the copy is over, and PQgetResult tells
 * how; -2 for an error or a NULL connection. `*buffer` is NULL then.
 */
int PQgetCopyData(PGconn *conn, char **buffer, int async);

/**
 * Reads a line of the data that the server sends, as text, waiting for it, into `buffer`, which
 * has room for `length` bytes.
 *
 * 0 for a whole line, whose newline is left out; 1 when the buffer is full before the line ends;
 * EOF for an error. The end of the data is the line `\.`.
 */
int PQgetline(PGconn *conn, char *buffer, int length);

/**
 * Reads what has arrived of the data that the server sends into `buffer`, which has room for
 * `bufsize` bytes: a whole line with its newline, a row of binary data, or a part of one that does
 * not fit. No NUL is put behind it.
 *
 * Returns the number of bytes, 0 when nothing has arrived, and -1 at the end of the data or when
 * no data is being copied.
 */
int PQgetlineAsync(PGconn *conn, char *buffer, int bufsize);

/**
 * Sends a string as data. Returns 0, or EOF for an error.
 */
int PQputline(PGconn *conn, const char *string);

/**
 * Sends bytes as data. Returns 0, or EOF for an error.
 */
int PQputnbytes(PGconn *conn, const char *buffer, int nbytes);

/**
 * Ends a copy in either direction and waits for the server to confirm it. Returns 0 for success
 * and for a NULL connection, else 1; what the server complains of is delivered as a notice.
 *
 * On a non-blocking connection it may return 1 when it would have to wait.
 */
int PQendcopy(PGconn *conn);

/**
 * The client's encoding as a number, which pg_encoding_to_char names; -1 for NULL and a bad
 * connection.
 */
int PQclientEncoding(const PGconn *conn);

/**
 * Sets the client's encoding by its name; `auto` stands for that of the process's locale. Returns
 * 0, or -1 when the server refuses or the connection is NULL or bad.
 */
int PQsetClientEncoding(PGconn *conn, const char *encoding);

/**
 * The bytes that the character at the start of a text has in an encoding, at least 1. Nothing is
 * checked; the text may end before the character does.
 */
int PQmblen(const char *s, int encoding);

/**
 * The same, but no more bytes than the text has.
 */
int PQmblenBounded(const char *s, int encoding);

/**
 * The columns of a terminal that the character at the start of a text takes; -1 for a control
 * character.
 */
int PQdsplen(const char *s, int encoding);

/**
 * The encoding that the environment variable PGCLIENTENCODING names, as a number; 0 (SQL_ASCII)
 * where it names none.
 */
int PQenv2encoding(void);

/**
 * The number of the encoding with this name; -1 where there is none.
 */
int pg_char_to_encoding(const char *name);

/**
 * The name of the encoding with this number; empty where there is none. A constant.
 */
const char *pg_encoding_to_char(int encoding);

/**
 * 1 when a database may have the encoding with this number, else 0.
 */
int pg_valid_server_encoding_id(int encoding);

/**
 * Escapes text for use between the quotes of a string literal, by the settings of a connection.
 *
 * `to` has room for `2 * length + 1` bytes and does not overlap `from`, whose first `length` bytes
 * are escaped, or fewer where a NUL comes first. A NUL is put behind the escaped text, whose
 * length is returned. `*error` is set to 0, or to 1 where the text is not valid in the client's
 * encoding; the connection has the message then. `error` may be NULL.
 */
size_t PQescapeStringConn(PGconn *conn, char *to, const char *from, size_t length, int *error);

/**
 * As PQescapeStringConn, by the settings of whichever connection of the process told its own last.
 * Not safe where connections differ; it cannot report an error.
 */
size_t PQescapeString(char *to, const char *from, size_t length);

/**
 * The text as a string literal with its quotes, to be freed with PQfreemem.
 *
 * NULL where the text is not valid in the client's encoding; the connection has the message then.
 */
char *PQescapeLiteral(PGconn *conn, const char *str, size_t len);

/**
 * The text as an SQL identifier between double quotes, to be freed with PQfreemem.
 *
 * NULL where the text is not valid in the client's encoding; the connection has the message then.
 */
char *PQescapeIdentifier(PGconn *conn, const char *str, size_t len);

/**
 * The bytes as the text of a bytea value, for use between the quotes of a string literal.
 *
 * To be freed with PQfreemem; `*to_length` is set to the length with the NUL behind the text. NULL
 * for a NULL connection and where there is no memory.
 */
unsigned char *PQescapeByteaConn(PGconn *conn,
                                 const unsigned char *from,
                                 size_t from_length,
                                 size_t *to_length);

/**
 * As PQescapeByteaConn, by the settings of whichever connection of the process told its own last,
 * and in the format that every server reads.
 */
unsigned char *PQescapeBytea(const unsigned char *from, size_t from_length, size_t *to_length);

/**
 * The bytes that the text of a bytea value stands for, in either format.
 *
 * To be freed with PQfreemem; `*retbuflen` is set to their number. NULL for NULL and where there
 * is no memory.
 */
unsigned char *PQunescapeBytea(const unsigned char *strtext, size_t *retbuflen);

/**
 * Executes a text of one or more statements, separated by semicolons, and returns the result of
 * the last one executed. NULL for a NULL connection.
 */
PGresult *PQexec(PGconn *conn, const char *query);

/**
 * Executes one statement with parameters `$1`, `$2`, … apart from its text.
 *
 * `paramTypes` has the types, 0 for one that the server is to infer, and may be NULL; so may
 * `paramValues` when all are NULL values, `paramLengths` when no value is binary, and
 * `paramFormats` when all are text. `resultFormat` is 0 for text and 1 for binary.
 */
PGresult *PQexecParams(PGconn *conn,
                       const char *command,
                       int nParams,
                       const Oid *paramTypes,
                       const char *const *paramValues,
                       const int *paramLengths,
                       const int *paramFormats,
                       int resultFormat);

/**
 * Prepares a statement under a name, the empty one being that of the unnamed statement.
 *
 * `paramTypes` may be NULL or shorter than the statement's list of parameters; the server infers
 * the types of the others.
 */
PGresult *PQprepare(PGconn *conn,
                    const char *stmtName,
                    const char *query,
                    int nParams,
                    const Oid *paramTypes);

/**
 * Executes a prepared statement; the arguments are those of PQexecParams.
 */
PGresult *PQexecPrepared(PGconn *conn,
                         const char *stmtName,
                         int nParams,
                         const char *const *paramValues,
                         const int *paramLengths,
                         const int *paramFormats,
                         int resultFormat);

/**
 * Asks for the parameters and columns of a prepared statement; NULL stands for the unnamed one.
 *
 * The result's status is PGRES_COMMAND_OK; PQnparams and PQparamtype read its parameters, PQnfields
 * and its kin its columns.
 */
PGresult *PQdescribePrepared(PGconn *conn, const char *stmt);

/**
 * Asks for the columns of a portal, such as a cursor; NULL stands for the unnamed one.
 */
PGresult *PQdescribePortal(PGconn *conn, const char *portal);

/**
 * Closes a prepared statement; NULL stands for the unnamed one. One that does not exist is no
 * error.
 */
PGresult *PQclosePrepared(PGconn *conn, const char *stmt);

/**
 * Closes a portal, such as a cursor; NULL stands for the unnamed one. One that does not exist is
 * no error.
 */
PGresult *PQclosePortal(PGconn *conn, const char *portal);

/**
 * Calls a function and waits for its value, in binary format.
 *
 * The value is written to `result_buf`, which has to have room for it, and its length to
 * `result_len`: -1 for NULL. With `result_is_int` not 0, it is an integer of 2 or 4 bytes and
 * arrives as an int; a value of any other length is an error then, and nothing is written.
 *
 * The result, to be cleared with PQclear, has the status PGRES_COMMAND_OK or PGRES_FATAL_ERROR.
 * NULL when the call could not be sent, and for a NULL connection.
 */
PGresult *PQfn(PGconn *conn,
               int fnid,
               int *result_buf,
               int *result_len,
               int result_is_int,
               const PQArgBlock *args,
               int nargs);

/**
 * The hook that is asked for the password of the client's key; NULL where none is set, which
 * stands for PQdefaultSSLKeyPassHook_OpenSSL.
 */
PQsslKeyPassHook_OpenSSL_type PQgetSSLKeyPassHook_OpenSSL(void);

/**
 * Sets the hook that is asked for the password of the client's key, for all connections that are
 * made from now on. NULL goes back to the default.
 *
 * The hook may use the connection, but must not leave by an exception or `longjmp`.
 */
void PQsetSSLKeyPassHook_OpenSSL(PQsslKeyPassHook_OpenSSL_type hook);

/**
 * What is done without a hook: writes the option `sslpassword` and a NUL into a buffer of `size`
 * bytes, and returns its length. What does not fit is cut off, with a warning on standard error.
 */
int PQdefaultSSLKeyPassHook_OpenSSL(char *buf, int size, PGconn *conn);

/**
 * Opens a large object with INV_READ, INV_WRITE or both. Returns a descriptor for the functions
 * below, valid until the end of the transaction, or -1.
 */
int lo_open(PGconn *conn, Oid lobjId, int mode);

/**
 * Closes a descriptor. Returns 0, or -1.
 */
int lo_close(PGconn *conn, int fd);

/**
 * Reads at most `len` bytes into `buf`. Returns how many there were, 0 at the end, or -1.
 */
int lo_read(PGconn *conn, int fd, char *buf, size_t len);

/**
 * Writes `len` bytes. Returns how many were written, or -1.
 */
int lo_write(PGconn *conn, int fd, const char *buf, size_t len);

/**
 * Moves the position of a descriptor by `offset` from the beginning (SEEK_SET), the position
 * (SEEK_CUR) or the end (SEEK_END). Returns the new position, or -1.
 */
int lo_lseek(PGconn *conn, int fd, int offset, int whence);

/**
 * The same for large objects of more than 2 GiB.
 */
int64_t lo_lseek64(PGconn *conn, int fd, int64_t offset, int whence);

/**
 * Creates a large object with an OID that the server chooses; `mode` means nothing to servers from
 * 8.1 on. Returns the OID, or 0.
 */
Oid lo_creat(PGconn *conn, int mode);

/**
 * Creates a large object with this OID, or with one that the server chooses for 0. Returns the
 * OID, or 0.
 */
Oid lo_create(PGconn *conn, Oid lobjId);

/**
 * The position of a descriptor, or -1.
 */
int lo_tell(PGconn *conn, int fd);

/**
 * The same for large objects of more than 2 GiB.
 */
int64_t lo_tell64(PGconn *conn, int fd);

/**
 * Cuts a large object off at this length, or lengthens it with zeros. Returns 0, or -1.
 */
int lo_truncate(PGconn *conn, int fd, size_t len);

/**
 * The same for large objects of more than 2 GiB.
 */
int lo_truncate64(PGconn *conn, int fd, int64_t len);

/**
 * Deletes a large object. Returns 1, or -1.
 */
int lo_unlink(PGconn *conn, Oid lobjId);

/**
 * Makes a large object from a file of the client's. Returns its OID, or 0.
 */
Oid lo_import(PGconn *conn, const char *filename);

/**
 * The same with this OID, or with one that the server chooses for 0.
 */
Oid lo_import_with_oid(PGconn *conn, const char *filename, Oid lobjId);

/**
 * Writes a large object to a file of the client's. Returns 1, or -1.
 */
int lo_export(PGconn *conn, Oid lobjId, const char *filename);

/**
 * Frees memory that a function of this library has allocated for the caller. NULL does nothing.
 *
 * The same as `free`, for programs whose C library is not the one that this library uses.
 *
 * Manual: "Miscellaneous Functions", `PQfreemem`.
 */
void PQfreemem(void *ptr);

/**
 * Sets who gets notices as results, and returns who did so before. With NULL for `proc` nothing is
 * set. NULL for a NULL connection.
 *
 * Results keep the receiver that was set when they were made.
 *
 * Manual: "Notice Processing".
 */
PQnoticeReceiver PQsetNoticeReceiver(PGconn *conn, PQnoticeReceiver proc, void *arg);

/**
 * Sets who gets notices as text, and returns who did so before. With NULL for `proc` nothing is
 * set. NULL for a NULL connection.
 *
 * Results keep the processor that was set when they were made.
 *
 * Manual: "Notice Processing".
 */
PQnoticeProcessor PQsetNoticeProcessor(PGconn *conn, PQnoticeProcessor proc, void *arg);

/**
 * The MD5 form of a password. Deprecated: PQencryptPasswordConn makes better ones.
 *
 * To be freed with PQfreemem; NULL where there is no memory or an argument is NULL.
 */
char *PQencryptPassword(const char *passwd, const char *user);

/**
 * A password in the form in which the server stores it, so that the password itself need not be
 * sent. `algorithm` is `scram-sha-256` or `md5`; for NULL the server is asked which it prefers.
 *
 * To be freed with PQfreemem. NULL on failure; the connection has the message then.
 */
char *PQencryptPasswordConn(PGconn *conn,
                            const char *passwd,
                            const char *user,
                            const char *algorithm);

/**
 * Changes a user's password, sending only the form in which the server stores it. Returns the
 * result of the ALTER USER, to be cleared with PQclear; NULL as PQexec does.
 */
PGresult *PQchangePassword(PGconn *conn, const char *user, const char *passwd);

/**
 * Whether the server of a connection string accepts connections. User, password and database need
 * not be right.
 */
PGPing PQping(const char *conninfo);

/**
 * The same with options in two arrays, as PQconnectdbParams has them.
 */
PGPing PQpingParams(const char *const *keywords, const char *const *values, int expand_dbname);

/**
 * Enters pipeline mode. Refused while the connection is not idle; nothing is sent.
 */
int PQenterPipelineMode(PGconn *conn);

/**
 * Leaves pipeline mode. Refused while results are still to be fetched.
 */
int PQexitPipelineMode(PGconn *conn);

/**
 * Marks a synchronisation point and sends everything that is queued. Its own result has the
 * status PGRES_PIPELINE_SYNC.
 */
int PQpipelineSync(PGconn *conn);

/**
 * As PQpipelineSync, but what is queued is sent only once there is much of it; PQflush sends it.
 */
int PQsendPipelineSync(PGconn *conn);

/**
 * Asks the server to send the results it has without waiting for a synchronisation point. The
 * request is queued; PQflush sends it.
 */
int PQsendFlushRequest(PGconn *conn);

/**
 * Prints a result as a table.
 */
void PQprint(FILE *fout, const PGresult *res, const PQprintOpt *po);

/**
 * Prints a result as a table of fields with a separator behind each; NULL stands for a blank as the
 * separator, for standard output as the stream, and for a result that is empty. `fillAlign` pads
 * the fields to equal width, `printHeader` adds the columns' names, and without `quiet` the number
 * of rows follows.
 */
void PQdisplayTuples(const PGresult *res,
                     FILE *fp,
                     int fillAlign,
                     const char *fieldSep,
                     int printHeader,
                     int quiet);

/**
 * Prints a result as a table, with the columns' names for `printAttName`, without lines for
 * `terseOutput`, and with columns of at least `colWidth` characters.
 */
void PQprintTuples(const PGresult *res,
                   FILE *fout,
                   int printAttName,
                   int terseOutput,
                   int colWidth);

/**
 * Closes the connection and connects anew with the same options, waiting until that has succeeded
 * or failed; PQstatus tells. NULL does nothing.
 */
void PQreset(PGconn *conn);

/**
 * Closes the connection and begins to connect anew with the same options; PQresetPoll goes on, as
 * PQconnectPoll does after PQconnectStart. Returns 1, or 0 when it has failed or for NULL.
 */
int PQresetStart(PGconn *conn);

/**
 * As PQconnectPoll, for a connection that PQresetStart has begun to reset.
 */
PostgresPollingStatusType PQresetPoll(PGconn *conn);

/**
 * The status of a result; PGRES_FATAL_ERROR for NULL.
 */
ExecStatusType PQresultStatus(const PGresult *res);

/**
 * The number of rows; 0 for NULL.
 */
int PQntuples(const PGresult *res);

/**
 * The number of columns; 0 for NULL.
 */
int PQnfields(const PGresult *res);

/**
 * A value: text with a NUL behind it, or as many bytes as PQgetlength tells.
 *
 * An empty string for NULL values; NULL where there is no such row or column, or no result. Valid
 * until the result is cleared; must not be written to.
 */
char *PQgetvalue(const PGresult *res, int tup_num, int field_num);

/**
 * The length of a value in bytes; 0 for NULL values and where there is no such row or column.
 */
int PQgetlength(const PGresult *res, int tup_num, int field_num);

/**
 * 1 for a NULL value and where there is no such row or column, else 0.
 */
int PQgetisnull(const PGresult *res, int tup_num, int field_num);

/**
 * The number of parameters of a prepared statement, in the answer to PQdescribePrepared; else 0.
 */
int PQnparams(const PGresult *res);

/**
 * The type of a parameter of a prepared statement, in the answer to PQdescribePrepared.
 *
 * 0 where there is no such parameter.
 */
Oid PQparamtype(const PGresult *res, int param_num);

/**
 * Frees a result and all that belongs to it, after telling its event procedures. NULL does
 * nothing.
 *
 * Results live independently of their connection: clearing them is the program's duty even when
 * the connection has been finished.
 */
void PQclear(PGresult *res);

/**
 * A result without rows and columns, to be cleared with PQclear; NULL where there is no memory.
 *
 * With a connection, the result takes over its notice receiver and event procedures, and for the
 * statuses of errors its message. A number that is no status stands for PGRES_FATAL_ERROR.
 */
PGresult *PQmakeEmptyPGresult(PGconn *conn, ExecStatusType status);

/**
 * A copy of a result, with status PGRES_TUPLES_OK and the command tag; `flags` tell what else is
 * copied (PG_COPYRES_ATTRS, PG_COPYRES_TUPLES, PG_COPYRES_EVENTS, PG_COPYRES_NOTICEHOOKS).
 *
 * To be cleared with PQclear; NULL for NULL and where there is no memory.
 */
PGresult *PQcopyResult(const PGresult *src, int flags);

/**
 * Gives columns to a result that has none; their descriptions are copied. Returns 1, or 0 when the
 * result has columns or rows already or is NULL.
 */
int PQsetResultAttrs(PGresult *res, int numAttributes, PGresAttDesc *attDescs);

/**
 * Sets a value of a row, or of a new row behind the last one. The value is copied; it is NULL where
 * `value` is NULL or `len` is -1. Returns 1, or 0 when there is no such row or column.
 */
int PQsetvalue(PGresult *res, int tup_num, int field_num, char *value, int len);

/**
 * Memory that is freed along with a result, aligned for any value; NULL where there is none.
 */
void *PQresultAlloc(PGresult *res, size_t nBytes);

/**
 * 1 when all columns are binary, or when the data of a COPY is; else 0.
 */
int PQbinaryTuples(const PGresult *res);

/**
 * The name of a column; NULL where there is no such column, and for those of a copy.
 */
char *PQfname(const PGresult *res, int field_num);

/**
 * The number of the column with this name; -1 where there is none.
 *
 * The name is read as SQL reads an identifier: in lower case, except between double quotes.
 */
int PQfnumber(const PGresult *res, const char *field_name);

/**
 * The table that a column comes from; 0 where it comes from none or there is no such column.
 */
Oid PQftable(const PGresult *res, int field_num);

/**
 * The number of a column in its table, the first being 1; 0 where PQftable gives 0.
 */
int PQftablecol(const PGresult *res, int field_num);

/**
 * The format of a column's values: 0 for text, 1 for binary. 0 where there is no such column.
 */
int PQfformat(const PGresult *res, int field_num);

/**
 * The type of a column; 0 where there is no such column.
 */
Oid PQftype(const PGresult *res, int field_num);

/**
 * The bytes that the server stores a value of the column in; negative for variable length, 0 where
 * there is no such column.
 */
int PQfsize(const PGresult *res, int field_num);

/**
 * The type modifier of a column, such as a length or precision; -1 for none, 0 where there is no
 * such column.
 */
int PQfmod(const PGresult *res, int field_num);

/**
 * The message of the error, its newline included; empty where there is none.
 */
char *PQresultErrorMessage(const PGresult *res);

/**
 * The message of the error made anew, with another verbosity.
 *
 * To be freed with PQfreemem; NULL where there is no memory.
 */
char *PQresultVerboseErrorMessage(const PGresult *res,
                                  PGVerbosity verbosity,
                                  PGContextVisibility show_context);

/**
 * One field of the error, by one of the PG_DIAG_ codes; NULL where the error does not have it.
 */
char *PQresultErrorField(const PGresult *res, int fieldcode);

/**
 * The name of a status, such as `PGRES_TUPLES_OK`; `invalid ExecStatusType code` for a number that
 * is none.
 */
char *PQresStatus(ExecStatusType status);

/**
 * The command tag, such as `INSERT 0 1`; empty where there is none. NULL for NULL.
 */
char *PQcmdStatus(PGresult *res);

/**
 * The number of rows that the command affected or returned, as digits; empty for commands that
 * have none.
 */
char *PQcmdTuples(PGresult *res);

/**
 * The OID of the row that an INSERT made, as digits; `0` where it made none or several, and empty
 * for other commands.
 *
 * Deprecated in favour of PQoidValue.
 */
char *PQoidStatus(const PGresult *res);

/**
 * The OID of the row that an INSERT made; 0 where it made none or several, and for other commands.
 */
Oid PQoidValue(const PGresult *res);

/**
 * The bytes of memory in use for a result; 0 for NULL.
 */
size_t PQresultMemorySize(const PGresult *res);

/**
 * 1 when the connection is encrypted with TLS, or was when it was refused; else 0.
 */
int PQsslInUse(PGconn *conn);

/**
 * A fact about the connection's TLS: `library`, `key_bits`, `cipher`, `compression`, `protocol` or
 * `alpn`. NULL where the connection does not use TLS or the fact is not known. For a NULL
 * connection, `library` tells what connections would use.
 */
const char *PQsslAttribute(PGconn *conn, const char *attribute_name);

/**
 * The names that PQsslAttribute knows for a connection, ending in NULL: none where it does not use
 * TLS. For a NULL connection, those of connections that do.
 */
const char *const *PQsslAttributeNames(PGconn *conn);

/**
 * The TLS library's own object behind a connection: for `OpenSSL`, its `SSL *`. NULL where the
 * connection does not use TLS or this build has no access to the object.
 */
void *PQsslStruct(PGconn *conn, const char *struct_name);

/**
 * PQsslStruct(conn, "OpenSSL"), which is to be preferred.
 */
void *PQgetssl(PGconn *conn);

/**
 * Not needed: OpenSSL initialises itself. With an argument that is not 0 it is loaded now, and not
 * when a connection uses it first: for programs that could not load it later, having changed their
 * root directory.
 */
void PQinitSSL(int do_init);

/**
 * Not needed, as PQinitSSL; OpenSSL is loaded now where one of the arguments is not 0.
 */
void PQinitOpenSSL(int do_ssl, int do_crypto);

/**
 * 1 when the connection is encrypted with GSSAPI, else 0.
 */
int PQgssEncInUse(PGconn *conn);

/**
 * The GSSAPI context (`gss_ctx_id_t`) of a connection that is encrypted or was authenticated with
 * GSSAPI; else NULL. It belongs to the connection.
 */
void *PQgetgssctx(PGconn *conn);

/**
 * Sets the lock to use, NULL for the library's own, and returns the former one.
 */
pgthreadlock_t PQregisterThreadLock(pgthreadlock_t newhandler);

/**
 * The lock in force: the library's own where the program has set none.
 */
pgthreadlock_t PQgetThreadLock(void);

/**
 * Traces the messages between client and server to a stream, which is to stay open until
 * PQuntrace or PQfinish. NULL for the stream ends a trace.
 *
 * Lines have the time, `F` for a message of ours or `B` for one of the server's, its length, its
 * name and its contents, passwords and data included, with tabs between.
 */
void PQtrace(PGconn *conn, FILE *debug_port);

/**
 * Ends a trace and flushes its stream.
 */
void PQuntrace(PGconn *conn);

/**
 * Sets what the lines of a trace leave out: PQTRACE_SUPPRESS_TIMESTAMPS, PQTRACE_REGRESS_MODE or
 * both. To be called after PQtrace; without a trace it does nothing.
 */
void PQsetTraceFlags(PGconn *conn, int flags);

/**
 * The version of libpq whose interface this library has, such as 180000. See ferropq_version for
 * its own.
 */
int PQlibVersion(void);

/**
 * 1: the library may be used by several threads, each connection by one at a time.
 */
int PQisthreadsafe(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LIBPQ_FE_H */

/* PQsetdbLogin without user and password. */
#define PQsetdb(host, port, options, tty, dbname) \
    PQsetdbLogin(host, port, options, tty, dbname, NULL, NULL)

/* How a failure for want of a password begins; PQconnectionNeedsPassword is to be preferred. */
#define PQnoPasswordSupplied "fe_sendauth: no password supplied\n"
