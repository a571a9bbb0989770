use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::ErrorKind;
use leaky_cure::cure::Alpha;
use leaky_cure::objective::{ClassWeights, Loss, Metric};
use leaky_cure::train::{Optimizer, Recycle, Schedule};

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
         --loss mean-squared-error --seed 9 --no-revive --threads 2 --json - \
         --test t.npz --test-labels u.npy --momentum 0.9 --weight-decay 0.01 --clip-norm 1 \
         --schedule cosine --warm-up 5 --patience 4 --recycle 100 --revival-bound 0.5 \
         --metric r2 --class-weights balanced --label-smoothing 0.1 --checkpoint kept",
    );
    let case = cure.case.unwrap();
    let files: Vec<_> = case.files().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(
        files,
        [
            "net.onnx",
            "train.npz",
            "y.npy",
            "val.npz",
            "v.npy",
            "t.npz",
            "u.npy"
        ]
    );
    let training = &cure.options.training;
    assert_eq!((training.epochs, training.batch_size), (3, 7));
    assert_eq!((training.lr, training.seed), (0.1, 9));
    assert_eq!(training.optimizer, Optimizer::Sgd);
    assert_eq!(cure.options.alpha, Alpha::Fixed(0.2));
    assert_eq!(cure.options.objective.loss, Some(Loss::MeanSquaredError));
    assert_eq!((cure.threads, cure.options.revive), (Some(2), false));
    assert_eq!((training.momentum, training.weight_decay), (0.9, 0.01));
    assert_eq!(
        (training.clip_norm, training.patience),
        (Some(1.0), Some(4))
    );
    assert_eq!((training.schedule, training.warm_up), (Schedule::Cosine, 5));
    let (every, bound) = (100, 0.5);
    assert_eq!(training.recycle, Some(Recycle { every, bound }));
    let objective = cure.options.objective;
    assert_eq!(objective.metric, Some(Metric::R2));
    assert_eq!(objective.class_weights, ClassWeights::Balanced);
    assert_eq!(objective.label_smoothing, 0.1);
    assert_eq!(cure.checkpoint.unwrap().to_str(), Some("kept"));
    assert_eq!(cure.figures.json, Some(Json::StandardOutput));
}

#[test]
fn compare_trains_with_the_options_that_cure_trains_with() {
    let line = "--optimizer sgd --momentum 0.9 --weight-decay 0.01 --clip-norm 1 --schedule step \
                --warm-up 5 --patience 4 --recycle 100 --metric f1 --class-weights balanced";
    let Command::Compare(compare) = parse(&format!("leaky compare {line}")).unwrap() else {
        panic!("not understood as compare");
    };
    let cure = cure(&format!("leaky cure {line}"));
    assert_eq!(
        format!("{:?}", compare.options.training),
        format!("{:?}", cure.options.training)
    );
    assert_eq!(compare.options.objective, cure.options.objective);
}

#[test]
fn a_momentum_is_asked_of_sgd_alone() {
    for command in ["cure", "compare"] {
        let error = parse(&format!("leaky {command} --momentum 0.9")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ArgumentConflict);
        assert!(error.to_string().contains("--optimizer sgd"), "{error}");
    }
}

#[test]
fn a_network_needs_data_and_data_need_a_network() {
    for line in [
        "leaky cure net.onnx",
        "leaky cure --data train.npz",
        "leaky cure --val val.npz",
        "leaky cure --labels y.npy",
        "leaky cure --test test.npz",
        "leaky cure n.onnx --data d.npz --test-labels y.npy",
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
        ("--recycle 0", "at least 1"),
        ("--patience 0", "at least 1"),
        ("--clip-norm 0", "above 0"),
        ("--weight-decay -1", "not negative"),
        ("--weight-decay nan", "not negative"),
        ("--momentum 1", "below 1"),
        ("--label-smoothing 1", "below 1"),
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
