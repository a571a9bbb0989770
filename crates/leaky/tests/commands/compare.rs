use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::running::{CURED, fixture, json, succeeds, text};
use super::workplace::{refusal, run, workplace};

/// A comparison's figures without the times that it took.
fn figures(path: &std::path::Path) -> Value {
    fn without_times(value: Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .into_iter()
                .filter(|(key, _)| !key.starts_with("seconds"))
                .map(|(key, value)| (key, without_times(value)))
                .collect(),
            Value::Array(items) => items.into_iter().map(without_times).collect(),
            other => other,
        }
    }
    without_times(json(path))
}

const SMALL: &str = "compare digits.onnx --data digits-train.npz --val digits-test.npz \
                     --rectifiers relu,leaky-relu:0.2,rrelu --seeds 2 --epochs 2 --lr 0.1,0.001";

#[test]
fn at_a_high_rate_relu_loses_units_and_accuracy_that_leaky_relu_keeps() {
    let folder = workplace();
    let output = run(
        &folder,
        "compare --rectifiers relu,leaky-relu:0.2 --lr 0.1 --seeds 3 --json report.json",
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.contains("paired t-test over 3 seeds"), "{printed}");
    assert!(printed.ends_with("docs/evidence.md.\n"), "{printed}");
    let report = json(&folder.path().join("report.json"));
    assert_eq!(report["trials"].as_array().unwrap().len(), 6);
    let row = |place: usize, key: &str| report["summary"][place][key].as_f64().unwrap();
    assert_eq!(report["summary"][0]["rectifier"], "relu");
    assert!(
        row(0, "dead_fraction") > 2.0 * row(1, "dead_fraction"),
        "{printed}"
    );
    assert!(row(0, "mean") < row(1, "mean"), "{printed}");
    assert_eq!(report["best"], "leaky-relu:0.2");
    assert!(report["conclusive"].is_boolean());
    assert!(row(1, "p_value") > 0.0);
    assert_eq!(report["summary"][0]["p_value"], Value::Null);
}

#[test]
fn every_training_is_tested_once_and_the_mean_of_the_best_is_told() {
    let folder = workplace();
    let line = "compare digits.onnx --data digits-train.npz --val digits-test.npz \
                --rectifiers relu,leaky-relu:0.2 --seeds 2 --epochs 1 --json report.json";
    let plain = run(&folder, line);
    assert!(!text(&plain.stdout).contains("Test accuracy"));
    let report = json(&folder.path().join("report.json"));
    assert_eq!(report["trials"][0]["test"], Value::Null);
    // Tested on what it validates on, the two scores are the same.
    let tested = run(
        &folder,
        &format!("{line} --test digits-test.npz --report page.html"),
    );
    assert!(tested.status.success(), "{}", text(&tested.stderr));
    let report = json(&folder.path().join("report.json"));
    for trial in report["trials"].as_array().expect("trials") {
        assert_eq!(trial["test"], trial["score"], "{trial}");
    }
    for row in report["summary"].as_array().expect("rows") {
        assert_eq!(row["test"], row["mean"], "{row}");
    }
    let printed = text(&tested.stdout);
    let best = report["best"].as_str().expect("a rectifier");
    assert!(
        printed.contains(&format!("Test accuracy of {best} at")),
        "{printed}"
    );
    let page = std::fs::read_to_string(folder.path().join("page.html")).expect("a page");
    assert!(page.contains("mean test accuracy"));
}

#[test]
fn how_many_run_side_by_side_changes_no_figure() {
    let folder = workplace();
    for jobs in ["1", "2"] {
        let line = format!("{SMALL} --jobs {jobs} --json jobs-{jobs}.json");
        assert!(run(&folder, &line).status.success());
    }
    let found = ["1", "2"].map(|jobs| figures(&folder.path().join(format!("jobs-{jobs}.json"))));
    assert_eq!(found[0], found[1]);
}

#[test]
fn an_interrupted_comparison_goes_on_to_what_an_uninterrupted_one_finds() {
    let folder = workplace();
    let line = SMALL.replace("--epochs 2", "--epochs 6");
    let child = Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(line.split_whitespace())
        .args(["--jobs", "1", "--resume", "kept.json"])
        .current_dir(&folder)
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let kept = folder.path().join("kept.json");
    let start = Instant::now();
    while !kept.exists() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "no training was kept"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert!(
        errors.contains("of 12 trainings are done and kept in kept.json"),
        "{errors}"
    );
    let done = json(&kept)["trials"].as_array().unwrap().len();
    assert!((1..12).contains(&done), "{done}");

    assert!(
        run(
            &folder,
            &format!("{line} --resume kept.json --json resumed.json")
        )
        .status
        .success()
    );
    assert!(
        run(&folder, &format!("{line} --json whole.json"))
            .status
            .success()
    );
    let found = ["resumed.json", "whole.json"].map(|name| figures(&folder.path().join(name)));
    assert_eq!(found[0], found[1]);
}

/// Starts a comparison, interrupts it once a training is done, and gives the name of the file that
/// keeps it.
fn interrupted(folder: &tempfile::TempDir, rectifiers: &str) -> String {
    let mut patience = Duration::from_secs(2);
    loop {
        let child = Command::new(env!("CARGO_BIN_EXE_leaky"))
            .args(["compare", "--seeds", "1000", "--epochs", "1"])
            .args(["--rectifiers", rectifiers])
            .current_dir(folder)
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(patience);
        let sent = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{errors}");
        let kept = errors.trim().rsplit_once("--resume ");
        match kept {
            Some((_, name)) => return name.to_owned(),
            // It was interrupted before the first training was done.
            None => patience *= 2,
        }
        assert!(patience < Duration::from_secs(100), "{errors}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_comparison_never_takes_the_place_of_another() {
    let folder = workplace();
    let one = interrupted(&folder, "relu");
    let before = fs::read(folder.path().join(&one)).unwrap();
    for rectifiers in ["elu", "relu"] {
        let other = interrupted(&folder, rectifiers);
        assert_ne!(one, other);
        assert!(folder.path().join(other).exists());
    }
    assert_eq!(fs::read(folder.path().join(&one)).unwrap(), before);
}

#[test]
fn trials_of_another_comparison_are_refused_and_left_alone() {
    let folder = workplace();
    assert!(
        run(&folder, &format!("{SMALL} --resume kept.json"))
            .status
            .success()
    );
    let other = SMALL.replace("--epochs 2", "--epochs 3 --batch-size 32");
    let message = refusal(&folder, &format!("{other} --resume kept.json"));
    assert!(message.contains("--epochs, --batch-size"), "{message}");
    fs::write(folder.path().join("kept.json"), "{}").unwrap();
    let message = refusal(&folder, &format!("{SMALL} --resume kept.json"));
    assert!(
        message.contains("does not hold the trials of a comparison"),
        "{message}"
    );
    let message = refusal(&folder, &format!("{SMALL} --resume digits.onnx"));
    assert!(message.contains("is the same file as"), "{message}");
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let folder = workplace();
    for (line, expected) in [
        (
            "compare --rectifiers relu,gelu",
            "'gelu' is not a rectifier",
        ),
        ("compare --lr 0", "must be finite and above 0"),
        ("compare --seeds 0", "at least 1"),
    ] {
        let output = run(&folder, line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        let message = text(&output.stderr);
        assert!(message.contains(expected), "{line}: {message}");
    }
}

#[test]
fn every_rectifier_takes_its_place_in_networks_of_other_kinds_and_the_best_is_written() {
    for name in CURED
        .iter()
        .chain(&["half", "double", "yolo-neck", "gan-generator"])
    {
        let folder = tempfile::tempdir().unwrap();
        let network = fixture(&format!("networks/{name}"));
        let (output, report) = (
            folder.path().join("best.onnx"),
            folder.path().join("report.json"),
        );
        succeeds([
            "compare".as_ref(),
            network.join("model.onnx").as_os_str(),
            "--data".as_ref(),
            network.join("data.safetensors").as_os_str(),
            "--seeds".as_ref(),
            "1".as_ref(),
            "--epochs".as_ref(),
            "1".as_ref(),
            "-o".as_ref(),
            output.as_os_str(),
            "--json".as_ref(),
            report.as_os_str(),
        ]);
        let report = json(&report);
        let trials = report["trials"].as_array().unwrap();
        assert_eq!(trials.len(), 7, "{name}");
        assert!(
            trials.iter().all(|trial| trial["diverged"].is_null()),
            "{name}"
        );
        let best = leaky_onnx::Model::read(&output).unwrap();
        let best = leaky_onnx::Network::new(&best, &Default::default()).unwrap();
        let hidden: Vec<String> = best
            .rectifiers()
            .unwrap()
            .into_iter()
            .filter(|rectifier| rectifier.hidden)
            .map(|rectifier| rectifier.operator)
            .collect();
        let expected = match report["best"].as_str().unwrap().split(':').next().unwrap() {
            "relu" => "Relu",
            "leaky-relu" | "rrelu" => "LeakyRelu",
            "prelu" => "PRelu",
            _ => "Elu",
        };
        assert!(
            hidden.iter().all(|operator| operator == expected),
            "{name}: {hidden:?}"
        );
    }
}
