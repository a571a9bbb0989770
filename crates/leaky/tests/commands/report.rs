//! The page that `--report` draws.

use std::fs;

use roxmltree::{Document, ParsingOptions};

use super::running::text;
use super::workplace::{refusal, run, workplace};

/// The titles of a page's figures, each of which has words for those who do not see it.
fn figures(page: &str) -> Vec<String> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(page, options).expect("the page is well-formed");
    let figures = document
        .descendants()
        .filter(|node| node.has_tag_name("figure"));
    let titles = figures.map(|figure| {
        let find = |name| figure.descendants().find(|node| node.has_tag_name(name));
        let image = figure
            .descendants()
            .find(|node| node.attribute("role") == Some("img"));
        assert!(
            image
                .and_then(|image| image.attribute("aria-label"))
                .is_some()
        );
        find("strong")
            .and_then(|title| title.text())
            .expect("a title")
            .to_owned()
    });
    titles.collect()
}

#[test]
fn a_diagnosis_is_drawn_beside_what_it_prints() {
    let folder = workplace();
    let line = "diagnose digits.onnx --data digits-train.npz";
    let plain = run(&folder, line);
    let drawn = run(&folder, &format!("{line} --report page.html"));
    assert_eq!(drawn.status.code(), Some(0), "{}", text(&drawn.stderr));
    assert_eq!(drawn.stdout, plain.stdout);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert_eq!(
        figures(&page),
        [
            "The share of dead units, layer by layer",
            "How often each unit fires",
            "How much gradient reaches each layer",
            "The network's rectifiers and their gradients",
        ]
    );
    let printed = text(&plain.stdout);
    let mut sentences = printed.lines();
    let verdict = sentences.find(|line| line.contains("are dead on")).unwrap();
    assert!(page.contains(verdict), "{verdict}");
    let command = format!("<code>leaky {line} --report page.html</code>");
    assert!(page.contains(&command), "{command}");
    assert!(page.contains("digits-train.npz, 1347 samples"));
    for fetched in ["http://", "https://", "<script", "<link", "src=", "@import"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

#[test]
fn a_diagnosis_without_answers_says_why_no_gradient_is_drawn() {
    let folder = workplace();
    let x = fs::File::open(folder.path().join("digits-train.npz")).unwrap();
    let mut arrays = zip::ZipArchive::new(x).unwrap();
    let mut x = fs::File::create(folder.path().join("x.npy")).unwrap();
    std::io::copy(&mut arrays.by_name("x.npy").unwrap(), &mut x).unwrap();
    let output = run(
        &folder,
        "diagnose digits.onnx --data x.npy --report page.html",
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert_eq!(figures(&page).len(), 3);
    assert!(page.contains("the data hold no `y`"));
}

#[test]
fn a_cure_is_drawn_the_same_whenever_it_is_done() {
    let folder = workplace();
    let line = "cure --epochs 3 --seed 4 --json figures.json --report page.html";
    let pages = [(); 2].map(|()| {
        let output = run(&folder, line);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    });
    assert!(
        pages[0] == pages[1],
        "the page depends on more than the command"
    );
    assert_eq!(
        figures(&pages[0]),
        [
            "The share of dead units, layer by layer",
            "How often each unit fires",
            "Loss and accuracy by epoch",
            "How much gradient reaches each layer",
            "The hidden rectifier and its gradient",
        ]
    );
    let json = super::running::json(&folder.path().join("figures.json"));
    for side in ["before", "after"] {
        let verdict = &json[side];
        for layer in verdict["layers"].as_array().unwrap() {
            let (name, dead) = (layer["name"].as_str().unwrap(), layer["dead"].as_array());
            let words = match dead.map_or(0, Vec::len) {
                0 => format!("Units of {name} {side}: "),
                dead => format!("Units of {name} {side}: {dead} dead"),
            };
            assert!(pages[0].contains(&words), "{words}");
        }
    }
}

#[test]
fn a_comparison_is_drawn_beside_what_it_prints() {
    let folder = workplace();
    let line = "compare --rectifiers relu,leaky-relu:0.1,elu --lr 0.001,0.1 --seeds 2 --epochs 2";
    let output = run(&folder, &format!("{line} --report page.html"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let drawn = figures(&page);
    assert_eq!(
        drawn[..4],
        [
            "Validation accuracy by alpha",
            "Dead units by alpha",
            "Validation accuracy by epoch, mean of the seeds",
            "Validation accuracy by epoch, every seed",
        ]
    );
    assert!(drawn[4].ends_with("and its gradient"), "{}", drawn[4]);
    // Behind it stands where the evidence is.
    let printed = text(&output.stdout);
    let verdict = printed.lines().rev().nth(1).expect("a verdict");
    assert!(page.contains(verdict), "{verdict}");
    assert!(page.contains("<dt>Seeds</dt><dd>0 to 1</dd>"), "{page}");
}

#[test]
fn a_report_never_takes_the_place_of_an_input_or_another_output() {
    let folder = workplace();
    let data = "--data digits-train.npz";
    for (line, message) in [
        (
            format!("diagnose digits.onnx {data} --report digits.onnx"),
            "digits.onnx is the same file as digits.onnx",
        ),
        (
            format!("diagnose digits.onnx {data} --json a --report a"),
            "a is the same file as a",
        ),
        (
            format!("cure digits.onnx {data} --report digits-train.npz"),
            "digits-train.npz is the same file",
        ),
        (
            format!("cure digits.onnx {data} -o a --report a"),
            "a is the same file as a",
        ),
        (
            "compare --resume a --report a".to_owned(),
            "a is the same file as a",
        ),
        (
            format!("cure digits.onnx {data} --report no/page.html"),
            "cannot write no/page.html: its folder no does not exist",
        ),
    ] {
        let found = refusal(&folder, &line);
        assert!(found.starts_with(message), "{line}: {found}");
    }
}
