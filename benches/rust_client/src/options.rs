//! What a case is told on the command line.

/// The settings of a case; see the README of the benchmarks.
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: String,
    /// What a large result has.
    pub(crate) rows: u64,
    pub(crate) columns: u64,
    pub(crate) width: u64,
    /// How often the measured section does its work, and how often the same is done before it.
    pub(crate) repeat: u64,
    pub(crate) warm: u64,
    /// Whether every value is read.
    pub(crate) read: u64,
}

impl Options {
    /// Reads `key=value` words.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut options = Self {
            host: String::new(),
            port: String::new(),
            rows: 1,
            columns: 1,
            width: 8,
            repeat: 1,
            warm: 0,
            read: 0,
        };
        for word in words {
            options
                .set(word)
                .ok_or_else(|| format!("unknown option: {word}"))?;
        }
        Ok(options)
    }

    fn set(&mut self, word: &str) -> Option<()> {
        let (key, value) = word.split_once('=')?;
        let number = match key {
            "host" => {
                self.host = value.to_owned();
                return Some(());
            }
            "port" => {
                self.port = value.to_owned();
                return Some(());
            }
            "rows" => &mut self.rows,
            "columns" => &mut self.columns,
            "width" => &mut self.width,
            "repeat" => &mut self.repeat,
            "warm" => &mut self.warm,
            "read" => &mut self.read,
            _ => return None,
        };
        *number = value.parse().ok()?;
        Some(())
    }

    /// What both libraries connect with.
    pub(crate) fn conninfo(&self) -> String {
        let (host, port) = (&self.host, &self.port);
        format!("host={host} port={port} user=trusted dbname=bench sslmode=disable")
    }

    /// The text that asks for a large result.
    pub(crate) fn rows_sql(&self) -> String {
        format!("rows {} {} {}", self.rows, self.columns, self.width)
    }
}
