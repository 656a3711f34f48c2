//! A child process that never outlives the gate that started it.

use std::process::{Child, Command, ExitStatus};

/// Killed and waited for when it goes out of scope, even while a panic unwinds. (A harness that is killed itself takes
/// its children along all the same: see [`crate::roles`].)
pub(crate) struct Owned(Child);

impl Owned {
    pub(crate) fn spawn(command: &mut Command) -> Self {
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
        // Already gone is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Asks it to end as an operator would, and waits until it has.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        if !self.has_ended() {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the signal is sent");
        }
        self.0.wait().expect("it ends")
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.kill();
    }
}
