//! Kills a process before its n-th system call, counted over all of its threads.
//!
//! `strace` counts each call of each thread for itself, so what happens last in a thread that seldom calls
//! would be missed; this counts as time goes.

use super::sending::Sender;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::process::Command;

/// True where this user may trace processes.
pub(crate) fn works() -> bool {
    let Ok(mut probe) = Command::new("sleep").arg("10").spawn() else { return false };
    let is_traced = ptrace::seize(pid_of(probe.id()), Options::empty()).is_ok();
    probe.kill().unwrap();
    probe.wait().unwrap();
    is_traced
}

/// Lets a process that waits for a word go on, and kills it before the n-th system call after that; false
/// where it came to its end before.
pub(crate) fn kill_before(mut sender: Sender, nth: usize) -> bool {
    let main = pid_of(sender.id());
    let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE;
    ptrace::seize(main, options).unwrap();
    ptrace::interrupt(main).unwrap();
    // It is in the call that reads the word.
    let mut inside = BTreeSet::from([main]);
    let mut count = 0;
    sender.go();
    loop {
        let status = waitpid(None, Some(WaitPidFlag::__WALL)).unwrap();
        let (pid, signal) = match status {
            WaitStatus::PtraceSyscall(pid) => {
                let enters = !inside.remove(&pid);
                if enters {
                    inside.insert(pid);
                    count += 1;
                }
                if enters && count == nth {
                    kill(main, Signal::SIGKILL).unwrap();
                }
                (pid, None)
            }
            WaitStatus::PtraceEvent(pid, _, _) => (pid, None),
            WaitStatus::Stopped(pid, signal) => (pid, Some(signal)),
            WaitStatus::Exited(pid, code) if pid == main => {
                assert_eq!(code, 0, "sending failed");
                return false;
            }
            WaitStatus::Signaled(pid, signal, _) if pid == main => {
                assert_eq!(signal, Signal::SIGKILL, "sending failed");
                return true;
            }
            _ => continue,
        };
        // A thread that was killed meanwhile is waited for next.
        ptrace::syscall(pid, signal).ok();
    }
}

fn pid_of(id: u32) -> Pid {
    Pid::from_raw(id.try_into().unwrap())
}
