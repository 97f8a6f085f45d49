//! The query of `make demo`, asked from Rust: the planets larger than a given radius.

use ferropq::Client;
use std::env;
use std::error::Error;

const PLANETS: &str = "
    SELECT name, radius_km, orbit_days::float8
      FROM (VALUES ('Mercury', 2440, 88.0), ('Venus', 6052, 224.7), ('Earth', 6371, 365.2),
                   ('Mars', 3390, 687.0), ('Jupiter', 69911, 4331), ('Saturn', 58232, 10747),
                   ('Uranus', 25362, 30589), ('Neptune', 24622, 59800))
           AS planet (name, radius_km, orbit_days)
     WHERE radius_km > $1
     ORDER BY radius_km DESC";

const SESSION: &str = "
    SELECT split_part(current_setting('server_version'), ' ', 1) AS server, current_user AS role,
           coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'none')
               AS tls";

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("DATABASE_URL").map_err(|_| "set DATABASE_URL")?;
    let mut client = Client::connect(&url)?;

    println!("Rust: ferropq {}", env!("CARGO_PKG_VERSION"));
    let session = client.query_one(SESSION, &[])?;
    let server: String = session.get("server");
    let role: String = session.get("role");
    let tls: String = session.get("tls");
    println!("  PostgreSQL {server} as {role}, TLS: {tls}\n");

    println!("  {:<7}  {:>9}  {:>10}", "name", "radius_km", "orbit_days");
    println!("  {:-<7}  {:-<9}  {:-<10}", "", "", "");
    for row in &client.query(PLANETS, &[&6200i32])? {
        let name: &str = row.get("name");
        let radius: i32 = row.get("radius_km");
        let orbit: f64 = row.get("orbit_days");
        println!("  {name:<7}  {radius:>9}  {orbit:>10}");
    }
    Ok(())
}
