//! Data that do not fit are refused in one line that says what, where, and what to do.

use std::path::Path;

use burn::tensor::DType;
use leaky_cure::data::Arrays;
use zip::CompressionMethod;

use super::building::*;

fn opening(bytes: Vec<u8>) -> String {
    line(Arrays::from_bytes("file", bytes).map(|_| ()))
}

#[test]
fn a_name_that_no_input_has_is_shown_beside_those_expected() {
    let found = arrays(&[("a", zeros(&[4, 2])), ("images", zeros(&[4, 3]))]);
    assert_eq!(
        refusal(&found, &float_input(&[2])),
        "train.npz has no array for the network's input `input`: expected `x` or `input`, found \
         `a` (float32 [4, 2]), `images` (float32 [4, 3])"
    );
    let two = ["a", "b"].map(|name| input(name, &[None, None], DType::F32));
    assert_eq!(
        refusal(&found, &two),
        "train.npz has no array for the network's input `b`: expected `b`, found `a` (float32 [4, \
         2]), `images` (float32 [4, 3])"
    );
    assert_eq!(
        refusal(&arrays(&[]), &float_input(&[2])),
        "train.npz has no array for the network's input `input`: expected `x` or `input`, found no \
         array"
    );
}

#[test]
fn a_wrong_size_names_its_axis() {
    assert_eq!(
        refusal(
            &arrays(&[("x", zeros(&[4, 3, 8, 9]))]),
            &float_input(&[3, 8, 8])
        ),
        "axis 3 of array `x` has size 9, but the network's input `input` expects 8 (shape [N, 3, \
         8, 8])"
    );
}

#[test]
fn a_wrong_rank_shows_both_shapes_and_how_to_mend_it() {
    assert_eq!(
        refusal(
            &arrays(&[("x", zeros(&[2, 4, 4]))]),
            &float_input(&[1, 4, 4])
        ),
        "array `x` has 3 axes, shape [2, 4, 4], but the network's input `input` expects 4, shape \
         [N, 1, 4, 4]; the sizes agree once it is reshaped to [N, 1, 4, 4]"
    );
    let open = [input("input", &[None, Some(3), None], DType::F32)];
    assert_eq!(
        refusal(&arrays(&[("x", zeros(&[2, 3]))]), &open),
        "array `x` has 2 axes, shape [2, 3], but the network's input `input` expects 3, shape [N, \
         3, ?]"
    );
    assert_eq!(
        refusal(&arrays(&[("x", zeros(&[]))]), &float_input(&[1])),
        "array `x` has 0 axes, shape [], but the network's input `input` expects 2, shape [N, 1]"
    );
    assert_eq!(
        refusal(
            &arrays(&[("x", zeros(&[]))]),
            &[input("scale", &[], DType::F32)]
        ),
        "array `x` has 0 axes, shape [], but the network's input `scale` expects 0, shape []; an \
         input needs an axis for the samples"
    );
}

#[test]
fn types_of_different_kinds_are_not_converted() {
    let tokens = [input("tokens", &[None, None], DType::I64)];
    assert_eq!(
        refusal(&arrays(&[("x", zeros(&[2, 3]))]), &tokens),
        "array `x` is float32, but the network's input `tokens` expects int64"
    );
    let mask = [input(
        "mask",
        &[None, None],
        DType::Bool(burn::tensor::BoolStore::Native),
    )];
    assert_eq!(
        refusal(&arrays(&[("x", integers(&[2, 1], &[0, 1]))]), &mask),
        "array `x` is int64, but the network's input `mask` expects bool"
    );
    assert_eq!(
        refusal(
            &arrays(&[("x", npy("<c8", &[2, 1], &[0; 16]))]),
            &float_input(&[1])
        ),
        "array `x` of train.npz has elements of type <c8, which is not supported: use a float, \
         integer or boolean type"
    );
}

#[test]
fn numbers_that_the_wanted_type_cannot_hold_are_named() {
    let tokens = [input("tokens", &[None, None], DType::I8)];
    assert_eq!(
        refusal(
            &arrays(&[("x", integers(&[2, 2], &[0, 1, 300, 2]))]),
            &tokens
        ),
        "x[1, 0] is 300, which int8 cannot hold"
    );
    let large: Vec<u8> = [0.0, 1e300_f64]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    assert_eq!(
        refusal(
            &arrays(&[("x", npy("<f8", &[2, 1], &large))]),
            &float_input(&[1])
        ),
        "x[1, 0] is 1e300, which float32 cannot hold: it would become infinite; scale the data"
    );
    assert_eq!(
        refusal(
            &arrays(&[("x", integers(&[1, 1], &[16_777_217]))]),
            &float_input(&[1])
        ),
        "x[0, 0] is 16777217, which float32 cannot hold exactly; store the array as floats if \
         rounding is meant"
    );
}

#[test]
fn samples_and_answers_must_be_equally_many() {
    let found = arrays(&[("x", zeros(&[4, 2])), ("y", integers(&[3], &[0; 3]))]);
    let message = refusal(&found, &float_input(&[2]));
    assert_eq!(message, "`x` holds 4 samples but `y` holds 3");
}

#[test]
fn nan_and_infinity_are_counted_and_the_first_is_named() {
    let mut values = vec![0.0; 3_000_000];
    values[2_500_001] = f32::NEG_INFINITY;
    values[2_999_999] = f32::NAN;
    values[2_999_998] = f32::NAN;
    assert_eq!(
        refusal(
            &arrays(&[("x", floats(&[1_000_000, 3], &values))]),
            &float_input(&[3])
        ),
        "array `x` holds values that are not finite: 2 NaN and 1 infinite, the first at x[833333, 2]"
    );
}

#[test]
fn empty_arrays_are_refused_whichever_axis_is_empty() {
    for shape in [[0, 3], [3, 0]] {
        let message = refusal(&arrays(&[("x", zeros(&shape))]), &float_input(&[3]));
        assert_eq!(
            message,
            format!("array `x` is empty: its shape is {shape:?}")
        );
    }
}

#[test]
fn an_empty_array_of_absurd_size_is_refused_like_any_other() {
    let header = r#"{"x":{"dtype":"F32","shape":[0,4294967295,4294967295],"data_offsets":[0,0]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    let arrays = Arrays::from_bytes("x.safetensors", bytes).unwrap();
    let expected = [input("x", &[None, None, None], DType::F32)];
    let message = refusal(&arrays, &expected);
    assert_eq!(
        message,
        "array `x` is empty: its shape is [0, 4294967295, 4294967295]"
    );
}

#[test]
fn files_that_are_no_arrays_are_told_so() {
    for bytes in [
        vec![],
        b"PK".to_vec(),
        b"hello, world".to_vec(),
        vec![0; 64],
    ] {
        assert_eq!(
            opening(bytes),
            "file is not a .npz, .safetensors or .npy file"
        );
    }
    let missing = line(Arrays::open(Path::new("no/such\nfile.npz"), None).map(|_| ()));
    assert!(
        missing.starts_with("cannot read no/such\\nfile.npz: "),
        "{missing}"
    );
    let folder = line(Arrays::open(Path::new(env!("CARGO_MANIFEST_DIR")), None).map(|_| ()));
    assert!(folder.contains("holds no images"), "{folder}");
    let device = Path::new("/dev/null");
    if device.exists() {
        let device = line(Arrays::open(device, None).map(|_| ()));
        assert!(device.contains("not a regular file"), "{device}");
    }
}

#[test]
fn labels_that_stand_apart_must_be_one_array() {
    let folder = tempfile::tempdir().unwrap();
    let (data, labels) = (folder.path().join("x.npy"), folder.path().join("y.npz"));
    std::fs::write(&data, zeros(&[2, 1])).unwrap();
    let archive = npz(&[("y", integers(&[2], &[0, 1]))], CompressionMethod::Stored);
    std::fs::write(&labels, archive).unwrap();
    let message = line(Arrays::open(&data, Some(&labels)).map(|_| ()));
    assert!(
        message.ends_with(
            "y.npz is not a .npy file: labels that stand apart from the data are one .npy array"
        ),
        "{message}"
    );
}

#[test]
fn a_header_that_describes_more_than_the_file_holds_is_refused_before_anything_is_allocated() {
    let huge = [1 << 40, 3];
    assert_eq!(
        opening(npy("<f4", &huge, &[0; 12])),
        "file is damaged: its header describes 13194139533312 bytes of elements, but it holds 12"
    );
    let uncountable = [1 << 40, 1 << 40];
    assert_eq!(
        opening(npy("<f4", &uncountable, &[0; 12])),
        "file is damaged: its header describes more bytes than can be counted"
    );
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let archive = npz(&[("x", npy("<f4", &huge, &[0; 12]))], method);
        let message = opening(archive);
        assert!(
            message.starts_with("file is damaged: array `x`: its header describes 1319413953"),
            "{message}"
        );
    }
    assert_eq!(
        opening([&u64::MAX.to_le_bytes()[..], b"{}"].concat()),
        "file is damaged: its header claims 18446744073709551615 bytes, but 2 bytes follow"
    );
}

#[test]
fn a_file_that_goes_on_after_its_array_is_refused() {
    assert_eq!(
        opening(npy("<f4", &[2], &[0; 12])),
        "file is damaged: its header describes 8 bytes of elements, but it holds 12"
    );
}

#[test]
fn an_archive_that_claims_to_unpack_to_more_than_deflate_can_is_refused() {
    // Sizes in a zip archive are 32 bits wide, in the member's own header and in the directory.
    let packed = npz(&[("x", zeros(&[1000]))], CompressionMethod::Deflated);
    let size = (zeros(&[1000]).len() as u32).to_le_bytes();
    let mut claims = packed.clone();
    let places: Vec<usize> = (0..packed.len() - 3)
        .filter(|&at| packed[at..at + 4] == size)
        .collect();
    assert_eq!(
        places.len(),
        2,
        "one in the member's header, one in the directory"
    );
    for at in places {
        claims[at..at + 4].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    }
    let message = opening(claims);
    assert!(
        message.contains("4026531840 unpacked bytes, more than the file can hold"),
        "{message}"
    );
}

#[test]
fn a_byte_changed_in_an_archive_is_found_by_its_checksum() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let values: Vec<f32> = (0..999_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32)
            .collect();
        let mut archive = npz(&[("x", floats(&[333, 3], &values))], method);
        archive[2000] ^= 4;
        let arrays = Arrays::from_bytes("train.npz", archive).unwrap();
        let message = refusal(&arrays, &float_input(&[3]));
        assert!(
            message.starts_with("train.npz is damaged: array `x`: "),
            "{message}"
        );
    }
}

#[test]
fn two_arrays_of_the_same_name_are_refused() {
    let mut archive = npz(
        &[("x", zeros(&[1])), ("z", zeros(&[1]))],
        CompressionMethod::Stored,
    );
    for at in 0..archive.len() - 5 {
        if archive[at..].starts_with(b"z.npy") {
            archive[at] = b'x';
        }
    }
    let message = opening(archive);
    assert!(
        message.starts_with("file holds several arrays of the same name"),
        "{message}"
    );
}

#[test]
fn a_network_without_inputs_takes_no_data() {
    let message = refusal(&arrays(&[("x", zeros(&[1]))]), &[]);
    assert_eq!(message, "the network has no input to give data to");
}

#[test]
fn an_input_of_a_type_that_no_file_gives_is_refused() {
    let expected = [input("q", &[None], DType::Flex32)];
    let message = refusal(&arrays(&[("x", zeros(&[1]))]), &expected);
    assert!(message.contains("which no data file can give"), "{message}");
}
