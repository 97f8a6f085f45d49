<?php
// PHP's pgsql extension at work; prints what must be the same on every libpq.
error_reporting(E_ALL);
ini_set('html_errors', '0');
set_time_limit(60);
set_error_handler(function ($level, $text) {
    echo "warned: $text\n";
    return true;
});
function show(...$values)
{
    echo json_encode($values, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

$conn = pg_connect('');
show(pg_dbname($conn), pg_host($conn), pg_parameter_status($conn, 'server_encoding'), pg_client_encoding($conn), pg_connection_status($conn));

echo "-- types\n";
$res = pg_query_params($conn, 'SELECT $1::int AS a, $2::text AS b, $3::bytea AS c, NULL AS d', [42, 'tëxt', '\x00ff']);
show(pg_fetch_assoc($res), pg_field_name($res, 1), pg_field_type($res, 0), pg_field_size($res, 0), pg_field_is_null($res, 0, 'd'), pg_field_prtlen($res, 0, 1));
show(pg_escape_string($conn, "it's \\"), pg_escape_literal($conn, "it's \\"), pg_escape_identifier($conn, 'a"b'), pg_escape_bytea($conn, "\x00\xff"), bin2hex(pg_unescape_bytea('\x00ff')));
show(pg_fetch_all(pg_query($conn, 'SELECT i, i * 2 AS j FROM generate_series(1, 3) i')));

echo "-- prepared\n";
pg_query($conn, 'CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE)');
pg_prepare($conn, 'add', 'INSERT INTO items (name) VALUES ($1) RETURNING id');
$sum = 0;
for ($n = 1; $n <= 200; $n++) {
    $sum += (int) pg_fetch_result(pg_execute($conn, 'add', ["n$n"]), 0, 0);
}
show($sum, pg_affected_rows(pg_query($conn, 'UPDATE items SET name = name WHERE id < 50')));
show(@pg_execute($conn, 'add', ['n1']), pg_last_error($conn));
show(pg_insert($conn, 'items', ['name' => "inser'ted"]) !== false, pg_select($conn, 'items', ['name' => "inser'ted"]));
show(pg_meta_data($conn, 'items')['name']);

echo "-- copy\n";
pg_query($conn, 'CREATE TABLE copied (a int, b text)');
show(pg_copy_from($conn, 'copied', array_map(fn ($n) => "$n\tünï $n\n", range(1, 5000))));
show(count(pg_copy_to($conn, 'copied')), pg_copy_to($conn, 'copied')[4999]);
pg_query($conn, 'COPY copied FROM STDIN');
show(pg_put_line($conn, "1\tx\n"), pg_put_line($conn, "\\.\n"), pg_end_copy($conn));
show(pg_copy_from($conn, 'copied', ["x\ty\n"]), pg_last_error($conn));

echo "-- errors\n";
show(pg_query($conn, "SELECT 'ünï', nothing"));
pg_send_query($conn, 'SELECT 1/0');
$res = pg_get_result($conn);
show(pg_result_status($res), pg_result_error($res), pg_result_error_field($res, PGSQL_DIAG_SQLSTATE), pg_result_error_field($res, PGSQL_DIAG_MESSAGE_PRIMARY));
pg_get_result($conn);
show(pg_set_error_verbosity($conn, PGSQL_ERRORS_VERBOSE));
show(pg_query($conn, 'SELECT 1/0'));
pg_set_error_verbosity($conn, PGSQL_ERRORS_DEFAULT);
pg_query($conn, "DO $$ BEGIN RAISE NOTICE 'nöted'; RAISE WARNING 'w' USING HINT = 'h'; END $$");
show(pg_last_notice($conn, PGSQL_NOTICE_ALL));
foreach (['dbname=nowhere', 'port=1', 'bogus=1'] as $bad) {
    show(pg_connect($bad));
}

echo "-- transactions\n";
pg_query($conn, 'BEGIN');
show(pg_transaction_status($conn));
pg_query($conn, 'DELETE FROM items');
show(@pg_query($conn, 'SELECT 1/0'), pg_transaction_status($conn));
pg_query($conn, 'ROLLBACK');
show(pg_fetch_result(pg_query($conn, 'SELECT count(*) FROM items'), 0, 0));

echo "-- asynchronous\n";
show(pg_send_query($conn, 'SELECT 1 AS a; SELECT 2 AS b; SELECT pg_sleep(0.2)'));
while ($res = pg_get_result($conn)) {
    show(pg_num_rows($res), pg_field_name($res, 0));
}
show(pg_send_query_params($conn, 'SELECT $1::text', [str_repeat('x', 2000000)]));
while (pg_connection_busy($conn)) {
    usleep(1000);
}
show(strlen(pg_fetch_result(pg_get_result($conn), 0, 0)), pg_get_result($conn));
pg_send_query($conn, 'SELECT pg_sleep(20)');
usleep(300000);
show(pg_cancel_query($conn));
$async = pg_connect('', PGSQL_CONNECT_ASYNC | PGSQL_CONNECT_FORCE_NEW);
while (($state = pg_connect_poll($async)) !== PGSQL_POLLING_OK) {
    $socket = [pg_socket($async)];
    $none = null;
    if ($state === PGSQL_POLLING_FAILED) {
        break;
    }
    $state === PGSQL_POLLING_READING ? stream_select($socket, $none, $none, 5) : stream_select($none, $socket, $none, 5);
}
show($state, pg_fetch_result(pg_query($async, 'SELECT 1'), 0, 0));

echo "-- notifications\n";
pg_query($conn, 'LISTEN news');
pg_query($async, "NOTIFY news, 'påyload'");
for ($i = 0; $i < 100 && !($notify = pg_get_notify($conn)); $i++) {
    usleep(50000);
}
show($notify['message'], $notify['payload'], $notify['pid'] === pg_get_pid($async));

echo "-- large objects\n";
pg_query($conn, 'BEGIN');
$oid = pg_lo_create($conn);
$lo = pg_lo_open($conn, $oid, 'w+');
show(pg_lo_write($lo, str_repeat('0123456789', 1000)), pg_lo_tell($lo), pg_lo_seek($lo, 5), pg_lo_read($lo, 7), pg_lo_truncate($lo, 50), pg_lo_close($lo), pg_lo_unlink($conn, $oid));
pg_query($conn, 'COMMIT');

echo "-- end\n";
pg_trace('trace.txt', 'w', $conn);
pg_query($conn, 'SELECT 1');
pg_untrace($conn);
echo preg_replace('/^[\d :.-]+\t/m', '', file_get_contents('trace.txt'));
show(pg_ping($conn), pg_connection_reset($conn), pg_fetch_result(pg_query($conn, 'SELECT 3'), 0, 0));
pg_query($async, 'SELECT pg_terminate_backend(' . pg_get_pid($conn) . ')');
usleep(200000);
show(pg_query($conn, 'SELECT 1'), pg_connection_status($conn));
show(pg_close($async));
require __DIR__ . '/witness.php';
