<?php
// PHP's PDO over pdo_pgsql at work; prints what must be the same on every libpq.
set_time_limit(60);
function show(...$values)
{
    echo json_encode($values, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}
function failing(callable $what)
{
    try {
        $what();
        echo "no error\n";
    } catch (PDOException $error) {
        show($error->getCode(), $error->getMessage(), $error->errorInfo);
    }
}
$dsn = 'pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE');
$user = getenv('PGUSER');
$password = getenv('PGPASSWORD');
$db = new PDO($dsn, $user, $password, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
show($db->getAttribute(PDO::ATTR_CONNECTION_STATUS), $db->getAttribute(PDO::ATTR_DRIVER_NAME));

foreach ([false, true] as $emulated) {
    $db->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulated);
    $statement = $db->prepare('SELECT :a::int AS a, :b::text AS b, :c::bool AS c, NULL AS d');
    $statement->execute(['a' => 42, 'b' => "të'xt\\", 'c' => 'true']);
    show($statement->fetch(PDO::FETCH_ASSOC), $statement->getColumnMeta(0)['native_type'], $statement->columnCount());
}
$db->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
show($db->quote("it's \\"), $db->query('SELECT 1.5::float8, 2::int8, true')->fetch(PDO::FETCH_NUM));

$db->exec('CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE, body bytea)');
$add = $db->prepare('INSERT INTO items (name, body) VALUES (?, ?)');
for ($n = 1; $n <= 100; $n++) {
    $body = "\x00\xff$n";
    $add->bindValue(1, "n$n");
    $add->bindValue(2, $body, PDO::PARAM_LOB);
    $add->execute();
}
show($db->lastInsertId('items_id_seq'), $add->rowCount());
show(bin2hex(stream_get_contents($db->query('SELECT body FROM items WHERE id = 7')->fetchColumn())));
failing(fn () => $add->execute(['n1', '']));
failing(fn () => $db->query("SELECT 'ünï', nothing"));
failing(fn () => $db->query('SELECT 1/0'));
failing(fn () => new PDO('pgsql:dbname=nowhere', $user, $password));
failing(fn () => new PDO('pgsql:port=1', $user, $password));

$db->beginTransaction();
show($db->exec('DELETE FROM items'), $db->inTransaction());
$db->rollBack();
show($db->query('SELECT count(*) FROM items')->fetchColumn());

$cursor = $db->prepare('SELECT id FROM items ORDER BY id', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$db->beginTransaction();
$cursor->execute();
show($cursor->fetch(PDO::FETCH_NUM), $cursor->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST), $cursor->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_ABS, 3));
$cursor = null;
$db->commit();

$db->exec('CREATE TABLE copied (a int, b text)');
show($db->pgsqlCopyFromArray('copied', array_map(fn ($n) => "$n\tünï", range(1, 1000))), count($db->pgsqlCopyToArray('copied')));
failing(fn () => $db->pgsqlCopyFromArray('copied', ["x\ty"]));
$db->exec('LISTEN news');
$db->exec("NOTIFY news, 'påyload'");
$notify = $db->pgsqlGetNotify(PDO::FETCH_ASSOC, 5000);
show($notify['message'], $notify['payload'], $notify['pid'] === $db->pgsqlGetPid());

$db->beginTransaction();
$oid = $db->pgsqlLOBCreate();
$stream = $db->pgsqlLOBOpen($oid, 'w');
show(fwrite($stream, str_repeat('0123456789', 1000)));
$stream = null;
show(strlen(stream_get_contents($db->pgsqlLOBOpen($oid, 'r'))), $db->pgsqlLOBUnlink($oid));
$db->commit();

$other = new PDO($dsn, $user, $password);
$other->query('SELECT pg_terminate_backend(' . $db->pgsqlGetPid() . ')');
usleep(200000);
failing(fn () => $db->query('SELECT 1'));
require __DIR__ . '/witness.php';
