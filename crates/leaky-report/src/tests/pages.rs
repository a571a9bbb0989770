//! The three pages.

use super::made::{self, HOSTILE};
use super::{needs_nothing_else, parse, text, titles};
use leaky_cure::cure::AlphaTrial;
use leaky_cure::diagnose::{Cause, CauseOfDeath, Diagnosis, Figures, Prescription, Remedy};
use leaky_cure::objective::Metric;
use leaky_cure::train::End;

/// What a page may weigh.
const MEBIBYTE: usize = 1 << 20;

fn two_layers() -> Vec<String> {
    vec!["/0/Relu".to_owned(), HOSTILE.to_owned()]
}

#[test]
fn a_diagnosis_is_drawn_with_every_figure() {
    let names = two_layers();
    let diagnosis = made::diagnosis(&names, &[100, 1500], 0.3);
    let gradients = Ok(made::norms(&names));
    let page = crate::diagnosis(&diagnosis, &gradients, &made::provenance()).expect("a page");
    needs_nothing_else(&page);
    assert_eq!(
        titles(&page),
        [
            "The share of dead units, layer by layer",
            "How often each unit fires",
            "How much gradient reaches each layer",
            "The network's rectifiers and their gradients",
        ]
    );
    let text = text(&page);
    assert!(text.contains(&diagnosis.verdict()), "{text}");
    assert!(
        text.contains("leaky cure") && text.contains("train.npz, 1347 samples"),
        "{text}"
    );
    assert!(!text.contains("/opt/bin"), "{text}");
}

#[test]
fn why_units_died_stands_on_the_page() {
    let mut diagnosis = made::diagnosis(&two_layers(), &[10, 10], 0.5);
    let gradients = Err("the data hold no `y` to compute a loss with".to_owned());
    let page = |diagnosis: &Diagnosis| {
        crate::diagnosis(diagnosis, &gradients, &made::provenance()).expect("a page")
    };
    let without = text(&page(&diagnosis));
    assert!(!without.contains("Why they died"), "{without}");
    diagnosis.layers[1].causes.push(CauseOfDeath {
        cause: Cause::CannotBeTold,
        units: vec![1, 2, 3],
        figures: Figures::default(),
        sentence: format!("it cannot be told why: {HOSTILE}"),
    });
    diagnosis.prescription.push(Prescription {
        remedy: Remedy::LearningRate,
        units: 3,
        sentence: "Lower the learning rate.".into(),
    });
    let page = page(&diagnosis);
    needs_nothing_else(&page);
    let text = text(&page);
    for words in [
        "Why they died",
        "it cannot be told why",
        "3 of 10",
        "Lower the learning rate.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn where_no_gradient_is_known_the_page_says_why() {
    let diagnosis = made::diagnosis(&two_layers(), &[10, 10], 0.3);
    let gradients = Err("the data hold no `y` to compute a loss with".to_owned());
    let page = crate::diagnosis(&diagnosis, &gradients, &made::provenance()).expect("a page");
    let text = text(&page);
    assert!(
        text.contains("is not drawn: the data hold no `y`"),
        "{text}"
    );
}

#[test]
fn a_cure_is_drawn_with_every_figure_before_and_after() {
    let names = two_layers();
    let before = made::diagnosis(&names, &[100, 64], 0.9);
    let after = made::diagnosis(&names, &[100, 64], 0.0);
    let report = made::cure(before, after);
    let norms = || made::norms(&names);
    let page = crate::cure(&report, End::Done, [norms(), norms()], &made::provenance());
    let page = page.expect("a page");
    needs_nothing_else(&page);
    assert_eq!(
        titles(&page),
        [
            "The share of dead units, layer by layer",
            "How often each unit fires",
            "Loss and accuracy by epoch",
            "How much gradient reaches each layer",
            "The hidden rectifier and its gradient",
        ]
    );
    let document = parse(&page);
    let maps = document
        .descendants()
        .filter_map(|node| node.attribute("aria-label"))
        .filter(|words| words.starts_with("Units of "));
    let maps: Vec<&str> = maps.collect();
    assert_eq!(maps.len(), 4);
    for (map, layer) in maps.iter().step_by(2).zip(&report.before.layers) {
        let dead = format!("before: {} dead", layer.dead.len());
        assert!(map.contains(&dead), "{map}");
    }
}

#[test]
fn a_slope_that_was_chosen_by_trials_is_told_with_them() {
    let names = two_layers();
    let diagnosis = || made::diagnosis(&names, &[10, 10], 0.5);
    let mut report = made::cure(diagnosis(), diagnosis());
    report.alpha_trials = [(0.01, 0.8125), (0.3, 0.75)]
        .map(|(alpha, score)| AlphaTrial {
            alpha,
            epochs: 5,
            score,
            validation_loss: 0.5,
        })
        .into();
    let page = crate::cure(&report, End::Done, [vec![], vec![]], &made::provenance());
    let text = text(&page.expect("a page"));
    for word in [
        "chosen by short trials",
        "Short trials to choose alpha",
        "0.8125",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_cure_that_was_stopped_or_came_to_nothing_says_so() {
    let names = two_layers();
    let diagnosis = || made::diagnosis(&names, &[10, 10], 0.5);
    let mut report = made::cure(diagnosis(), diagnosis());
    let page = |report: &leaky_cure::cure::Report, end| {
        crate::cure(report, end, [vec![], vec![]], &made::provenance()).expect("a page")
    };
    let stopped = text(&page(&report, End::Stopped));
    assert!(stopped.contains("interrupted"), "{stopped}");
    report.best_epoch = None;
    report.epochs.clear();
    report.score.after = f64::NAN;
    let nothing = text(&page(&report, End::Diverged(1)));
    assert!(
        nothing.contains("written unchanged") && nothing.contains("in epoch 1"),
        "{nothing}"
    );
}

#[test]
fn a_comparison_is_drawn_with_every_figure() {
    let comparison = made::comparison();
    let page = crate::comparison(&comparison, &made::provenance()).expect("a page");
    needs_nothing_else(&page);
    assert_eq!(
        titles(&page),
        [
            "Validation accuracy by alpha",
            "Dead units by alpha",
            "Validation accuracy by epoch, mean of the seeds",
            "Validation accuracy by epoch, every seed",
            "leaky-relu:0.3 and its gradient",
        ]
    );
    let document = parse(&page);
    let tables: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("tbody"))
        .map(|body| body.children().filter(|node| node.is_element()).count())
        .collect();
    assert_eq!(tables, [comparison.summary.len(), comparison.trials.len()]);
    let text = text(&page);
    assert!(
        text.contains(&comparison.verdict) && text.contains("1 diverged"),
        "{text}"
    );
}

#[test]
fn a_comparison_of_one_seed_without_relu_and_of_many_rectifiers_is_drawn_too() {
    let mut comparison = made::comparison();
    comparison.trials.retain(|trial| trial.seed == 0);
    comparison
        .summary
        .retain(|row| row.rectifier.to_string() != "relu");
    comparison.summary.iter_mut().for_each(|row| row.std = None);
    let template = comparison.summary[0].clone();
    for hundredth in 1..12 {
        let name = format!("leaky-relu:0.{hundredth:02}");
        let mut row = template.clone();
        row.rectifier = name.parse().expect("a rectifier");
        row.mean = f64::NAN;
        comparison.summary.push(row);
    }
    comparison.metric = Metric::R2;
    comparison.p_value = None;
    let page = crate::comparison(&comparison, &made::provenance()).expect("a page");
    needs_nothing_else(&page);
    assert_eq!(titles(&page).len(), 5);
}

#[test]
fn a_name_cannot_break_a_page() {
    let names = two_layers();
    let mut diagnosis = made::diagnosis(&names, &[10, 10], 0.5);
    diagnosis.model = HOSTILE.to_owned();
    let gradients = Ok(made::norms(&names));
    let page = crate::diagnosis(&diagnosis, &gradients, &made::provenance()).expect("a page");
    assert!(
        !page.contains("<script") && !page.contains('\u{1b}'),
        "{page}"
    );
    assert!(
        text(&page).contains("<script>alert(\"1\")</script>&amp;'"),
        "{page}"
    );
}

#[test]
fn a_resnet50_fits_into_a_mebibyte_before_and_after_a_cure() {
    let (names, units) = made::resnet50();
    assert_eq!((units.len(), units.iter().sum()), (49, 22_720));
    let (before, after) = (
        made::diagnosis(&names, &units, 0.5),
        made::diagnosis(&names, &units, 0.02),
    );
    let report = made::cure(before, after);
    let norms = || made::norms(&names);
    let page = crate::cure(&report, End::Done, [norms(), norms()], &made::provenance());
    let page = page.expect("a page");
    assert!(page.len() < MEBIBYTE, "{} bytes", page.len());
    needs_nothing_else(&page);
}
