//! What a person may ask of the training of a cure.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::running::{fixture, json, leaky, succeeds, text};

/// Runs a cure in a folder, with a file of figures beside the network; gives what was printed and the
/// figures.
fn cured(folder: &TempDir, line: &str) -> (String, Value) {
    let output = folder.path().join("cured.onnx");
    let report = folder.path().join("report.json");
    let words = line.split_whitespace().map(Into::into);
    let files = [
        "-o".into(),
        output.into(),
        "--json".into(),
        report.clone().into(),
    ];
    let words: Vec<std::ffi::OsString> = ["cure".into()]
        .into_iter()
        .chain(words)
        .chain(files)
        .collect();
    let printed = succeeds(words);
    (printed, json(&report))
}

fn number(report: &Value, path: &str) -> f64 {
    let found = report.pointer(path).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{path} in {report}"))
}

#[test]
fn units_that_die_again_are_recycled_so_that_fewer_are_dead_at_the_end() {
    let folder = tempdir().expect("a folder");
    // A rate that kills ReLUs; the last epoch is also the best one where accuracy rises.
    let line = "--alpha 0 --lr 0.03 --epochs 8 --seed 3";
    let (_, plain) = cured(&folder, line);
    let (printed, recycled) = cured(&folder, &format!("{line} --recycle 20"));
    let count = number(&recycled, "/recycled");
    assert!(count > 20.0, "{printed}");
    assert!(
        printed.contains(&format!("Recycled {count} units")),
        "{printed}"
    );
    let epochs = recycled["epochs"].as_array().expect("epochs");
    let sum: f64 = epochs.iter().map(|epoch| number(epoch, "/recycled")).sum();
    assert_eq!(sum, count);
    assert_eq!(number(&plain, "/recycled"), 0.0);
    assert!(
        number(&recycled, "/after/dead") < 0.5 * number(&plain, "/after/dead"),
        "{} of {} dead with, {} without",
        recycled["after"]["dead"],
        recycled["after"]["units"],
        plain["after"]["dead"]
    );
}

#[test]
fn units_behind_a_leak_are_recycled_by_their_signs() {
    let folder = tempdir().expect("a folder");
    let line = "--alpha 0.01 --lr 0.1 --epochs 4";
    let (printed, report) = cured(&folder, &format!("{line} --recycle 21"));
    assert!(number(&report, "/recycled") > 0.0, "{printed}");
    let (_, plain) = cured(&folder, line);
    assert!(
        number(&report, "/after/dead") < number(&plain, "/after/dead"),
        "{} with, {} without",
        report["after"]["dead"],
        plain["after"]["dead"]
    );
}

#[test]
fn test_data_are_scored_once_and_told_first() {
    let folder = tempdir().expect("a folder");
    let network = fixture("networks/mlp");
    let (model, data) = (network.join("model.onnx"), network.join("data.safetensors"));
    let (model, data) = (model.display(), data.display());
    let page = folder.path().join("page.html");
    let line = format!("{model} --data {data} --epochs 2");
    let (printed, without) = cured(&folder, &line);
    assert!(without["score"]["test"].is_null());
    assert!(!printed.contains("Test accuracy"), "{printed}");
    // Tested on what it validates on, the two scores are the same.
    let held = format!(
        "{line} --val {data} --test {data} --report {}",
        page.display()
    );
    let (printed, with) = cured(&folder, &held);
    assert_eq!(number(&with, "/score/test"), number(&with, "/score/after"));
    let (test, validation) = (
        printed.find("Test accuracy"),
        printed.find("Validation accuracy: "),
    );
    assert!(test.is_some(), "{printed}");
    assert!(
        validation.is_some_and(|place| Some(place) > test || place < printed.len()),
        "{printed}"
    );
    let page = std::fs::read_to_string(page).expect("a page");
    let verdict = page.find("The test accuracy is").expect("the test leads");
    assert!(verdict < page.find("units were dead").expect("a verdict"));
}

#[test]
fn always_on_units_are_recentred_where_that_is_asked_and_the_change_is_told() {
    let folder = tempdir().expect("a folder");
    let network = fixture("networks/mlp");
    let (model, data) = (network.join("model.onnx"), network.join("data.safetensors"));
    let line = format!(
        "{} --data {} --epochs 12 --lr 0.01",
        model.display(),
        data.display()
    );
    let (printed, plain) = cured(&folder, &line);
    assert_eq!(number(&plain, "/recentred"), 0.0);
    assert!(!printed.contains("Re-centred"), "{printed}");
    let (printed, report) = cured(&folder, &format!("{line} --recentre"));
    let count = number(&report, "/recentred");
    // On the samples to train on, so that these may be more than on all of them.
    assert!(count >= number(&report, "/before/always_on"), "{printed}");
    let said = format!("Re-centred {count} always-on units; the outputs differ by at most ");
    assert!(printed.contains(&said), "{printed}");
    assert!(number(&report, "/recentring_max_difference") > 1e-3);
}

#[test]
fn statistics_of_batch_normalisations_train_where_that_is_asked() {
    let folder = tempdir().expect("a folder");
    let network = fixture("networks/conv-batch-norm");
    let (model, data) = (network.join("model.onnx"), network.join("data.safetensors"));
    let line = format!("{} --data {} --epochs 3", model.display(), data.display());
    let losses = |report: &Value| {
        let epochs = report["epochs"].as_array().expect("epochs").clone();
        let losses = epochs.iter().map(|epoch| number(epoch, "/train_loss"));
        losses.collect::<Vec<f64>>()
    };
    let (_, stay) = cured(&folder, &line);
    let (_, train) = cured(&folder, &format!("{line} --train-statistics"));
    assert_ne!(losses(&stay)[0], losses(&train)[0]);
    assert!(losses(&train)[2] < losses(&train)[0], "{train}");
    // A pull so strong that nothing moves: the loss stays where a weak one lets it fall.
    let pulled = |strength: &str| {
        let asked = format!("{line} --optimizer sgd --lr 0.01 --pull {strength}");
        losses(&cured(&folder, &asked).1)
    };
    let (weak, strong) = (pulled("0"), pulled("40"));
    assert!(weak[2] < weak[0], "{weak:?}");
    assert!(
        weak[0] - weak[2] > 2.0 * (strong[0] - strong[2]),
        "{weak:?}, {strong:?}"
    );
}

#[test]
fn training_may_end_early_and_says_so() {
    let folder = tempdir().expect("a folder");
    let (printed, report) = cured(&folder, "--epochs 60 --patience 2 --lr 0.01");
    let epochs = report["epochs"].as_array().expect("epochs").len();
    let best = report["best_epoch"].as_u64().expect("an epoch") as usize;
    assert_eq!(epochs, best + 2, "{printed}");
    assert!(printed.contains("none of its last 2 epochs"), "{printed}");
}

#[test]
fn a_metric_that_says_nothing_of_what_is_learned_is_refused() {
    let folder = tempdir().expect("a folder");
    let output = folder.path().join("cured.onnx");
    for (option, value, said) in [
        (
            "--metric",
            "r2",
            "accuracy, balanced accuracy, F1 and mean IoU suit classes",
        ),
        ("--metric", "dice", "learns by cross-entropy"),
    ] {
        let words = [
            "cure".as_ref(),
            option.as_ref(),
            value.as_ref(),
            "-o".as_ref(),
            output.as_os_str(),
        ];
        let run = leaky(words);
        assert_eq!(run.status.code(), Some(2));
        assert!(text(&run.stderr).contains(said), "{}", text(&run.stderr));
    }
    let (printed, report) = cured(&folder, "--metric balanced-accuracy --epochs 1");
    assert_eq!(report["score"]["metric"], "balanced_accuracy");
    assert!(
        printed.contains("Validation balanced accuracy"),
        "{printed}"
    );
}

/// Starts a cure and kills it as soon as it has kept an epoch more.
fn killed(folder: &TempDir, arguments: &[&str]) {
    let (output, kept) = (folder.path().join("cured.onnx"), folder.path().join("kept"));
    let kept_at = || {
        let file = std::fs::metadata(kept.join("training.safetensors"));
        file.and_then(|file| file.modified()).ok()
    };
    let before = kept_at();
    let mut run = Command::new(env!("CARGO_BIN_EXE_leaky"))
        .arg("cure")
        .args(arguments)
        .arg("--checkpoint")
        .arg(&kept)
        .arg("-o")
        .arg(&output)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool starts");
    while kept_at() == before {
        let ended = run.try_wait().expect("a child of ours");
        assert!(ended.is_none(), "it ended and kept nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
    run.kill().expect("a child of ours");
    run.wait().expect("a child of ours");
    assert!(!output.exists(), "what is killed has written nothing");
}

#[test]
fn a_cure_that_is_killed_goes_on_to_the_same_file_byte_for_byte() {
    let options = [
        "--epochs",
        "40",
        "--lr",
        "0.02",
        "--recycle",
        "50",
        "--schedule",
        "cosine",
        "--warm-up",
        "30",
        "--weight-decay",
        "0.01",
        "--threads",
        "1",
    ];
    let folder = tempdir().expect("a folder");
    let whole = folder.path().join("whole.onnx");
    let words = ["cure", "-o"]
        .map(std::ffi::OsStr::new)
        .into_iter()
        .chain([whole.as_os_str()]);
    succeeds(words.chain(options.iter().map(|word| word.as_ref())));
    let whole = std::fs::read(whole).expect("it was written");
    killed(&folder, &options);
    killed(&folder, &options);
    let output = folder.path().join("cured.onnx");
    let kept = folder.path().join("kept");
    let again = |more: &[&str]| {
        let files = [
            "cure".as_ref(),
            "--checkpoint".as_ref(),
            kept.as_os_str(),
            "-o".as_ref(),
            output.as_os_str(),
        ];
        let words = options.iter().chain(more).map(|word| word.as_ref());
        leaky(files.into_iter().chain(words))
    };
    assert!(again(&[]).status.success());
    let found = std::fs::read(&output).expect("it was written");
    assert!(found == whole, "killed twice, it wrote another file");

    // What is done is done; and the training of another request is not taken for this one.
    assert!(again(&[]).status.success());
    for (more, differs) in [
        (["--seed", "5"], "the seed"),
        (["--alpha", "0.3"], "alpha"),
        (["--batch-size", "32"], "the batch size"),
    ] {
        let run = again(&more);
        assert_eq!(run.status.code(), Some(2));
        let said = text(&run.stderr);
        assert!(
            said.contains("holds another training") && said.contains(differs),
            "{said}"
        );
    }
    std::fs::write(kept.join("training.safetensors"), "not a training").expect("it is written");
    let run = again(&[]);
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    assert!(said.contains("holds no training to go on from"), "{said}");
}
