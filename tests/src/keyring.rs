//! A keyring as a person's session has one: a message bus, and the daemon that answers as Secret Service on it.

use crate::child::Owned;
use crate::{Desk, eventually, roles};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A session with a keyring, which is unlocked at first.
pub struct Keyring {
    home: TempDir,
    address: String,
    _bus: Owned,
    daemon: Option<Owned>,
}

/// A bus that starts nothing by itself: a keyring is there when a test says so.
const BUS: &str = r#"<busconfig><type>session</type><listen>unix:dir=HOME</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;
const PASSWORD: &str = "a person's own";

impl Keyring {
    /// A new one with nothing in it.
    ///
    /// # Panics
    /// Where the machine lacks the bus or the daemon.
    #[must_use]
    pub fn start() -> Self {
        let home = tempfile::Builder::new().prefix("turndown-keyring-").tempdir().expect("a folder");
        let config = home.path().join("bus.xml");
        std::fs::write(&config, BUS.replace("HOME", &home.path().display().to_string())).expect("written");
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--nofork").arg("--print-address").arg(format!("--config-file={}", config.display()));
        let mut bus = Owned::spawn(bus.stdout(Stdio::piped()));
        let mut address = String::new();
        let output = bus.process().stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut address).expect("the bus says where it is");
        let mut keyring = Self { home, address: address.trim().to_owned(), _bus: bus, daemon: None };
        keyring.bring_back(true);
        keyring
    }

    /// Ends the daemon: nothing answers any more.
    pub fn take_away(&mut self) {
        self.daemon = None;
    }

    /// Starts the daemon on what it kept, locked or not.
    pub fn bring_back(&mut self, unlocked: bool) {
        self.take_away();
        let mut daemon = self.inside("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets"]);
        if unlocked {
            daemon.arg("--unlock");
        }
        let mut daemon = Owned::spawn(daemon.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()));
        let mut input = daemon.process().stdin.take().expect("its input");
        // One that is not to be unlocked may not read at all.
        let _ = input.write_all(PASSWORD.as_bytes());
        drop(input);
        self.daemon = Some(daemon);
        eventually("the keyring answers", || {
            let names = [
                "--session",
                "--dest=org.freedesktop.DBus",
                "--print-reply",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.ListNames",
            ];
            let listed = self.inside("dbus-send").args(names).output().expect("it runs");
            String::from_utf8_lossy(&listed.stdout).contains("org.freedesktop.secrets").then_some(())
        });
    }

    /// What the keyring holds under a name, as its owner sees it.
    #[must_use]
    pub fn holds(&self, name: &str) -> Option<String> {
        let looked_up = self.ask("lookup", name);
        looked_up.status.success().then(|| String::from_utf8(looked_up.stdout).expect("text"))
    }

    /// Its owner takes an entry away.
    pub fn forget(&self, name: &str) {
        assert!(self.ask("clear", name).status.success(), "{name} is cleared");
    }

    fn ask(&self, what: &str, name: &str) -> Output {
        let mut tool = self.inside("secret-tool");
        tool.args([what, "service", "Turndown", "username", name]).output().expect("secret-tool runs")
    }

    /// Starts a desk, or starts it again, in this session.
    pub fn restart(&self, desk: &mut Desk) {
        let mut program = roles::command("desk");
        program.arg("--keyring").env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        desk.restart_through(program);
    }

    /// A program in this session.
    fn inside(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let home = self.home.path();
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("HOME", home).env("XDG_RUNTIME_DIR", home);
        command.env("XDG_DATA_HOME", home).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command
    }
}
