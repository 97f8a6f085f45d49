//! The same story with ours and with each reference, and the judgement.

use std::path::{Path, PathBuf};

use crate::libraries;
use crate::probe::{Kind, Probe};

/// A difference that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) enum But {
    /// libpq before this major version answers otherwise.
    Before(u32, &'static str),
    /// The packaged libpq, of this major version, is built with other defaults.
    Packaged(u32, &'static str),
    /// Ours answers otherwise, and the table of differences in `README.md` says so; and what it says,
    /// or behind a `!` what it does not say.
    Ours(&'static str, &'static str),
    /// Ours with native-tls answers otherwise, and the table of the two in `README.md` says so.
    Native(&'static str),
}

/// What a library does in a story.
pub(crate) struct Talk<'a> {
    probe: &'a mut Probe,
    lines: Vec<String>,
    hidden: Vec<(String, &'static str)>,
    connected: usize,
    leaks: Vec<String>,
}

/// What no message may repeat: the passwords and passphrases that stories use.
const SECRETS: [&str; 6] = [
    "scram secret",
    "md5 secret",
    "clear secret",
    "tls secret",
    "plain secret",
    "open sesame",
];

impl Talk<'_> {
    /// Which library talks.
    pub(crate) fn kind(&self) -> Kind {
        self.probe.kind
    }

    /// Asks, and notes the answer.
    pub(crate) fn ask(&mut self, request: &[&str]) -> String {
        let answer = self.probe.ask(request);
        self.note(&request.join(" "), &answer);
        answer
    }

    /// Asks, and notes nothing.
    pub(crate) fn ask_quietly(&mut self, request: &[&str]) -> String {
        self.probe.ask(request)
    }

    /// Notes a line of the story.
    pub(crate) fn note(&mut self, what: &str, answer: &str) {
        let mut line = format!("{what} -> {answer}");
        for (text, label) in &self.hidden {
            line = line.replace(text, label);
        }
        self.lines.push(line);
    }

    /// The library's home directory; what the story leaves there is gone with it.
    pub(crate) fn home(&self) -> PathBuf {
        self.probe.home().to_owned()
    }

    /// Writes the label in place of the text from now on.
    pub(crate) fn hide(&mut self, text: impl Into<String>, label: &'static str) {
        self.hidden.push((text.into(), label));
    }

    /// Connects; whether that succeeded.
    pub(crate) fn open(&mut self, conninfo: &str) -> bool {
        self.open_as("", conninfo)
    }

    /// Connects under a name; whether that succeeded.
    pub(crate) fn open_as(&mut self, slot: &str, conninfo: &str) -> bool {
        let answer = self.ask(&["open", slot, conninfo]);
        let connected = answer.starts_with("connected");
        self.connected += usize::from(connected);
        if SECRETS.iter().any(|secret| answer.contains(secret)) {
            self.leaks.push(answer);
        }
        connected
    }

    /// Runs a query on the connection without a name.
    pub(crate) fn exec(&mut self, sql: &str) -> String {
        self.ask(&["exec", "", sql])
    }

    /// Ends what sleeps on from before, as the superuser.
    pub(crate) fn end_sleep(&mut self, conninfo: &str) {
        let sql = "select pg_terminate_backend(pid, 10000) from pg_stat_activity \
                   where wait_event = 'PgSleep'";
        self.ask_quietly(&["open", "watch", conninfo]);
        self.ask_quietly(&["exec", "watch", sql]);
        self.ask_quietly(&["close", "watch"]);
    }

    /// Waits until a server sleeps, which somebody sees who is connected like this: a request to
    /// cancel that overtakes its query is lost.
    pub(crate) fn await_sleep(&mut self, conninfo: &str) {
        let sql = "select 'asleep' from pg_stat_activity where wait_event = 'PgSleep'";
        self.ask_quietly(&["open", "watch", conninfo]);
        for _ in 0..500 {
            if self.ask_quietly(&["exec", "watch", sql]).contains("asleep") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        self.ask_quietly(&["close", "watch"]);
    }

    /// Closes the connection without a name.
    pub(crate) fn close(&mut self) {
        self.probe.ask(&["close", ""]);
    }
}

/// Ours and the references, each in a process of its own.
pub(crate) struct Compare {
    probes: Vec<Probe>,
    /// How many stories were told.
    pub(crate) told: usize,
    /// How many of them have a known difference.
    pub(crate) known: usize,
    /// How often ours was connected.
    pub(crate) connected: usize,
    /// The stories that do not match.
    pub(crate) failures: Vec<String>,
    verbose: bool,
}

impl Compare {
    /// With ours and every reference there is.
    pub(crate) fn new() -> Result<Self, String> {
        Self::with(&libraries::references(), None)
    }

    /// With ours and the system's libpq, whose extensions the packaged one is built without.
    pub(crate) fn with_system() -> Result<Self, String> {
        let mut references = libraries::references();
        references.truncate(1);
        Self::with(&references, None)
    }

    /// With a library that every child is made to load before all others.
    pub(crate) fn preloading(preload: &Path) -> Result<Self, String> {
        Self::with(&libraries::references(), Some(preload))
    }

    fn with(references: &[PathBuf], preload: Option<&Path>) -> Result<Self, String> {
        let mut libraries = vec![libraries::ours()?];
        libraries.extend_from_slice(references);
        let probes: Result<Vec<Probe>, _> = libraries
            .iter()
            .map(|library| Probe::start(library, preload))
            .collect();
        Ok(Self {
            probes: probes.map_err(|error| error.to_string())?,
            told: 0,
            known: 0,
            connected: 0,
            failures: Vec::new(),
            verbose: std::env::var_os("FERROPQ_CONNECT_VERBOSE").is_some(),
        })
    }

    /// Which build of ours is compared.
    pub(crate) fn ours(&self) -> Kind {
        self.probes[0].kind
    }

    /// Tells the story with each library; all must be equal. Returns ours.
    pub(crate) fn story(&mut self, name: &str, tell: impl FnMut(&mut Talk<'_>)) -> Vec<String> {
        self.story_but(name, &[], tell)
    }

    /// Tells the story with each library; those that are known to differ must. Returns ours.
    ///
    /// A reference that does not know one of the options has nothing to say.
    pub(crate) fn story_but(
        &mut self,
        name: &str,
        but: &[But],
        mut tell: impl FnMut(&mut Talk<'_>),
    ) -> Vec<String> {
        self.told += 1;
        let mut ours = Vec::new();
        let native = self.ours() == Kind::OursNative;
        for index in 0..self.probes.len() {
            let probe = &mut self.probes[index];
            let home = probe.home().display().to_string();
            let mut talk = Talk {
                probe,
                lines: Vec::new(),
                hidden: vec![(home, "HOME")],
                connected: 0,
                leaks: Vec::new(),
            };
            tell(&mut talk);
            let kind = talk.kind();
            let (lines, connected, leaks) = (talk.lines, talk.connected, talk.leaks);
            if self.verbose {
                println!("{name}, {kind}: {lines:#?}");
            }
            let Kind::Libpq(major) = kind else {
                self.connected += connected;
                for leak in leaks {
                    self.fail(&format!("{name}: a secret is repeated: {leak}"));
                }
                ours = lines;
                continue;
            };
            let unknown = |line: &String| line.contains("refused: invalid connection option \"");
            if lines.iter().any(unknown) && !ours.iter().any(unknown) {
                continue;
            }
            let reason = but.iter().find_map(|but| match but {
                But::Before(since, why) if major < *since => Some(why),
                But::Packaged(packaged, why) if major == *packaged => Some(why),
                But::Ours(why, _) => Some(why),
                But::Native(why) if native => Some(why),
                _ => None,
            });
            self.judge(name, kind, reason, (&ours, &lines));
        }
        self.hold(name, but, &ours);
        ours
    }

    /// What is to be ours alone has to be said, or not.
    fn hold(&mut self, name: &str, but: &[But], ours: &[String]) {
        for but in but {
            let But::Ours(_, says) = but else { continue };
            let said = |text: &str| ours.iter().any(|line| line.contains(text));
            let holds = match says.strip_prefix('!') {
                Some(text) => !said(text),
                None => said(says),
            };
            self.check(holds, &format!("{name}: {says:?}, but {ours:#?}"));
        }
    }

    /// What ours is to have said, whatever the references say: equal refusals prove little.
    pub(crate) fn expect(&mut self, name: &str, ours: &[String], says: &str) {
        let holds = ours.iter().any(|line| line.contains(says));
        self.check(holds, &format!("{name}: not {says:?}, but {ours:#?}"));
    }

    /// Whether ours is to have been connected by the first words of a story.
    pub(crate) fn expect_open(&mut self, name: &str, ours: &[String], wanted: bool) {
        let outcome = if wanted { "-> connected" } else { "-> refused" };
        let first = ours.first().map(std::slice::from_ref);
        self.expect(name, first.unwrap_or_default(), outcome);
    }

    fn judge(
        &mut self,
        name: &str,
        kind: Kind,
        known: Option<&&str>,
        (ours, theirs): (&[String], &[String]),
    ) {
        let same = ours == theirs;
        if self.ours() == Kind::OursNative && !same && alike_with_native(ours, theirs) {
            self.known += 1;
            return;
        }
        let problem = match (known, same) {
            (None, true) => return,
            (Some(_), false) => {
                self.known += 1;
                return;
            }
            (Some(reason), true) => {
                format!("is equal to {kind}, but was to differ: {reason}")
            }
            (None, false) => {
                let mut text = format!("differs from {kind}");
                let longest = ours.len().max(theirs.len());
                for at in 0..longest {
                    if ours.get(at) != theirs.get(at) {
                        let told = |lines: &[String]| {
                            lines.get(at).cloned().unwrap_or_else(|| "(end)".into())
                        };
                        text += &format!("\n    ours  {}", told(ours));
                        text += &format!("\n    libpq {}", told(theirs));
                    }
                }
                text
            }
        };
        self.fail(&format!("{name}: {problem}"));
    }

    /// Asks ours, where there is nothing to compare with.
    pub(crate) fn ours_alone(&mut self, request: &[&str]) -> String {
        self.probes[0].ask(request)
    }

    /// Notes a failure.
    pub(crate) fn fail(&mut self, what: &str) {
        println!("FAILED {what}");
        self.failures.push(what.to_owned());
    }

    /// Notes a failure unless the condition holds.
    pub(crate) fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.fail(what);
        }
    }
}

/// Whether native-tls may tell this story: the platform has words of its own for a refusal, and
/// what the platform lacks is refused by name.
fn alike_with_native(ours: &[String], theirs: &[String]) -> bool {
    let outcomes = |lines: &[String]| -> Vec<String> {
        let reduced = lines.iter().map(|line| match line.split_once("refused") {
            Some((before, _)) => format!("{before}refused"),
            None => line.clone(),
        });
        reduced.collect()
    };
    let lacks = |line: &String| line.contains("needs a build of ferropq with the feature");
    ours.iter().any(lacks) || outcomes(ours) == outcomes(theirs)
}
