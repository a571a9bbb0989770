//! Signals that ask the process to end lose nothing.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::running::{json, succeeds, text};
use super::workplace::workplace;

/// Starts a cure that would go on for days, and waits until it trains.
fn training(folder: &TempDir, program: &mut Command) -> Child {
    let mut child = program
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Training begins as soon as the revival is told.
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("Revived") {
        line.clear();
        assert!(
            printed.read_line(&mut line).unwrap() > 0,
            "nothing was revived"
        );
    }
    // The pipe is read to its end, lest the process find it closed.
    std::thread::spawn(move || std::io::copy(&mut printed, &mut std::io::sink()));
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits, but not for days.
fn ended(mut child: Child) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("it went on");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

const CURE: &str = "cure --epochs 1000000 -o cured.onnx --json report.json";

fn cure() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaky"));
    command.args(CURE.split_whitespace());
    command
}

#[test]
fn every_signal_that_asks_to_end_has_the_best_so_far_written() {
    for signals in [
        &["INT"] as &[&str],
        &["TERM"],
        &["HUP"],
        &["TERM", "HUP", "HUP"],
    ] {
        if signals.contains(&"HUP") && hangup_is_ignored() {
            continue;
        }
        let folder = workplace();
        let child = training(&folder, &mut cure());
        for signal in signals {
            send(signal, &child);
        }
        let output = ended(child);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{signals:?}: {said}");
        assert!(
            said.contains("ending: writing the best network so far"),
            "{signals:?}: {said}"
        );
        let report = json(&folder.path().join("report.json"));
        assert_eq!(report["output"], "cured.onnx", "{signals:?}");
        let diagnosed = succeeds([
            "diagnose".as_ref(),
            folder.path().join("cured.onnx").as_os_str(),
            "--data".as_ref(),
            folder.path().join("digits-train.npz").as_os_str(),
        ]);
        assert!(diagnosed.contains("are dead"), "{diagnosed}");
        let left = fs::read_dir(&folder).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 5, "{left:?}");
    }
}

/// Whether these tests were started to outlive their terminal (`nohup`), and so is all that they start.
fn hangup_is_ignored() -> bool {
    let shell = Command::new("sh")
        .args(["-c", "kill -HUP $$; exit 3"])
        .status();
    shell.unwrap().code() == Some(3)
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_was_started_to_outlive_its_terminal_does() {
    let folder = workplace();
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_leaky");
    shell.args(["-c", &format!("trap '' HUP; exec {program} {CURE}")]);
    let mut child = training(&folder, &mut shell);
    send("HUP", &child);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    send("TERM", &child);
    assert_eq!(ended(child).status.code(), Some(130));
}
