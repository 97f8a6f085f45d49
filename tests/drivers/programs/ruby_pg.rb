# ruby-pg at work; prints what must be the same on every libpq.
require 'pg'
require 'timeout'

def failing
  yield
  puts 'no error'
rescue PG::Error => e
  state = e.respond_to?(:result) && e.result ? e.result.error_field(PG::PG_DIAG_SQLSTATE) : nil
  puts "#{e.class} #{state} #{e.message.strip}"
end

def types(conn)
  res = conn.exec_params('SELECT $1::int, $2::text, $3::bytea, $4::bool, $5::text',
                         [42, 'tëxt', { value: "\x00\xFF".b, format: 1 }, true, nil])
  p res.values, res.fields, res.ftype(0), res.fmod(1), res.fsize(0), res.cmd_tuples, res.cmd_status
  p res.getisnull(0, 4), res.getlength(0, 1), res.column_values(0)
  res = conn.exec_params('SELECT $1::int8, now() IS NOT NULL', [7], 1)
  p res.getvalue(0, 0), res.fformat(0)
  map = PG::BasicTypeMapForResults.new(conn)
  p conn.exec("SELECT 1, 1.5::float8, true, ARRAY[1,2], '2001-02-03'::date").map_types!(map).values
  p conn.escape_string("it's"), conn.escape_literal("it's \\"), conn.escape_identifier('a"b')
  p conn.escape_bytea("\x00\xFF".b), conn.unescape_bytea('\x00ff'), PG::Connection.quote_ident('a"b')
  p conn.internal_encoding, conn.get_client_encoding, conn.server_version / 10_000, conn.protocol_version
  p PG::Connection.conninfo_parse('host=a port=2').select { |o| o[:val] }.map { |o| [o[:keyword], o[:val]] }
  p PG.isthreadsafe, conn.db, conn.user, conn.host, conn.ssl_in_use?, conn.ssl_attribute('protocol')
end

def prepared(conn)
  conn.exec('CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE)')
  conn.prepare('add', 'INSERT INTO items (name) VALUES ($1) RETURNING id')
  p((1..200).sum { |n| conn.exec_prepared('add', ["n#{n}"])[0]['id'].to_i })
  p conn.describe_prepared('add').nparams, conn.describe_prepared('add').paramtype(0)
  failing { conn.exec_prepared('add', ['n1']) }
  failing { conn.exec_prepared('absent') }
  conn.send_query('SELECT generate_series(1, 1000) AS n')
  conn.set_single_row_mode
  p(conn.get_result.stream_each.sum { |row| row['n'].to_i })
  conn.get_result
end

def copies(conn)
  conn.exec('CREATE TABLE copied (a int, b text)')
  res = conn.copy_data('COPY copied FROM STDIN') do
    20_000.times { |n| conn.put_copy_data("#{n}\tünï #{n}\n") }
  end
  p res.cmd_tuples
  total = 0
  conn.copy_data('COPY copied TO STDOUT') do
    while (row = conn.get_copy_data)
      total += row.bytesize
    end
  end
  p total
  failing { conn.copy_data('COPY copied FROM STDIN') { conn.put_copy_data("x\ty\n") } }
  begin
    conn.copy_data('COPY copied FROM STDIN') do
      conn.put_copy_data("1\tx\n")
      raise ArgumentError, 'abandoned'
    end
  rescue ArgumentError => e
    p e.message
  end
  p conn.transaction_status, conn.exec('SELECT count(*) FROM copied').getvalue(0, 0)
  conn.copy_data('COPY (SELECT * FROM copied ORDER BY a LIMIT 2) TO STDOUT', PG::TextDecoder::CopyRow.new) do
    while (row = conn.get_copy_data)
      p row
    end
  end
end

def errors(conn)
  failing { conn.exec("SELECT 'ünï', nothing") }
  failing { conn.exec('SELECT 1/0') }
  failing { conn.exec('SELECT 1; SELECT nothing') }
  failing { PG.connect(dbname: 'nowhere') }
  failing { PG.connect(port: 1) }
  failing { PG.connect('bogus=1') }
  conn.set_notice_processor { |message| puts "notice: #{message}" }
  conn.exec("DO $$ BEGIN RAISE NOTICE 'nöted'; RAISE WARNING 'w' USING HINT = 'h'; END $$")
  conn.set_notice_receiver { |res| puts "received: #{res.error_field(PG::PG_DIAG_MESSAGE_PRIMARY)}" }
  conn.exec("DO $$ BEGIN RAISE NOTICE 'again'; END $$")
  p conn.set_error_verbosity(PG::PQERRORS_VERBOSE)
  failing { conn.exec('SELECT 1/0') }
  conn.set_error_verbosity(PG::PQERRORS_DEFAULT)
  begin
    conn.transaction { conn.exec('CREATE TABLE gone (i int)'); conn.exec('SELECT 1/0') }
  rescue PG::DivisionByZero
    p conn.exec("SELECT to_regclass('gone')").getvalue(0, 0)
  end
end

def pipeline(conn)
  conn.enter_pipeline_mode
  100.times { |n| conn.send_query_params('SELECT $1::int', [n]) }
  conn.pipeline_sync
  sum = 0
  100.times do
    sum += conn.get_result.getvalue(0, 0).to_i
    conn.get_result
  end
  p sum, conn.get_result.result_status == PG::PGRES_PIPELINE_SYNC
  conn.send_query_params('SELECT 1', [])
  conn.send_query_params('SELECT 1/0', [])
  conn.send_query_params('SELECT 2', [])
  conn.pipeline_sync
  statuses = []
  until (res = conn.get_result)&.result_status == PG::PGRES_PIPELINE_SYNC
    statuses << (res && res.res_status(res.result_status))
  end
  p statuses, conn.pipeline_status
  conn.exit_pipeline_mode
  p conn.pipeline_status
end

def asynchronous(conn)
  other = PG.connect
  conn.exec('LISTEN news')
  other.exec_params('SELECT pg_notify($1, $2)', ['news', 'påyload'])
  conn.wait_for_notify(10) { |channel, pid, payload| p channel, pid == other.backend_pid, payload }
  killer = Thread.new { sleep 0.3; conn.cancel }
  failing { conn.exec('SELECT pg_sleep(20)') }
  killer.join
  p((1..8).map { |n| Thread.new { PG.connect { |c| (1..50).sum { |m| c.exec_params('SELECT $1::int', [m * n]).getvalue(0, 0).to_i } } } }.map(&:value))
  started = PG::Connection.connect_start(host: ENV['PGHOST'])
  loop do
    case started.connect_poll
    when PG::PGRES_POLLING_OK then break
    when PG::PGRES_POLLING_READING then started.socket_io.wait_readable(10)
    when PG::PGRES_POLLING_WRITING then started.socket_io.wait_writable(10)
    else raise started.error_message
    end
  end
  p started.status, started.exec('SELECT 1').values
  started.reset
  p started.exec('SELECT 2').values
  conn.exec_params('SELECT pg_terminate_backend($1)', [started.backend_pid])
  sleep 0.2
  failing { started.exec('SELECT 1') }
  p started.status
  started.finish
  failing { started.exec('SELECT 1') }
  other.close
end

def large_objects(conn)
  conn.transaction do
    oid = conn.lo_creat
    fd = conn.lo_open(oid, PG::INV_READ | PG::INV_WRITE)
    p conn.lo_write(fd, '0123456789' * 1000), conn.lo_tell(fd), conn.lo_lseek(fd, 5, PG::SEEK_SET), conn.lo_read(fd, 7)
    conn.lo_truncate(fd, 50)
    p conn.lo_lseek(fd, 0, PG::SEEK_END)
    conn.lo_close(fd)
    conn.lo_unlink(oid)
  end
end

Timeout.timeout(60) do
  conn = PG.connect
  %i[types prepared copies errors pipeline large_objects asynchronous].each do |step|
    puts "-- #{step}"
    send(step, conn)
  end
  conn.trace(File.open('trace.txt', 'w'))
  conn.exec('SELECT 1')
  conn.untrace
  puts File.read('trace.txt').lines.map { |line| line.sub(/^[\d :.-]+\t/, '') }
  conn.close
end
