//! The judgement over each case, and the counts at the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Area, Case, Differs};
use crate::child::End;
use crate::diff;
use crate::worker::{Answer, Outcome};

/// What came of one case.
pub(crate) enum Verdict {
    Equal,
    /// They differ, as the table says they must.
    KnownDifference,
    /// One of the libraries lacks a symbol: nothing to compare.
    NotRun {
        symbol: String,
        ours: bool,
    },
    Failed(String),
}

/// The counts of one area.
#[derive(Default)]
struct Count {
    equal: usize,
    known: usize,
    failed: usize,
    not_run: usize,
}

/// The counts of a whole comparison.
#[derive(Default)]
pub(crate) struct Summary {
    areas: BTreeMap<Area, Count>,
    missing: BTreeSet<String>,
    failed: Vec<String>,
}

/// Judges one case by the two answers; `level` is the reference's interface level.
pub(crate) fn judge(case: &Case, level: i32, reference: &Answer, ours: &Answer) -> Verdict {
    if let Some(mut problem) = failure("ours", ours) {
        if let Some(Differs::Crashes(reason)) = case.differs {
            problem.push_str(&format!("    where libpq may crash: {reason}\n"));
        }
        return Verdict::Failed(problem);
    }
    if let Some(Differs::Crashes(_)) = case.differs {
        return Verdict::KnownDifference;
    }
    if let Some(problem) = failure("the reference", reference) {
        return Verdict::Failed(problem);
    }
    for (answer, ours) in [(ours, true), (reference, false)] {
        if let Outcome::Ended(End::Missing(symbol)) = &answer.outcome {
            return Verdict::NotRun {
                symbol: symbol.clone(),
                ours,
            };
        }
    }
    let expected = match case.differs {
        Some(Differs::Before(since, reason)) if level < since * 10_000 => Some(reason),
        Some(Differs::Packaged(which, how)) if level / 10_000 == which => Some(how),
        Some(Differs::Ours(reason, says)) => {
            if !ours.lines.iter().any(|line| line.contains(says)) {
                let text = diff::render(&reference.lines, &ours.lines);
                return Verdict::Failed(format!("    ours was to say {says:?}\n{text}"));
            }
            Some(reason)
        }
        _ => None,
    };
    match (expected, reference.lines == ours.lines) {
        (None, true) => Verdict::Equal,
        (None, false) => Verdict::Failed(diff::render(&reference.lines, &ours.lines)),
        (Some(_), false) => Verdict::KnownDifference,
        (Some(reason), true) => Verdict::Failed(format!(
            "    the answers are equal, but were to differ: {reason}\n"
        )),
    }
}

/// What keeps an answer from being compared at all.
fn failure(whose: &str, answer: &Answer) -> Option<String> {
    let what = match &answer.outcome {
        Outcome::Ended(End::Done | End::Missing(_)) => return None,
        Outcome::Ended(End::Panicked(message)) => format!("stopped: {message}"),
        Outcome::Crashed(reason) => format!("crashed: {reason}"),
        Outcome::Hung => "hung".into(),
    };
    let mut text = format!("    {whose} {what}; the last lines of the transcript:\n");
    for line in answer.lines.iter().rev().take(6).rev() {
        text.push_str(&format!("      {line}\n"));
    }
    Some(text)
}

impl Summary {
    /// Counts a verdict; with `strict`, a symbol that ours lacks is a failure.
    pub(crate) fn add(&mut self, case: &Case, verdict: Verdict, strict: bool) {
        let count = self.areas.entry(case.area).or_default();
        match verdict {
            Verdict::Equal => count.equal += 1,
            Verdict::KnownDifference => count.known += 1,
            Verdict::NotRun { symbol, ours } if ours && strict => {
                count.failed += 1;
                self.failed.push(case.name.clone());
                println!("FAILED {}\n    ours does not export {symbol}", case.name);
            }
            Verdict::NotRun { symbol, ours } => {
                count.not_run += 1;
                self.missing.insert(if ours {
                    symbol
                } else {
                    format!("{symbol} (the reference)")
                });
            }
            Verdict::Failed(text) => {
                count.failed += 1;
                self.failed.push(case.name.clone());
                println!("FAILED {}\n{text}", case.name);
            }
        }
    }

    pub(crate) fn failures(&self) -> usize {
        self.failed.len()
    }

    /// Prints the counts per area and in all.
    pub(crate) fn print(&self) {
        let row = |name: &str, count: &Count| {
            let Count {
                equal,
                known,
                failed,
                not_run,
            } = count;
            println!("  {name:<12} {equal:>5} {known:>6} {failed:>7} {not_run:>8}");
        };
        println!(
            "  {:<12} {:>5} {:>6} {:>7} {:>8}",
            "area", "equal", "known", "FAILED", "not run"
        );
        let mut total = Count::default();
        for (area, count) in &self.areas {
            row(&area.name(), count);
            total.equal += count.equal;
            total.known += count.known;
            total.failed += count.failed;
            total.not_run += count.not_run;
        }
        row("all", &total);
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(String::as_str).collect();
            println!("  not run for want of: {}", names.join(", "));
        }
        if !self.failed.is_empty() {
            println!("  failed: {}", self.failed.join(" "));
        }
    }
}
