//! Files that were cut off or changed anywhere give an error or data, never a panic, and never
//! memory on the word of a header (the run is held to a limit).

use burn::tensor::DType;
use leaky_cure::data::Arrays;
use proptest::prelude::*;

use super::building::{changed, input, output, refused_where_cut};

const FILES: [&[u8]; 5] = [
    include_bytes!("files/stored.npz"),
    include_bytes!("files/deflated.npz"),
    include_bytes!("files/stored.safetensors"),
    include_bytes!("files/x.npy"),
    include_bytes!("files/odd-ends.npz"),
];

/// Reads everything that the file offers to networks of several kinds; says whether anything was
/// read.
fn use_it(bytes: Vec<u8>) -> bool {
    let Ok(arrays) = Arrays::from_bytes("damaged", bytes) else {
        return false;
    };
    let mut read = false;
    for name in ["x", "f4", "f4_fortran", "i8_big", "bf16", "b1", "u8"] {
        for dtype in [DType::F32, DType::F64, DType::I64] {
            let expected = [input(name, &[None, None, None], dtype)];
            let Ok(data) = arrays.dataset(&expected) else {
                continue;
            };
            let last = data.samples() - 1;
            // A row may be as long as the file; a batch of two is still small.
            let batch = data
                .batch(&[last, 0])
                .expect("the whole array was read before");
            read |= batch[0].num_elements() > 0;
            // Whether a target fits is beside the point here, only that asking is safe.
            let _ = data.target(&output(&[1, 3]));
        }
    }
    read
}

#[test]
fn the_whole_files_are_read() {
    for file in FILES {
        assert!(use_it(file.to_vec()));
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for file in FILES {
        refused_where_cut(file, (file.len() / 200).max(1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_bytes_never_panic(
        file in prop::sample::select(&FILES[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        use_it(changed(file, &changes));
    }

    #[test]
    fn changed_headers_never_panic(
        file in prop::sample::select(&FILES[..]),
        from_end: bool,
        changes in prop::collection::vec(
            (0_usize..300, prop_oneof![any::<u8>(), b'0'..=b'9', Just(b'-'), Just(0xff)]), 1..6),
    ) {
        let mut bytes = file.to_vec();
        for &(place, value) in &changes {
            let length = bytes.len();
            let place = if from_end { length.saturating_sub(place + 1) } else { place };
            bytes[place.min(length - 1)] = value;
        }
        use_it(bytes);
    }

    #[test]
    fn a_changed_word_never_panics(
        file in prop::sample::select(&FILES[..]),
        place in any::<prop::sample::Index>(),
        word in prop_oneof![Just(u64::MAX), Just(1 << 62), Just(u64::from(u32::MAX)), any::<u64>()],
    ) {
        let mut bytes = file.to_vec();
        let place = place.index(bytes.len() - 8);
        bytes[place..place + 8].copy_from_slice(&word.to_le_bytes());
        use_it(bytes);
    }
}
