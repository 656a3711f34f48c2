//! A child process that never outlives the gate that started it.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};

/// Killed and waited for when it goes out of scope, even while a panic unwinds. (A harness that is killed itself takes
/// its children along all the same: see [`crate::roles`].)
pub(crate) struct Owned(Child);

impl Owned {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        // A group of its own: where it runs under `strace`, both have to go, and `strace` killed at the wrong moment
        // would leave a child of its own standing still for ever.
        command.process_group(0);
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}")))
    }

    pub(crate) fn process(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        // Already gone is as good; a number that was given back may be somebody else's.
        if !self.has_ended() {
            let _ = kill_process_group(self.pid(), Signal::KILL);
        }
        let _ = self.0.wait();
    }

    fn pid(&self) -> Pid {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).expect("a process id")
    }

    /// Asks it to end as an operator would, and waits until it has.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        if !self.has_ended() {
            kill_process(self.pid(), Signal::TERM).expect("the signal is sent");
        }
        self.0.wait().expect("it ends")
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.kill();
    }
}
