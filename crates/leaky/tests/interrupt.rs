//! Ctrl-C is heard without ending the process.

#![cfg(unix)]

use std::process::{Command, id};
use std::time::{Duration, Instant};

use leaky::{Error, stop_on_ctrl_c};
use leaky_cure::compare::CompareError;
use leaky_cure::cure::CureError;
use leaky_cure::diagnose::{BornDeadError, DiagnoseError};
use leaky_cure::stop::Stopped;

#[test]
fn the_first_ctrl_c_asks_to_stop_and_the_work_goes_on() {
    let stop = stop_on_ctrl_c().unwrap();
    let seen_by_the_work = stop.clone();
    assert!(!seen_by_the_work.asked());

    let sent = Command::new("kill")
        .args(["-INT", &id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let start = Instant::now();
    while !seen_by_the_work.asked() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the signal was not heard"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn work_that_was_stopped_ends_with_130_whatever_it_was() {
    let cure = CureError::from(Stopped);
    let compare = CompareError::from(Stopped);
    let born_dead = BornDeadError::from(DiagnoseError::from(Stopped));
    for error in [Error::from(cure), compare.into(), born_dead.into()] {
        assert_eq!(error.code(), 130, "{error}");
    }
}
