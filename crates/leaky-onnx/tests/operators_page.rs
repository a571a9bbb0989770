//! The page of supported operators says what the code says.

use leaky_onnx::operators::SUPPORTED;

#[test]
fn the_page_lists_exactly_the_operators_that_run() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operators.md");
    let page = std::fs::read_to_string(path).expect("docs/operators.md");
    let table = page
        .split_once("| operator | what of it runs |\n|---|---|\n")
        .expect("the table of operators")
        .1;
    let listed: Vec<(&str, &str)> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
            let cell = cells.next().expect("a name");
            (cell, cells.next().expect("what runs"))
        })
        .collect();
    let supported: Vec<(String, &str)> = SUPPORTED
        .iter()
        .map(|operator| {
            let name = match operator.domain {
                "" => operator.name.to_owned(),
                domain => format!("{domain}.{}", operator.name),
            };
            let limits = match operator.limits {
                "" => "all",
                limits => limits,
            };
            (name, limits)
        })
        .collect();
    let supported: Vec<(&str, &str)> = supported.iter().map(|(n, l)| (n.as_str(), *l)).collect();
    assert_eq!(
        listed, supported,
        "run tools/onnx-node-tests.sh to rewrite the page"
    );
}

#[test]
fn the_operators_stand_in_alphabetical_order() {
    let names: Vec<&str> = SUPPORTED.iter().map(|operator| operator.name).collect();
    assert!(names.is_sorted(), "{names:?}");
}
