//! What the command line and the environment ask for.

use std::env;
use std::time::Duration;

use crate::case::{Area, Case};

/// Options of Rust's test harness whose value is an argument of its own.
const WITH_VALUE: [&str; 7] = [
    "--skip",
    "--test-threads",
    "--format",
    "--color",
    "--logfile",
    "--shuffle-seed",
    "-Z",
];

/// Which cases to run, and how.
pub(crate) struct Wishes {
    filters: Vec<String>,
    skipped: Vec<String>,
    areas: Option<Vec<String>>,
    exact: bool,
    none: bool,
    /// Only print the names.
    pub(crate) list: bool,
    /// Print what ours answered.
    pub(crate) transcript: bool,
    /// A symbol that ours lacks is a failure.
    pub(crate) strict: bool,
    /// How long a case may take.
    pub(crate) limit: Duration,
}

impl Wishes {
    /// Reads `FERROPQ_DIFF_*` and the arguments, as Rust's test harness understands them.
    pub(crate) fn read() -> Result<Self, String> {
        let set = |name: &str| env::var(name).ok();
        let areas = set("FERROPQ_DIFF_AREAS");
        let limit = set("FERROPQ_DIFF_LIMIT")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(30);
        let mut wishes = Self {
            filters: Vec::new(),
            skipped: Vec::new(),
            areas: areas.map(|areas| {
                areas
                    .split(',')
                    .map(|area| area.trim().to_lowercase())
                    .collect()
            }),
            exact: false,
            none: false,
            list: false,
            transcript: false,
            strict: set("FERROPQ_DIFF_STRICT").is_none_or(|value| value == "1"),
            limit: Duration::from_secs(limit),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => wishes.list = true,
                "--transcript" => wishes.transcript = true,
                "--exact" => wishes.exact = true,
                // No case is marked as ignored.
                "--ignored" => wishes.none = true,
                "--skip" => wishes.skipped.extend(arguments.next()),
                option if WITH_VALUE.contains(&option) => drop(arguments.next()),
                option if option.starts_with('-') => {}
                _ => wishes.filters.push(argument),
            }
        }
        wishes.check().map(|()| wishes)
    }

    /// Refuses areas that do not exist: a misspelt one would select nothing and pass.
    fn check(&self) -> Result<(), String> {
        let known: Vec<String> = Area::ALL.iter().map(|area| area.name()).collect();
        match self
            .areas
            .iter()
            .flatten()
            .find(|area| !known.contains(area))
        {
            Some(area) => Err(format!(
                "no area is called {area}; there are {}",
                known.join(", ")
            )),
            None => Ok(()),
        }
    }

    /// Whether all cases are asked for.
    pub(crate) fn want_all(&self) -> bool {
        let nothing_left_out = self.skipped.is_empty() && self.areas.is_none();
        nothing_left_out && self.filters.is_empty() && !self.none
    }

    /// Whether the case is among those asked for.
    pub(crate) fn want(&self, case: &Case) -> bool {
        let matches = |filter: &String| match self.exact {
            true => case.name == *filter,
            false => case.name.contains(filter.as_str()),
        };
        let area = self
            .areas
            .as_ref()
            .is_none_or(|areas| areas.contains(&case.area.name()));
        let named = self.filters.is_empty() || self.filters.iter().any(matches);
        area && named && !self.none && !self.skipped.iter().any(matches)
    }
}
