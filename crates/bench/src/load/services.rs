//! Three services as the processes that they are, the balancer in front of them, and what they count.

use super::Load;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to start. It ends the run, and measures nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// One process that serves.
struct Process {
    child: Child,
    url: String,
}

/// The processes. Dropping them ends them.
pub struct Services {
    processes: Vec<Process>,
    balancer: Child,
    client: reqwest::Client,
    /// Where desks reach them: at the balancer.
    pub url: String,
}

/// What services counted: requests that were told to come again, and how long batches took.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// Requests that the services answered with `429` or `503`.
    pub told_to_wait: u64,
    /// Upper bounds in seconds, and how many batches took at most so long.
    batches: Vec<(f64, u64)>,
}

impl Counted {
    fn read(text: &str) -> Self {
        let mut counted = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<u64>() else { continue };
            // Who asks too often is turned away before the requests are counted.
            let is_told = name.starts_with("turndown_requests_total{") && name.contains("status=\"503\"");
            if is_told || name == "turndown_requests_limited_total" {
                counted.told_to_wait += value;
            }
            let bound =
                name.strip_prefix("turndown_batch_seconds_bucket{le=\"").and_then(|rest| rest.strip_suffix("\"}"));
            if let Some(bound) = bound {
                counted.batches.push((bound.parse().unwrap_or(f64::INFINITY), value));
            }
        }
        counted
    }

    /// Counts of one more process, or of one more time.
    pub fn add(&mut self, other: &Self) {
        self.told_to_wait += other.told_to_wait;
        self.batches.resize(self.batches.len().max(other.batches.len()), (0.0, 0));
        for (ours, (bound, count)) in self.batches.iter_mut().zip(&other.batches) {
            *ours = (*bound, ours.1 + count);
        }
    }

    /// What was counted since.
    pub fn since(&self, before: &Self) -> Self {
        let batches = self.batches.iter().zip(&before.batches).map(|((bound, now), (_, then))| (*bound, now - then));
        Self { told_to_wait: self.told_to_wait - before.told_to_wait, batches: batches.collect() }
    }

    /// The time that so many per cent of the batches did not exceed: the upper end of the class that it falls in, so
    /// that it is never told smaller than it is.
    pub fn batch_ms(&self, percent: f64) -> f64 {
        let all = self.batches.last().map_or(0, |(_, count)| *count);
        let wanted = super::number(all) * percent / 100.0;
        let class = self.batches.iter().find(|(_, count)| super::number(*count) >= wanted);
        class.map_or(0.0, |(bound, _)| bound * 1_000.0)
    }
}

impl Services {
    /// Starts all of them, and waits until they answer.
    pub async fn start(load: &Load, folder: &Path) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let key = folder.join("signing.key");
        let mut processes = vec![];
        for n in 1..=3 {
            let ready = folder.join(format!("ready-{n}"));
            let log = std::fs::File::create(folder.join(format!("service-{n}.log"))).expect("a log");
            let child = Command::new(&load.service)
                .args(["serve", "--listen", "127.0.0.1:0", "--postgres", &load.postgres, "--signing-key"])
                .arg(&key)
                .arg("--ready-file")
                .arg(&ready)
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("the service's program is there");
            // One after the other: the first makes the key.
            processes.push(Process { child, url: address(&ready).await });
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = Command::new("haproxy");
        command.arg("-f").arg(&load.balancer).arg("-db").env("TURNDOWN_LISTEN", &listen);
        for (n, process) in (1..).zip(&processes) {
            command.env(format!("TURNDOWN_SERVICE_{n}"), process.url.trim_start_matches("http://"));
        }
        let log = std::fs::File::create(folder.join("balancer.log")).expect("a log");
        let log_too = log.try_clone().expect("a log");
        let balancer = command.stdout(log).stderr(log_too).spawn();
        let balancer = balancer.expect("haproxy is there: scripts/setup.sh load installs it");
        let url = format!("http://{listen}");
        let began = Instant::now();
        while !client.get(format!("{url}/healthz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(began.elapsed() < PATIENCE, "the balancer does not answer at {url}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { processes, balancer, client, url }
    }

    /// What all that run have counted.
    pub async fn counted(&self) -> Counted {
        let mut sum = Counted::default();
        for process in &self.processes {
            let answer = self.client.get(format!("{}/metrics", process.url)).send().await.expect("it answers");
            sum.add(&Counted::read(&answer.text().await.expect("it is text")));
        }
        sum
    }

    /// Kills one of them, as a machine does that loses its power.
    pub fn kill_one(&mut self) {
        let mut process = self.processes.remove(0);
        process.child.kill().and_then(|()| process.child.wait()).expect("it is killed");
    }

    /// Ends the balancer, and asks each service to end.
    pub async fn stop(mut self) {
        for process in &mut self.processes {
            let asked = Command::new("kill").arg(process.child.id().to_string()).status();
            assert!(asked.is_ok_and(|status| status.success()), "a service is asked to end");
            let began = Instant::now();
            while process.child.try_wait().expect("it is known").is_none() {
                assert!(began.elapsed() < PATIENCE, "a service does not end");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        self.processes.clear();
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for child in self.processes.iter_mut().map(|process| &mut process.child).chain([&mut self.balancer]) {
            // It may have ended by itself.
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

async fn address(ready: &PathBuf) -> String {
    let began = Instant::now();
    loop {
        match std::fs::read_to_string(ready) {
            Ok(url) if !url.is_empty() => return url.trim().to_owned(),
            _ => assert!(began.elapsed() < PATIENCE, "a service does not start; its log is beside {}", ready.display()),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;

    #[test]
    fn counts_of_several_processes_are_read_summed_and_told_no_smaller_than_they_are() {
        let text = |waits: u32, fast: u32, all: u32| {
            format!(
                "# HELP turndown_requests Requests\n\
                 turndown_requests_total{{route=\"/v1/events\",status=\"200\"}} 90\n\
                 turndown_requests_total{{route=\"/v1/events\",status=\"503\"}} {waits}\n\
                 turndown_requests_limited_total 1\n\
                 turndown_batch_seconds_sum 1.5\n\
                 turndown_batch_seconds_bucket{{le=\"0.001\"}} {fast}\n\
                 turndown_batch_seconds_bucket{{le=\"0.002\"}} {all}\n\
                 turndown_batch_seconds_bucket{{le=\"+Inf\"}} {all}\n# EOF\n"
            )
        };
        let mut sum = Counted::read(&text(2, 98, 100));
        sum.add(&Counted::read(&text(3, 100, 100)));
        assert_eq!(sum.told_to_wait, 7);
        assert_eq!([50.0, 99.0, 99.5].map(|percent| sum.batch_ms(percent)), [1.0, 1.0, 2.0]);
        let since = sum.since(&Counted::read(&text(2, 98, 100)));
        assert_eq!((since.told_to_wait, since.batch_ms(100.0)), (4, 1.0));
    }
}
