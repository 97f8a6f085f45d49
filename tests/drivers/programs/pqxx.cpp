// libpqxx at work; prints what must be the same on every libpq.
#include <iostream>
#include <pqxx/pqxx>
#include <string>
#include <unistd.h>

namespace {

template <typename Call> void failing(Call call)
{
    try {
        call();
        std::cout << "no error\n";
    } catch (const pqxx::sql_error &error) {
        std::cout << error.sqlstate() << ' ' << error.what();
        std::cout << " [" << error.query() << "]\n";
    } catch (const pqxx::failure &error) {
        std::cout << "failure " << error.what() << '\n';
    }
}

void types(pqxx::connection &conn)
{
    pqxx::work tx(conn);
    const pqxx::binarystring bytes(std::string("\x00\xff'\\", 4));
    const auto row = tx.exec_params1("SELECT $1::int, $2::text, $3::bytea, $4::float8, NULL", 42, "tëxt", bytes, 1.5);
    std::cout << row[0].as<int>() << ' ' << row[1].c_str() << ' ' << pqxx::binarystring(row[2]).size() << ' '
              << row[3].as<double>() << ' ' << row[4].is_null() << ' ' << row[1].type() << ' ' << row[0].name() << '\n';
    std::cout << tx.quote("it's \\") << ' ' << tx.quote_name("a\"b") << ' ' << tx.quote(bytes) << ' ' << tx.esc_like("a%_") << '\n';
    std::cout << conn.dbname() << ' ' << conn.username() << ' ' << conn.hostname() << ' ' << conn.protocol_version() << ' '
              << conn.get_client_encoding() << '\n';
}

void prepared(pqxx::connection &conn)
{
    conn.prepare("add", "INSERT INTO items (name) VALUES ($1) RETURNING id");
    pqxx::work tx(conn);
    tx.exec("CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE)");
    long sum = 0;
    for (int n = 0; n < 200; ++n)
        sum += tx.exec_prepared1("add", "n" + std::to_string(n))[0].as<long>();
    std::cout << "returned " << sum << '\n';
    pqxx::subtransaction inner(tx, "inner");
    inner.exec("SELECT 1");  // it begins with its first statement
    failing([&] { inner.exec_prepared("add", "n1"); });
    inner.abort();
    const auto result = tx.exec("UPDATE items SET name = name WHERE id < 10");
    std::cout << result.affected_rows() << ' ' << tx.exec("SELECT count(*) FROM items")[0][0].c_str() << '\n';
    tx.commit();
}

void copies(pqxx::connection &conn)
{
    pqxx::work tx(conn);
    tx.exec("CREATE TABLE copied (a int, b text)");
    {
        pqxx::stream_to stream(tx, "copied");
        for (int n = 0; n < 20000; ++n)
            stream << std::make_tuple(n, "ünï\t" + std::to_string(n));
        stream.complete();
    }
    long sum = 0;
    std::tuple<int, std::string> row;
    pqxx::stream_from stream(tx, "copied");
    while (stream >> row)
        sum += std::get<0>(row);
    stream.complete();
    std::cout << "copied " << sum << '\n';
    pqxx::icursorstream cursor(tx, "SELECT a FROM copied ORDER BY a", "cur", 1000);
    pqxx::result page;
    int pages = 0;
    while (cursor >> page)
        ++pages;
    std::cout << "pages " << pages << '\n';
    tx.commit();
}

void pipeline(pqxx::connection &conn)
{
    pqxx::nontransaction tx(conn);
    pqxx::pipeline pipe(tx);
    pipe.retain(20);
    std::vector<pqxx::pipeline::query_id> ids;
    for (int n = 0; n < 100; ++n)
        ids.push_back(pipe.insert("SELECT " + std::to_string(n)));
    long sum = 0;
    for (const auto id : ids)
        sum += pipe.retrieve(id)[0][0].as<long>();
    std::cout << "pipelined " << sum << '\n';
    pipe.insert("SELECT 1/0");
    failing([&] { pipe.retrieve(); });
}

void errors(pqxx::connection &conn)
{
    failing([&] { pqxx::work(conn).exec("SELECT 'ünï', nothing"); });
    failing([&] { pqxx::work(conn).exec("SELECT 1/0"); });
    failing([&] { pqxx::nontransaction(conn).exec("INSERT INTO items VALUES (1, 'again')"); });
    failing([&] { pqxx::work(conn).exec_params("SELECT 1; SELECT $1::int", 1); });
    failing([&] { pqxx::connection("dbname=nowhere"); });
    failing([&] { pqxx::connection("port=1"); });
    failing([&] { pqxx::connection("bogus=1"); });
    struct printer : pqxx::errorhandler {
        using pqxx::errorhandler::errorhandler;
        bool operator()(const char text[]) noexcept override
        {
            std::cout << "notice: " << text;
            return true;
        }
    } handler(conn);
    pqxx::nontransaction(conn).exec("DO $$ BEGIN RAISE NOTICE 'nöted'; RAISE WARNING 'w' USING HINT = 'h'; END $$");
}

struct listener : pqxx::notification_receiver {
    using pqxx::notification_receiver::notification_receiver;
    void operator()(const std::string &payload, int pid) override
    {
        std::cout << "notified " << channel() << ' ' << payload << ' ' << (pid != conn().backendpid()) << '\n';
    }
};

void notifications(pqxx::connection &conn)
{
    listener news(conn, "news");
    pqxx::connection other;
    pqxx::nontransaction(other).exec("NOTIFY news, 'påyload'");
    std::cout << conn.await_notification(10, 0) << '\n';
    pqxx::nontransaction(other).exec("SELECT pg_terminate_backend(" + std::to_string(conn.backendpid()) + ")");
    usleep(200000);
    failing([&] { pqxx::nontransaction(conn).exec("SELECT 1"); });
}

void large_objects(pqxx::connection &conn)
{
    pqxx::work tx(conn);
    pqxx::largeobject made(tx);
    {
        pqxx::lostream out(tx, made);
        for (int n = 0; n < 10000; ++n)
            out << "0123456789";
    }
    pqxx::largeobjectaccess access(tx, made);
    char buffer[8] = {};
    access.seek(5, std::ios::beg);
    std::cout << access.read(buffer, 7) << ' ' << buffer << ' ' << access.seek(0, std::ios::end) << '\n';
    access.remove(tx);
    tx.commit();
}

} // namespace

int main()
{
    alarm(60);
    std::cout << std::unitbuf;
    pqxx::connection conn;
    types(conn);
    prepared(conn);
    copies(conn);
    pipeline(conn);
    errors(conn);
    large_objects(conn);
    notifications(conn);
}
