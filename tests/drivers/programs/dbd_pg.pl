# DBD::Pg at work; prints what must be the same on every libpq.
use strict;
use warnings;
use DBI qw(:sql_types);
use DBD::Pg qw(:pg_types :async);

$| = 1;
alarm 60;
binmode STDOUT, ':utf8';
my $dbh = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1, PrintError => 0, AutoCommit => 1, pg_enable_utf8 => 1 });

sub failing {
    my ($what) = @_;
    eval { $what->(); 1 } and do { print "no error\n"; return };
    my $message = $@;
    $message =~ s/ at \S+ line \d+\.?\n?//g;
    printf "%s: %s\n", ($DBI::state // ''), $message;
}
sub row { print join(' | ', map { !defined $_ ? 'NULL' : ref $_ ? '[' . join(',', map { $_ // 'NULL' } @$_) . ']' : $_ } @_), "\n" }

print "-- types\n";
row($dbh->selectrow_array(q{SELECT ?::int, ?::text, ?::numeric, ?::bool, ?::text, ARRAY[1,NULL,3]}, undef, 42, "t\x{eb}xt", '12.50', 1, undef));
my $sth = $dbh->prepare('SELECT ?::bytea AS b, length(?::bytea)');
$sth->bind_param(1, "\x00\xff'\\", { pg_type => PG_BYTEA });
$sth->bind_param(2, "\x00\x01", { pg_type => PG_BYTEA });
$sth->execute;
my ($bytes, $length) = $sth->fetchrow_array;
row(unpack('H*', $bytes), $length, $sth->{NAME}[0], $sth->{TYPE}[0], $sth->{PRECISION}[0]);
row($dbh->quote("it's \\"), $dbh->quote_identifier('a"b'), $dbh->quote("\x00\xff", { pg_type => PG_BYTEA }));
row($dbh->{pg_db}, $dbh->{pg_user}, $dbh->{pg_host}, $dbh->{pg_protocol}, $dbh->{pg_standard_conforming_strings});
row(map { $_->[2] } @{ $dbh->table_info(undef, 'pg_catalog', 'pg_class', 'SYSTEM TABLE')->fetchall_arrayref });

print "-- prepared\n";
$dbh->do('CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE, v bytea)');
$sth = $dbh->prepare('INSERT INTO items (name) VALUES (?) RETURNING id');
my $sum = 0;
for my $n (1 .. 200) { $sth->execute("n$n"); $sum += $sth->fetchrow_arrayref->[0] }
row($sum, $sth->{NUM_OF_PARAMS}, $dbh->last_insert_id(undef, undef, 'items', undef));
$sth = $dbh->prepare('INSERT INTO items (name) VALUES (?)');
row($sth->execute_array({ ArrayTupleStatus => \my @status }, [map { "m$_" } 1 .. 50]));
failing(sub { $sth->execute('n1') });
row($dbh->selectrow_array('SELECT count(*), max(name) FROM items'));

print "-- transactions\n";
$dbh->begin_work;
$dbh->do('DELETE FROM items');
$dbh->pg_savepoint('s');
failing(sub { $dbh->do('SELECT 1/0') });
$dbh->pg_rollback_to('s');
row($dbh->selectrow_array('SELECT count(*) FROM items'), $dbh->ping, $dbh->state);
$dbh->rollback;
row($dbh->selectrow_array('SELECT count(*) FROM items'));

print "-- copy\n";
$dbh->do('CREATE TABLE copied (a int, b text)');
$dbh->do('COPY copied FROM STDIN');
$dbh->pg_putcopydata("$_\trow $_\n") for 1 .. 20000;
$dbh->pg_putcopyend;
$dbh->do('COPY (SELECT * FROM copied ORDER BY a) TO STDOUT');
my ($line, $total) = ('', 0);
$total += length $line while $dbh->pg_getcopydata($line) >= 0;
row($total);
$dbh->do('COPY copied FROM STDIN');
failing(sub { $dbh->pg_putcopydata("x\ty\n"); $dbh->pg_putcopyend });
row($dbh->selectrow_array('SELECT count(*) FROM copied'));

print "-- errors\n";
failing(sub { $dbh->do("SELECT 'x', nothing") });
failing(sub { $dbh->do('SELECT 1/0') });
row($dbh->pg_error_field('severity'), $dbh->pg_error_field('sqlstate'), $dbh->pg_error_field('message_primary'));
{
    local $SIG{__WARN__} = sub { my ($text) = @_; $text =~ s/ at \S+ line \d+\.?//g; print "warned: $text" };
    $dbh->do(q{DO $$ BEGIN RAISE NOTICE 'noted'; RAISE WARNING 'w' USING HINT = 'h'; END $$});
}
for my $dsn ('dbi:Pg:dbname=nowhere', 'dbi:Pg:port=1', 'dbi:Pg:bogus=1') {
    failing(sub { DBI->connect($dsn, '', '', { RaiseError => 1, PrintError => 0 }) });
}
$dbh->{pg_errorlevel} = 2;
failing(sub { $dbh->do('SELECT 1/0') });
$dbh->{pg_errorlevel} = 1;

print "-- notifications\n";
my $other = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1 });
$dbh->do('LISTEN news');
$other->do("SELECT pg_notify('news', 'payload')");
my $notify;
for (1 .. 100) { last if $notify = $dbh->pg_notifies; select undef, undef, undef, 0.05 }
row($notify->[0], $notify->[1] == $other->{pg_pid}, $notify->[2]);

print "-- asynchronous\n";
$dbh->do('SELECT pg_sleep(0.2), 7 AS seven', { pg_async => PG_ASYNC });
row($dbh->pg_ready);
row($dbh->pg_result);
$sth = $dbh->prepare('SELECT pg_sleep(20)', { pg_async => PG_ASYNC });
$sth->execute;
# A request that comes before the server has begun with the query cancels nothing.
my $sleeping = q{SELECT 1 FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'};
for (1 .. 200) { last if $other->selectrow_array($sleeping, undef, $dbh->{pg_pid}); select undef, undef, undef, 0.05 }
row($dbh->pg_cancel);
row($dbh->selectrow_array('SELECT 1'));

print "-- large objects\n";
$dbh->begin_work;
my $oid = $dbh->pg_lo_creat($dbh->{pg_INV_READ} | $dbh->{pg_INV_WRITE});
my $fd = $dbh->pg_lo_open($oid, $dbh->{pg_INV_READ} | $dbh->{pg_INV_WRITE});
row($dbh->pg_lo_write($fd, '0123456789' x 1000, 10000), $dbh->pg_lo_tell($fd), $dbh->pg_lo_lseek($fd, 5, 0));
my $buffer = '';
row($dbh->pg_lo_read($fd, $buffer, 7), $buffer);
row($dbh->pg_lo_truncate($fd, 50), $dbh->pg_lo_close($fd), $dbh->pg_lo_unlink($oid));
$dbh->commit;

print "-- fork and end\n";
$_->{AutoInactiveDestroy} = 1 for $dbh, $other;
my $child = fork // die;
if ($child == 0) { exit 0 }
waitpid $child, 0;
row($dbh->selectrow_array('SELECT 2'), $?);
$other->do("SELECT pg_terminate_backend($dbh->{pg_pid})");
select undef, undef, undef, 0.2;
failing(sub { $dbh->do('SELECT 1') });
row($dbh->ping);
$other->disconnect;
