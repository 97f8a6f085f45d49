//! A program whose signals interrupt every wait.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use support::scripted::{Scripted, command_complete, ready};

use crate::client::Client;

static CAUGHT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

/// A signal to this thread every half millisecond, until dropped.
struct Storm(libc::timer_t);

impl Storm {
    fn start() -> Self {
        // SAFETY: the structures are zero where they are not set, the handler only counts, and the
        // timer sends its signal to this thread alone.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = count as *const () as usize;
            assert_eq!(libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()), 0);
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGUSR1;
            event.sigev_notify_thread_id = libc::gettid();
            let mut timer: libc::timer_t = ptr::null_mut();
            assert_eq!(
                libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer),
                0
            );
            let pause = libc::timespec {
                tv_sec: 0,
                tv_nsec: 500_000,
            };
            let every = libc::itimerspec {
                it_interval: pause,
                it_value: pause,
            };
            assert_eq!(libc::timer_settime(timer, 0, &every, ptr::null_mut()), 0);
            Self(timer)
        }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: a timer of our own.
        unsafe { libc::timer_delete(self.0) };
    }
}

#[test]
fn interrupted_waits_go_on() {
    const SIZE: usize = 20 << 20;
    let pause = || thread::sleep(Duration::from_millis(150));
    let server = Scripted::run(move |peer| {
        pause();
        peer.accept();
        // The client sends while nobody reads, and then waits while nobody answers.
        pause();
        assert_eq!(peer.expect(b'Q').len(), SIZE + 1);
        pause();
        peer.send(&command_complete("DONE"));
        pause();
        peer.send(&ready(b'I'));
        peer.expect(b'Q');
        pause();
        peer.send(&[command_complete("DONE"), ready(b'I')].concat());
        peer.wait_for_close();
    });
    let storm = Storm::start();
    let conninfo = format!("{} connect_timeout=10", server.conninfo());
    let mut client = Client::connect(&conninfo);
    client.query(&"x".repeat(SIZE));
    // The same with a time limit, which must not begin anew with every signal.
    let mut client = client.with_limit(Duration::from_secs(10));
    client.query("short");
    drop(storm);
    assert_eq!(client.lines, ["connected", "COMMAND_OK", "COMMAND_OK"]);
    assert!(CAUGHT.load(Ordering::Relaxed) > 100);
    drop(client);
    server.finish();
}

#[test]
fn signals_do_not_lengthen_a_time_limit() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.wait_for_close();
    });
    let storm = Storm::start();
    let limit = Duration::from_millis(400);
    let mut client = Client::connect(&server.conninfo()).with_limit(limit);
    let begin = std::time::Instant::now();
    assert_eq!(client.failure("x"), "timeout expired");
    drop(storm);
    let took = begin.elapsed();
    assert!(took >= limit && took < limit * 8, "{took:?}");
    drop(client);
    server.finish();
}
