use super::*;
use leaky_cure::diagnose::LayerCounts;

fn plain(columns: Option<usize>) -> Look {
    Look {
        colour: false,
        columns,
    }
}

fn diagnosis(layers: &[(&str, &str, f64, [usize; 4])]) -> Diagnosis {
    let counts = layers
        .iter()
        .map(|&(name, op, alpha, [units, dead, dormant, on])| {
            let above = |unit: usize| match unit {
                unit if unit < dead => 0,
                unit if unit < dead + dormant => 1,
                _ => 5000,
            };
            let below = |unit: usize| if unit >= units - on { 0 } else { 10 };
            LayerCounts {
                name: name.into(),
                op: op.into(),
                alpha: Some(alpha),
                above_zero: (0..units).map(above).collect(),
                below_zero: (0..units).map(below).collect(),
                total: 10_000,
            }
        });
    Diagnosis::new("net.onnx", 10_000, counts.collect())
}

#[test]
fn the_table_shows_each_layer_and_their_sum() {
    let diagnosis = diagnosis(&[
        ("/0/Relu", "Relu", 0.0, [128, 126, 1, 0]),
        ("/blocks/2/activation/Relu", "Relu", 0.0, [64, 0, 0, 3]),
    ]);
    let expected = [
        " layer                       operator   units           dead   dormant   always on",
        "───────────────────────────────────────────────────────────────────────────────────",
        " /0/Relu                     Relu         128   126   98.4 %         1           0",
        " /blocks/2/activation/Relu   Relu          64     0    0.0 %         0           3",
        "───────────────────────────────────────────────────────────────────────────────────",
        " all                                      192   126   65.6 %         1           3",
        "",
    ]
    .join("\n");
    assert_eq!(diagnosis_table(&diagnosis, plain(None)), expected);
}

#[test]
fn before_and_after_stand_side_by_side() {
    let before = diagnosis(&[("/0/Relu", "Relu", 0.0, [10, 9, 0, 0])]);
    let after = diagnosis(&[("/0/Relu", "LeakyRelu", 0.01, [10, 0, 1, 2])]);
    let expected = [
        " layer     operator         units         dead        after   dormant   after   always on   after",
        "──────────────────────────────────────────────────────────────────────────────────────────────────",
        " /0/Relu   LeakyRelu 0.01      10   9   90.0 %   0    0.0 %         0       1           0       2",
        "",
    ]
    .join("\n");
    assert_eq!(before_after_table(&before, &after, plain(None)), expected);
}

#[test]
fn colour_only_adds_escapes() {
    let diagnosis = diagnosis(&[
        ("a", "Relu", 0.0, [4, 1, 0, 0]),
        ("b", "Relu", 0.0, [4, 0, 1, 0]),
        ("c", "Relu", 0.0, [4, 0, 0, 0]),
    ]);
    let uncoloured = diagnosis_table(&diagnosis, plain(None));
    let coloured = diagnosis_table(
        &diagnosis,
        Look {
            colour: true,
            columns: None,
        },
    );
    assert!(!uncoloured.contains('\u{1b}'));
    assert_eq!(console::strip_ansi_codes(&coloured), uncoloured);
    let line = |text: &str, name: &str| {
        let found = text
            .lines()
            .find(|line| line.contains(&format!(" {name} ")));
        found.unwrap().to_owned()
    };
    assert!(line(&coloured, "a").contains("\u{1b}[31m"));
    assert!(line(&coloured, "b").contains("\u{1b}[33m"));
    assert!(!line(&coloured, "c").contains('\u{1b}'));
}

#[test]
fn a_name_cannot_break_the_table() {
    let diagnosis = diagnosis(&[("a\nb\u{1b}[31m", "Relu", 0.0, [4, 1, 0, 0])]);
    let table = diagnosis_table(&diagnosis, plain(None));
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(!table.contains('\u{1b}'));
}

/// Tables of long and short names on terminals of all widths.
#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "/encoder/layers.11/feed_forward/activation/Relu";
    let layers = |op, alpha: f64, dead| {
        diagnosis(&[
            ("/0/Relu", op, alpha, [1024, dead, 0, 3]),
            (long, op, alpha, [64, dead.min(64), 0, 3]),
        ])
    };
    let (before, after) = (layers("Relu", 0.0, 1000), layers("LeakyRelu", 0.01, 0));
    for columns in [20, 40, 60, 72, 80, 100, 120, 200] {
        let look = plain(Some(columns));
        for table in [
            diagnosis_table(&before, look),
            before_after_table(&before, &after, look),
        ] {
            assert_eq!(table.lines().count(), 6, "{table}");
            for line in table.lines() {
                assert!(console::measure_text_width(line) <= columns, "{table}");
            }
        }
    }
}

#[test]
fn a_narrow_terminal_shortens_names_before_it_loses_figures() {
    let long = "/encoder/layers.11/feed_forward/activation/Relu";
    let before = diagnosis(&[(long, "Relu", 0.0, [64, 63, 1, 0])]);
    let after = diagnosis(&[(long, "LeakyRelu", 0.01, [64, 0, 1, 2])]);
    let lines = |table: String| -> Vec<String> { table.lines().map(str::to_owned).collect() };
    assert_eq!(
        lines(diagnosis_table(&before, plain(Some(80)))),
        [
            " layer                          operator  units         dead  dormant  always on",
            "────────────────────────────────────────────────────────────────────────────────",
            " /encoder/layer…ctivation/Relu  Relu         64  63   98.4 %        1          0",
        ]
    );
    assert_eq!(
        lines(before_after_table(&before, &after, plain(Some(80)))),
        [
            " layer                         operator        units    dead  dormant  always on",
            "────────────────────────────────────────────────────────────────────────────────",
            " /encoder/layer…tivation/Relu  LeakyRelu 0.01     64  63 → 0    1 → 1      0 → 2",
        ]
    );
    assert_eq!(
        lines(before_after_table(&before, &after, plain(Some(60)))),
        [
            "layer          operator       units   dead dormant always on",
            "────────────────────────────────────────────────────────────",
            "/encode…n/Relu LeakyRelu 0.01    64 63 → 0   1 → 1     0 → 2",
        ]
    );
}
