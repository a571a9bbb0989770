use super::*;
use clap::CommandFactory;
use clap::error::ErrorKind;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace())
}

fn cure(line: &str) -> Cure {
    match parse(line).unwrap().command {
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
    assert_eq!(cure.task.network, None);
    assert_eq!(cure.output.to_str(), Some("cured.onnx"));
    assert_eq!((cure.alpha, cure.lr), (Alpha::Fixed(0.01), 0.001));
    assert_eq!((cure.epochs, cure.batch_size, cure.seed), (20, 64, 0));
    assert_eq!((cure.optimizer, cure.loss), (Optimizer::Adam, None));
    assert!(!cure.no_revive);
}

#[test]
fn every_option_of_cure_is_understood() {
    let cure = cure(
        "leaky cure net.onnx --data train.npz --labels y.npy --val val.npz --val-labels v.npy \
         -o out.onnx --alpha 0.2 --epochs 3 --batch-size 7 --lr 0.1 --optimizer sgd \
         --loss mean-squared-error --seed 9 --no-revive --threads 2 --json -",
    );
    assert_eq!(cure.task.network.unwrap().to_str(), Some("net.onnx"));
    assert_eq!(cure.alpha, Alpha::Fixed(0.2));
    assert_eq!(cure.loss, Some(Loss::MeanSquaredError));
    assert_eq!(cure.optimizer, Optimizer::Sgd);
    assert_eq!((cure.threads, cure.no_revive), (Some(2), true));
    assert!(is_standard_output(&cure.json.unwrap()));
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
    assert_eq!(cure("leaky cure --alpha -0.5").alpha, Alpha::Fixed(-0.5));
    assert_eq!(cure("leaky cure --alpha 3").alpha, Alpha::Fixed(3.0));
    assert_eq!(cure("leaky cure --alpha auto").alpha, Alpha::Auto);
}

#[test]
fn patterns_may_be_repeated() {
    let line = "leaky convert a.onnx -o b.onnx --only /a/* --only /b/* --skip /a/x";
    let Command::Convert(convert) = parse(line).unwrap().command else {
        panic!("not understood as convert");
    };
    assert_eq!(convert.only, ["/a/*", "/b/*"]);
    assert_eq!(convert.skip, ["/a/x"]);
}
