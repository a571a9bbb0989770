use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use super::running::{CURED, agree, diagnosis, fixture, json, leaky, succeeds, text};

/// Runs a cure of a fixture network with more arguments; gives its figures, which are those of the file.
fn cured(name: &str, folder: &Path, more: &[&str]) -> Value {
    let report = cure(name, folder, more);
    let network = fixture(&format!("networks/{name}"));
    let read_back = diagnosis(&folder.join("cured.onnx"), &network);
    let (found, said) = (&read_back["layers"], &report["after"]["layers"]);
    assert!(agree(found, said), "{name}: {found} {said}");
    report
}

/// The same without a look at the file.
fn cure(name: &str, folder: &Path, more: &[&str]) -> Value {
    let network = fixture(&format!("networks/{name}"));
    let (output, report) = (folder.join("cured.onnx"), folder.join("report.json"));
    let arguments: [std::ffi::OsString; 8] = [
        "cure".into(),
        network.join("model.onnx").into_os_string(),
        "--data".into(),
        network.join("data.safetensors").into_os_string(),
        "-o".into(),
        output.into_os_string(),
        "--json".into(),
        report.clone().into_os_string(),
    ];
    succeeds(
        arguments
            .iter()
            .map(std::ffi::OsString::as_os_str)
            .chain(more.iter().map(|word| word.as_ref())),
    );
    json(&report)
}

fn number(report: &Value, path: &str) -> f64 {
    report
        .pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{path} in {report}"))
}

/// Cures the bundled example with more arguments; gives what is printed, and the figures.
fn cured_example(more: &[&str]) -> (String, Value) {
    let folder = tempdir().expect("a folder");
    let (output, report) = (
        folder.path().join("cured.onnx"),
        folder.path().join("report.json"),
    );
    let files = [
        "cure".as_ref(),
        "-o".as_ref(),
        output.as_os_str(),
        "--json".as_ref(),
        report.as_os_str(),
    ];
    let printed = succeeds(
        files
            .into_iter()
            .chain(more.iter().map(|word| word.as_ref())),
    );
    (printed, json(&report))
}

#[test]
fn the_bundled_example_is_cured() {
    let (printed, report) = cured_example(&[]);
    assert!(
        (0.3..=0.8).contains(&number(&report, "/score/before")),
        "{printed}"
    );
    assert!(number(&report, "/score/after") >= 0.95, "{printed}");
    assert!(
        number(&report, "/after/dead") < 0.05 * number(&report, "/after/units"),
        "{printed}"
    );
    assert!(number(&report, "/verified_max_difference") < 1e-4);
    assert!(
        printed.contains("accuracy") && printed.contains("cured.onnx"),
        "{printed}"
    );
}

#[test]
fn the_slope_that_validates_best_in_short_trials_is_chosen_and_the_reason_given() {
    let (printed, report) = cured_example(&["--alpha", "auto", "--epochs", "6"]);
    let trials = report["alpha_trials"].as_array().expect("trials");
    assert_eq!(trials.len(), 5, "{printed}");
    let rank = |trial: &Value| {
        let of = |key: &str| trial[key].as_f64().expect("a number");
        (of("score"), -of("validation_loss"))
    };
    let best = trials
        .iter()
        .max_by(|one, other| rank(one).partial_cmp(&rank(other)).expect("numbers"))
        .expect("trials");
    assert_eq!(report["alpha"], best["alpha"], "{printed}");
    assert_eq!(trials[0]["epochs"], 2);
    assert!(
        printed.contains(&format!("Chose alpha {}", best["alpha"])),
        "{printed}"
    );
    // The file holds the slope as f32, and a diagnosis gives it as it reads it.
    let single = |value: &Value| value.as_f64().expect("a number") as f32;
    assert_eq!(
        single(&report["after"]["layers"][0]["alpha"]),
        single(&best["alpha"])
    );
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_seed_another() {
    let folder = tempdir().expect("a folder");
    let cure = |seed: &str, file: &str| {
        let output = folder.path().join(file);
        succeeds([
            "cure".as_ref(),
            "--epochs".as_ref(),
            "2".as_ref(),
            "--seed".as_ref(),
            seed.as_ref(),
            "-o".as_ref(),
            output.as_os_str(),
        ]);
        std::fs::read(output).expect("it was written")
    };
    let first = cure("1", "first.onnx");
    assert!(
        first == cure("1", "second.onnx"),
        "one seed gave two results"
    );
    assert!(
        first != cure("2", "third.onnx"),
        "two seeds gave one result"
    );
}

#[test]
fn every_kind_of_network_is_cured_without_a_change_of_its_outputs_by_the_revival() {
    for name in CURED {
        let folder = tempdir().expect("a folder");
        let report = cured(
            name,
            folder.path(),
            &[
                "--epochs",
                "8",
                "--lr",
                "0.003",
                "--batch-size",
                "32",
                "--revival-bound",
                "0",
            ],
        );
        let dead = |when: &str| number(&report, &format!("/{when}/dead"));
        let left = report["not_revived"].as_array().expect("a list").len();
        let on_training = number(&report, "/dead_on_training");
        assert_eq!(
            number(&report, "/revived") as usize + left,
            on_training as usize,
            "{name}"
        );
        // A unit may fire on held-out samples alone.
        assert!(on_training >= dead("before"), "{name}");
        assert!(number(&report, "/revived") > 0.0, "{name}: {report}");
        assert!(
            dead("after") < 0.5 * dead("before"),
            "{name}: {} dead before, {} after",
            dead("before"),
            dead("after")
        );
        assert!(
            number(&report, "/score/after") > number(&report, "/score/before"),
            "{name}"
        );
        // Rounding, for outputs of up to some tens.
        assert!(
            number(&report, "/revival_max_difference") < 1e-3,
            "{name}: {report}"
        );
        assert!(number(&report, "/verified_max_difference") < 1e-4, "{name}");
    }
}

/// Weights of half precision are rounded when they are stored; those of other writers stand in
/// constants, in another file, or behind outputs that are no logits.
#[test]
fn networks_of_other_types_and_writers_come_back_from_their_files_no_worse() {
    for name in [
        "half",
        "double",
        "keras",
        "external-data",
        "sklearn-classifier",
        "gan-discriminator",
    ] {
        let folder = tempdir().expect("a folder");
        let report = cured(name, folder.path(), &["--epochs", "3", "--lr", "0.003"]);
        assert!(
            number(&report, "/score/after") >= number(&report, "/score/before"),
            "{name}: {report}"
        );
        assert!(number(&report, "/verified_max_difference") < 1e-4, "{name}");
    }
}

#[test]
fn units_that_cannot_be_revived_are_named_with_the_reason() {
    let folder = tempdir().expect("a folder");
    let exact = ["--epochs", "1", "--revival-bound", "0"];
    let report = cured("residual", folder.path(), &exact);
    let left = report["not_revived"].as_array().expect("a list");
    assert!(!left.is_empty());
    for unit in left {
        // Their channels go on past the first block, and are alive behind it.
        assert_eq!(unit["layer"], "node_relu", "{unit}");
        let reason = unit["reason"].as_str().expect("a reason");
        assert!(reason.contains("is added to"), "{unit}");
        assert!(reason.contains("node_relu_2"), "{unit}");
    }
    assert_eq!(number(&report, "/revived_within_bound"), 0.0);
}

#[test]
fn units_that_cannot_be_muted_are_revived_within_the_bound_and_counted_apart() {
    let folder = tempdir().expect("a folder");
    let report = cured("residual", folder.path(), &["--epochs", "1"]);
    assert_eq!(report["not_revived"], serde_json::json!([]));
    let within = number(&report, "/revived_within_bound");
    assert!(
        within > 0.0 && within < number(&report, "/revived"),
        "{within}"
    );
    // The outputs come to some 9; the bound is a thousandth of that.
    let difference = number(&report, "/revival_max_difference");
    assert!(difference > 0.0 && difference < 0.01, "{difference}");
}

#[test]
fn dormant_units_come_back_where_that_is_asked_and_the_change_is_told() {
    let folder = tempdir().expect("a folder");
    let dormant = |report: &Value| number(report, "/before/dormant");
    let report = cured("mlp", folder.path(), &["--epochs", "1"]);
    assert_eq!(number(&report, "/revived_dormant"), 0.0);
    assert!(report["before"].get("tau").is_none(), "{report}");
    let dead = number(&report, "/revived");
    let report = cure("mlp", folder.path(), &["--epochs", "1", "--tau", "0.3"]);
    assert_eq!(number(&report, "/before/tau"), 0.3);
    assert!(dormant(&report) > 0.0, "{report}");
    assert_eq!(number(&report, "/revived"), dead);
    assert!(number(&report, "/revived_dormant") > 0.0, "{report}");
    // They said something, and it is lost.
    assert!(
        number(&report, "/revival_max_difference") > 1e-3,
        "{report}"
    );
}

#[test]
fn without_revival_dead_units_stay() {
    let folder = tempdir().expect("a folder");
    let report = cured(
        "mlp",
        folder.path(),
        &[
            "--epochs",
            "1",
            "--no-revive",
            "--alpha",
            "0",
            "--lr",
            "0.0001",
        ],
    );
    assert_eq!(number(&report, "/revived"), 0.0);
    assert!(number(&report, "/after/dead") > 0.9 * number(&report, "/before/dead"));
}

#[test]
fn units_that_were_not_to_be_revived_are_not_listed_as_left() {
    let folder = tempdir().expect("a folder");
    let worse = [
        "--epochs",
        "1",
        "--lr",
        "30",
        "--alpha",
        "100",
        "--no-revive",
    ];
    let report = cured("transformer", folder.path(), &worse);
    assert!(report["best_epoch"].is_null(), "{report}");
    assert!(number(&report, "/before/dead") > 0.0);
    assert_eq!(report["not_revived"], serde_json::json!([]));
}

#[test]
fn a_network_that_nothing_improves_is_given_back_as_it_was_and_reported_so() {
    let folder = tempdir().expect("a folder");
    // One epoch far too fast, with a slope far too steep, makes any network worse.
    let report = cured(
        "transformer",
        folder.path(),
        &["--epochs", "1", "--lr", "30", "--alpha", "100"],
    );
    assert!(report["best_epoch"].is_null(), "{report}");
    assert_eq!(report["score"]["before"], report["score"]["after"]);
    let (before, after) = (&report["before"]["layers"], &report["after"]["layers"]);
    assert!(agree(before, after), "{before} {after}");
    assert_eq!(number(&report, "/revived"), 0.0);
    assert_eq!(number(&report, "/alpha"), 0.0);
    assert_eq!(
        report["not_revived"].as_array().expect("a list").len() as f64,
        number(&report, "/before/dead")
    );
    let original = leaky_onnx::Model::read(fixture("networks/transformer/model.onnx"))
        .and_then(|model| model.to_bytes())
        .expect("the fixture");
    let written = std::fs::read(folder.path().join("cured.onnx")).expect("it was written");
    assert!(written == original, "the file is not the one given");
}

#[test]
fn a_loss_that_leaves_the_numbers_ends_with_2_and_keeps_the_best() {
    let folder = tempdir().expect("a folder");
    let network = fixture("networks/mlp");
    let output = folder.path().join("cured.onnx");
    let run = leaky([
        "cure".as_ref(),
        network.join("model.onnx").as_os_str(),
        "--data".as_ref(),
        network.join("data.safetensors").as_os_str(),
        "--optimizer".as_ref(),
        "sgd".as_ref(),
        "--lr".as_ref(),
        "1e30".as_ref(),
        "-o".as_ref(),
        output.as_os_str(),
    ]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("NaN or infinite in epoch 1"),
        "{}",
        text(&run.stderr)
    );
    let kept = leaky_onnx::Model::read(&output).expect("the best network is there");
    assert!(!kept.to_bytes().expect("it is whole").is_empty());
}

/// In batches large enough that the engine shares out single products among its threads.
#[test]
fn the_same_seed_gives_the_same_file_with_any_number_of_threads() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("example");
    let fixtures = CURED.map(|name| {
        let folder = fixture("networks").join(name);
        (folder.join("model.onnx"), folder.join("data.safetensors"))
    });
    let digits = (
        example.join("digits.onnx"),
        example.join("digits-train.npz"),
    );
    for (network, data) in fixtures.into_iter().chain([digits]) {
        let folder = tempdir().expect("a folder");
        let file = |threads: &str| {
            let output = folder.path().join(threads);
            let printed = succeeds([
                "cure".as_ref(),
                network.as_os_str(),
                "--data".as_ref(),
                data.as_os_str(),
                "-o".as_ref(),
                output.as_os_str(),
                "--epochs".as_ref(),
                "2".as_ref(),
                "--batch-size".as_ref(),
                "1000".as_ref(),
                "--threads".as_ref(),
                threads.as_ref(),
            ]);
            assert!(printed.contains("Wrote"), "{printed}");
            std::fs::read(output).expect("it was written")
        };
        let one = file("1");
        for threads in ["2", "5"] {
            assert!(
                one == file(threads),
                "{}, {threads} threads",
                network.display()
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_the_best_so_far_and_ends_with_130() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = tempdir().expect("a folder");
    let (output, report) = (
        folder.path().join("cured.onnx"),
        folder.path().join("report.json"),
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(["cure", "--epochs", "1000000", "-o"])
        .arg(&output)
        .arg("--json")
        .arg(&report)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut printed = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    // Training begins as soon as the revival is told.
    let told = printed.any(|line| line.expect("text").starts_with("Revived"));
    assert!(told, "units of the example are revived");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(interrupted.success());
    let rest = printed.count();
    let run = child.wait_with_output().expect("it ends");
    let said = text(&run.stderr);
    assert_eq!(run.status.code(), Some(130), "{said}");
    assert!(
        said.contains("ending: writing the best network so far"),
        "{said}"
    );
    assert!(rest > 0, "the verdict is printed");
    let report = json(&report);
    let epochs = report["epochs"].as_array().expect("a list").len() as u64;
    assert!(report["best_epoch"].as_u64() <= Some(epochs), "{report}");
    let diagnosed = succeeds([
        "diagnose".as_ref(),
        output.as_os_str(),
        "--data".as_ref(),
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("example/digits-train.npz")
            .as_os_str(),
    ]);
    assert!(diagnosed.contains("are dead"), "{diagnosed}");
}
