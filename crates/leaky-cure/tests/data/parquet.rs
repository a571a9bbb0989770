//! Tables in Parquet, as pandas writes them.

#![cfg(feature = "parquet")]

use std::fs::read;

use leaky_cure::data::{Arrays, DType};
use proptest::prelude::*;

use super::building::{changed, input, output, refused_where_cut};
use super::tables::{answers, dataset, expected, fixture, samples};

#[test]
fn a_table_is_read_as_the_same_table_in_csv_is() {
    let data = dataset(&fixture("table.parquet"), &[4], DType::F64);
    assert_eq!(samples(&data), expected("table"));
    assert_eq!(answers(&data, 3), expected("labels"));
    // Answers that are not whole are values to fit.
    let data = dataset(&fixture("values.parquet"), &[4], DType::F64);
    let heights: Vec<f64> = expected("table").chunks(4).map(|row| row[2]).collect();
    assert_eq!(answers(&data, 1), heights);
}

#[test]
fn every_kind_of_number_is_read_with_and_without_a_dictionary() {
    for name in ["numbers.parquet", "dictionary.parquet"] {
        let data = dataset(&fixture(name), &[11], DType::F64);
        assert_eq!(samples(&data), expected("numbers"), "{name}");
    }
}

#[test]
fn what_is_no_number_is_told_with_its_column() {
    for (name, said) in [
        ("text", "holds text in column `text`: expected integers"),
        ("lists", "holds lists or records in column `lists`"),
        ("decimals", "holds decimals in column `decimals`"),
        ("dates", "holds dates or times in column `dates`"),
        ("missing", "holds nothing in column `missing` of row 1 "),
        ("gzip", "is compressed with gzip: write it"),
        ("zstd", "is compressed with zstd"),
    ] {
        let path = fixture(&format!("{name}.parquet"));
        let error = Arrays::open(&path, None).expect_err(name).to_string();
        assert!(error.contains(said), "{name}: {error}");
    }
}

/// The fixtures that can be read, which together have every kind of page.
fn files() -> Vec<Vec<u8>> {
    ["table", "values", "numbers", "dictionary"]
        .map(|name| read(fixture(&format!("{name}.parquet"))).expect("a fixture"))
        .into()
}

/// Reads the whole table where that can be done; says whether it was.
fn use_it(bytes: Vec<u8>) -> bool {
    let Ok(arrays) = Arrays::from_bytes("damaged", bytes) else {
        return false;
    };
    let Ok(data) = arrays.dataset(&[input("x", &[None, None], DType::F64)]) else {
        return false;
    };
    let last = data.samples() - 1;
    let batch = data
        .batch(&[last, 0])
        .expect("the whole table was read before");
    let _ = data.target(&output(&[1, 3]));
    batch[0].num_elements() > 0
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for file in files() {
        assert!(use_it(file.clone()));
        refused_where_cut(&file, 7);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_bytes_never_panic(
        file in prop::sample::select(files()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        use_it(changed(&file, &changes));
    }

    #[test]
    fn a_changed_page_header_never_takes_memory_on_its_word(
        file in prop::sample::select(files()),
        changes in prop::collection::vec((4_usize..60, prop_oneof![any::<u8>(), Just(0xff)]), 1..6),
    ) {
        let mut bytes = file;
        for (place, value) in &changes {
            bytes[*place] = *value;
        }
        use_it(bytes);
    }
}
