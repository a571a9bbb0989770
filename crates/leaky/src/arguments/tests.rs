use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::ErrorKind;
use leaky_cure::cure::Alpha;
use leaky_cure::objective::Loss;
use leaky_cure::train::Optimizer;

use super::parse::understood;
use super::tool::Arguments;
use crate::settings::{Command, Cure, Json};

fn parse(line: &str) -> Result<Command, clap::Error> {
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    understood(&words).map(|request| request.command)
}

fn cure(line: &str) -> Cure {
    match parse(line).unwrap() {
        Command::Cure(cure) => cure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn cure_alone_is_the_bundled_example_with_the_documented_defaults() {
    let cure = cure("leaky cure");
    let (options, training) = (&cure.options, &cure.options.training);
    assert!(cure.case.is_none());
    assert_eq!(cure.output.to_str(), Some("cured.onnx"));
    assert_eq!((options.alpha, training.lr), (Alpha::Fixed(0.01), 0.001));
    assert_eq!(
        (training.epochs, training.batch_size, training.seed),
        (20, 64, 0)
    );
    assert_eq!(
        (training.optimizer, options.objective.loss),
        (Optimizer::Adam, None)
    );
    assert!(options.revive);
}

#[test]
fn every_option_of_cure_is_understood() {
    let cure = cure(
        "leaky cure net.onnx --data train.npz --labels y.npy --val val.npz --val-labels v.npy \
         -o out.onnx --alpha 0.2 --epochs 3 --batch-size 7 --lr 0.1 --optimizer sgd \
         --loss mean-squared-error --seed 9 --no-revive --threads 2 --json -",
    );
    let case = cure.case.unwrap();
    let files: Vec<_> = case.files().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(
        files,
        ["net.onnx", "train.npz", "y.npy", "val.npz", "v.npy"]
    );
    let training = &cure.options.training;
    assert_eq!((training.epochs, training.batch_size), (3, 7));
    assert_eq!((training.lr, training.seed), (0.1, 9));
    assert_eq!(training.optimizer, Optimizer::Sgd);
    assert_eq!(cure.options.alpha, Alpha::Fixed(0.2));
    assert_eq!(cure.options.objective.loss, Some(Loss::MeanSquaredError));
    assert_eq!((cure.threads, cure.options.revive), (Some(2), false));
    assert_eq!(cure.figures.json, Some(Json::StandardOutput));
}

#[test]
fn a_network_needs_data_and_data_need_a_network() {
    for line in [
        "leaky cure net.onnx",
        "leaky cure --data train.npz",
        "leaky cure --val val.npz",
        "leaky cure --labels y.npy",
        "leaky diagnose net.onnx",
        "leaky convert net.onnx",
    ] {
        let kind = parse(line).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::MissingRequiredArgument, "{line}");
    }
}

#[test]
fn numbers_that_make_no_sense_are_refused_with_the_bound() {
    for (options, message) in [
        ("--alpha inf", "must be finite"),
        ("--alpha nan", "must be finite"),
        ("--alpha 1e39", "must be finite"),
        ("--alpha x", "not a number"),
        ("--lr 0", "above 0"),
        ("--lr -1", "above 0"),
        ("--lr inf", "above 0"),
        ("--epochs 0", "at least 1"),
        ("--epochs 1.5", "at least 1"),
        ("--batch-size 0", "at least 1"),
        ("--threads 0", "at least 1"),
    ] {
        let error = parse(&format!("leaky cure {options}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{options}");
        assert!(error.to_string().contains(message), "{error}");
    }
    for fraction in ["-0.1", "1.1", "nan"] {
        let line = format!("leaky diagnose n.onnx --data d.npz --fail-above {fraction}");
        let error = parse(&line).unwrap_err();
        assert!(error.to_string().contains("between 0 and 1"), "{error}");
    }
}

#[test]
fn a_slope_may_be_negative_or_above_one() {
    assert_eq!(
        cure("leaky cure --alpha -0.5").options.alpha,
        Alpha::Fixed(-0.5)
    );
    assert_eq!(
        cure("leaky cure --alpha 3").options.alpha,
        Alpha::Fixed(3.0)
    );
    assert_eq!(cure("leaky cure --alpha auto").options.alpha, Alpha::Auto);
}

#[test]
fn patterns_may_be_repeated() {
    let line = "leaky convert a.onnx -o b.onnx --only /a/* --only /b/* --skip /a/x";
    let Command::Convert(convert) = parse(line).unwrap() else {
        panic!("not understood as convert");
    };
    assert_eq!(convert.options.only, ["/a/*", "/b/*"]);
    assert_eq!(convert.options.skip, ["/a/x"]);
}

#[test]
fn every_example_of_the_help_is_understood() {
    let tool = Arguments::command();
    for command in tool.get_subcommands().chain([&tool]) {
        let name = command.get_name();
        for help in [command.get_after_help(), command.get_after_long_help()] {
            let Some(help) = help else { continue };
            let help = help.to_string().replace("\\\n", " ");
            let examples = help
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("leaky "));
            let mut count = 0;
            for example in examples {
                count += 1;
                // What the shell takes for itself.
                let line = example.split(['|', '>']).next().unwrap().replace('\'', "");
                if let Err(error) = parse(&line)
                    && error.kind() != ErrorKind::DisplayHelp
                {
                    panic!("{name}: {example}: {error}");
                }
            }
            assert!(count > 0, "{name} has no example");
        }
        assert!(command.get_after_help().is_some(), "{name} has no examples");
    }
}
