# The query of `make demo`, asked from Ruby through Fiddle: no driver, only the C library.
#
#   FERROPQ_LIB=target/release/libferropq.so DATABASE_URL=... ruby examples/ruby/demo.rb

require "fiddle/import"

LIBRARY = ENV.fetch("FERROPQ_LIB", "target/release/libferropq.so")

# The functions of the C library that this program calls.
module PQ
  extend Fiddle::Importer
  dlload File.expand_path(LIBRARY)
  extern "const char *ferropq_version(void)"
  extern "int PQlibVersion(void)"
  extern "void *PQconnectdb(const char *)"
  extern "int PQstatus(void *)"
  extern "char *PQerrorMessage(void *)"
  extern "void PQfinish(void *)"
  extern "void *PQexecParams(void *, const char *, int, void *, void *, void *, void *, int)"
  extern "int PQresultStatus(void *)"
  extern "int PQntuples(void *)"
  extern "int PQnfields(void *)"
  extern "char *PQfname(void *, int)"
  extern "char *PQgetvalue(void *, int, int)"
  extern "int PQgetisnull(void *, int, int)"
  extern "void PQclear(void *)"
end

PLANETS = <<~SQL
  SELECT name, radius_km, orbit_days
    FROM (VALUES ('Mercury', 2440, 88.0), ('Venus', 6052, 224.7), ('Earth', 6371, 365.2),
                 ('Mars', 3390, 687.0), ('Jupiter', 69911, 4331), ('Saturn', 58232, 10747),
                 ('Uranus', 25362, 30589), ('Neptune', 24622, 59800))
         AS planet (name, radius_km, orbit_days)
   WHERE radius_km > $1
   ORDER BY radius_km DESC
SQL

SESSION = <<~SQL
  SELECT split_part(current_setting('server_version'), ' ', 1), current_user,
         coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'none')
SQL

CONNECTION_OK = 0
PGRES_TUPLES_OK = 2

# Column names and rows of a query; its parameters travel as text beside the SQL.
def query(conn, sql, *parameters)
  texts = parameters.map { |value| Fiddle::Pointer[value.to_s] }
  values = texts.empty? ? nil : texts.map(&:to_i).pack("J*")
  result = PQ.PQexecParams(conn, sql, parameters.size, nil, values, nil, nil, 0)
  abort PQ.PQerrorMessage(conn).to_s unless PQ.PQresultStatus(result) == PGRES_TUPLES_OK
  columns = 0...PQ.PQnfields(result)
  names = columns.map { |column| PQ.PQfname(result, column).to_s }
  rows = (0...PQ.PQntuples(result)).map do |row|
    columns.map do |column|
      PQ.PQgetvalue(result, row, column).to_s if PQ.PQgetisnull(result, row, column).zero?
    end
  end
  [names, rows]
ensure
  PQ.PQclear(result)
end

def print_table(names, rows)
  widths = [names, *rows].transpose.map { |column| column.map(&:size).max }
  puts "  " + names.zip(widths).map { |name, width| name.ljust(width) }.join("  ")
  puts "  " + widths.map { |width| "-" * width }.join("  ")
  rows.each do |first, *others|
    cells = others.zip(widths.drop(1)).map { |value, width| value.rjust(width) }
    puts "  " + [first.ljust(widths[0]), *cells].join("  ")
  end
end

conn = PQ.PQconnectdb(ENV.fetch("DATABASE_URL"))
begin
  abort PQ.PQerrorMessage(conn).to_s unless PQ.PQstatus(conn) == CONNECTION_OK
  puts "Ruby (Fiddle): ferropq #{PQ.ferropq_version}, interface level #{PQ.PQlibVersion}, from #{LIBRARY}"
  _, ((server, user, tls)) = query(conn, SESSION)
  puts "  PostgreSQL #{server} as #{user}, TLS: #{tls}", ""
  print_table(*query(conn, PLANETS, 6200))
ensure
  PQ.PQfinish(conn)
end
