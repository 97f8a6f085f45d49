//! What a measured section costs.

use std::io;
use std::time::Duration;

/// What the values that were read come to; equal for all libraries.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) bytes: u64,
    pub(crate) checksum: u64,
}

impl Seen {
    /// Counts a value, and looks at its last byte.
    #[inline]
    pub(crate) fn value(&mut self, value: &str) {
        self.bytes += value.len() as u64;
        self.checksum += u64::from(value.as_bytes().last().copied().unwrap_or_default());
    }
}

/// Runs a section and prints its cost; it returns how many units of work it has done.
pub(crate) fn measure<E>(
    mut section: impl FnMut(&mut Seen) -> Result<u64, E>,
) -> Result<(), Box<dyn std::error::Error>>
where
    Box<dyn std::error::Error>: From<E>,
{
    let mut seen = Seen::default();
    let mut units = Ok(0);
    let (cpu, wall) = (
        now(libc::CLOCK_PROCESS_CPUTIME_ID)?,
        now(libc::CLOCK_MONOTONIC)?,
    );
    bench_measured(&mut || units = section(&mut seen));
    let (cpu, wall) = (
        now(libc::CLOCK_PROCESS_CPUTIME_ID)? - cpu,
        now(libc::CLOCK_MONOTONIC)? - wall,
    );
    println!("cpu_ns={}", cpu.as_nanos());
    println!("wall_ns={}", wall.as_nanos());
    println!("units={}", units?);
    println!("bytes_read={}", seen.bytes);
    println!("checksum={}", seen.checksum);
    Ok(())
}

/// The one function under which callgrind collects, by this name.
#[unsafe(no_mangle)]
#[inline(never)]
fn bench_measured(section: &mut dyn FnMut()) {
    section();
}

fn now(clock: libc::clockid_t) -> io::Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists, and `time` is writable.
    if unsafe { libc::clock_gettime(clock, &mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}
