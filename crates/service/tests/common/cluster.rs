//! A PostgreSQL server of a test's own, which can be killed, started again, and made to fail.

use super::kept::wait;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The server, with its data in a folder of its own.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    pub port: u16,
}

/// Faults that the server's own calls of the system meet, until it is dropped.
pub struct Faults(Child);

impl Drop for Faults {
    fn drop(&mut self) {
        // Asked to, it lets go of whom it holds; killed, it would leave them stopped.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

impl Cluster {
    /// A new one, running, with the roles that `scripts/with-postgres.sh` makes.
    pub fn start() -> Self {
        let mut programs: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("This test needs PostgreSQL. Run: scripts/setup.sh database")
            .map(|version| version.unwrap().path().join("bin"))
            .filter(|bin| bin.join("initdb").exists())
            .collect();
        programs.sort();
        let programs = programs.pop().expect("the server's programs");
        // Short, because a socket's path has at most a hundred characters, and where another user may come.
        let folder = tempfile::Builder::new().prefix("td-").tempdir_in("/tmp").unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres:").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        // Below those which the system gives to anybody who connects: it is kept while the server is down.
        let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let port = std::iter::repeat_with(|| fastrand::u16(20_000..30_000)).find(free).expect("a free port");
        let cluster = Self { folder, programs, port };
        let made = cluster
            .program("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions", "--pgdata"])
            .arg(cluster.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", said(&made));
        cluster.up();
        cluster.execute("CREATE ROLE turndown_owner LOGIN; CREATE ROLE turndown_service LOGIN");
        cluster
    }

    /// A program of the server, which refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How it is reached, without role and database.
    pub fn address(&self) -> String {
        format!("host={} port={}", self.folder.path().display(), self.port)
    }

    /// Starts it, with what it kept, unless it runs.
    pub fn up(&self) {
        let runs = self.program("pg_ctl").args(["status", "--pgdata"]).arg(self.data()).output().unwrap();
        if runs.status.success() {
            return;
        }
        let options = format!(
            "-k {} -c listen_addresses=127.0.0.1 -c port={} -c autovacuum=off -c shared_buffers=16MB \
             -c wal_level=minimal -c max_wal_senders=0 -c wal_writer_delay=10s",
            self.folder.path().display(),
            self.port
        );
        // Of a server that was killed some processes may still be on their way out.
        for _ in 0..100 {
            let started = self
                .program("pg_ctl")
                .args(["start", "--silent", "--wait", "--log"])
                .arg(self.folder.path().join("log"))
                .arg("--options")
                .arg(&options)
                .arg("--pgdata")
                .arg(self.data())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            if started.success() {
                return;
            }
        }
        panic!("it does not start: {}", self.log());
    }

    /// Ends it at once, as a crash of its machine does for it.
    pub fn kill(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        // Where nobody asks how it ended it stays, as a zombie.
        let stat = Path::new("/proc").join(&pid).join("stat");
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            std::thread::yield_now();
        }
        // Nobody else has its data; the next start would take a zombie for somebody who has.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
    }

    /// Of the process from which all others of the server come.
    fn pid(&self) -> u32 {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    /// Calls of the system by all its processes, also by those to come, fail: `call:error=ENOSPC` and the like, as `strace`
    /// takes them.
    pub fn fail(&self, inject: &str) -> Faults {
        let mut pids: Vec<u32> = wait(async {
            let client = self.client().await;
            let rows = client.query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()", &[]).await;
            rows.unwrap().iter().map(|row| row.get::<_, i32>(0).cast_unsigned()).collect()
        });
        pids.push(self.pid());
        let log = self.folder.path().join("strace");
        let mut command = Command::new("strace");
        let calls = inject.split(':').next().unwrap_or_default();
        let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
        command.args(["-f", "-e", &trace, "-e", &inject, "-o"]).arg(&log);
        for pid in &pids {
            command.args(["-p", &pid.to_string()]);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("This test needs strace. Run: scripts/setup.sh campaigns");
        let mut faults = Faults(child);
        let traced = |pid: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            !status.contains("TracerPid:\t0")
        };
        while !pids.iter().all(traced) {
            let ended = faults.0.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "strace may not attach here: that takes root with CAP_SYS_PTRACE, or kernel.yama.ptrace_scope=0"
            );
            std::thread::yield_now();
        }
        faults
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn client(&self) -> tokio_postgres::Client {
        let address = format!("{} user=postgres dbname=postgres", self.address());
        let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.expect("it connects");
        tokio::spawn(async move { drop(connection.await) });
        client
    }

    /// Does something as somebody whom nothing stops.
    pub fn execute(&self, sql: &str) {
        wait(async { self.client().await.batch_execute(sql).await.expect("the server does it") });
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--silent", "--mode=immediate", "--pgdata"]).arg(self.data());
        // It may be down already.
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
