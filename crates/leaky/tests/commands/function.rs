//! `leaky apply` and `leaky plot`: the function over files, and its drawing.

use std::fs;
use std::path::Path;

use half::f16;
use tempfile::{TempDir, tempdir};

use super::running::{leaky, text};

/// Runs a command in which `{}` stands for the folder.
fn run(folder: &TempDir, line: &str) -> std::process::Output {
    let folder = folder.path().to_str().expect("a plain name");
    leaky(
        line.split_whitespace()
            .map(|word| word.replace("{}", folder)),
    )
}

fn done(folder: &TempDir, line: &str) -> String {
    let output = run(folder, line);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{line}: {said}");
    assert_eq!(said, "", "{line}");
    text(&output.stdout)
}

/// The one line with which a command is refused, which leaves no file behind.
fn refused(folder: &TempDir, line: &str) -> String {
    let count = || fs::read_dir(folder.path()).expect("the folder").count();
    let before = count();
    let output = run(folder, line);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {said}");
    assert_eq!(said.lines().count(), 1, "{line}: {said}");
    assert_eq!(count(), before, "{line} left a file");
    said
}

/// The header that NumPy would write.
fn header(descr: &str, fortran: bool, shape: &str) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': ({shape}), }}");
    while (text.len() + 11) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

fn write(folder: &TempDir, name: &str, header: &[u8], elements: impl IntoIterator<Item = u8>) {
    let bytes: Vec<u8> = header.iter().copied().chain(elements).collect();
    fs::write(folder.path().join(name), bytes).expect("a file");
}

/// The elements of a file, once its header was found to be `header`.
fn read(folder: &TempDir, name: &str, header: &[u8]) -> Vec<u8> {
    let bytes = fs::read(folder.path().join(name)).expect("the output");
    assert_eq!(&bytes[..header.len()], header, "{name} has another header");
    bytes[header.len()..].to_vec()
}

fn bytes(elements: &[f32]) -> Vec<u8> {
    elements
        .iter()
        .flat_map(|element| element.to_le_bytes())
        .collect()
}

#[test]
fn every_float_type_and_byte_order_is_kept() {
    let folder = tempdir().expect("a folder");
    let x = [-2.0, -0.5, 0.0, 3.0];
    let y = [-0.5, -0.125, 0.0, 3.0];
    type Encode = fn(f64) -> Vec<u8>;
    let types: [(&str, Encode); 6] = [
        ("<f4", |x| (x as f32).to_le_bytes().to_vec()),
        (">f4", |x| (x as f32).to_be_bytes().to_vec()),
        ("<f8", |x| x.to_le_bytes().to_vec()),
        (">f8", |x| x.to_be_bytes().to_vec()),
        ("<f2", |x| f16::from_f64(x).to_le_bytes().to_vec()),
        (">f2", |x| f16::from_f64(x).to_be_bytes().to_vec()),
    ];
    for (descr, encode) in types {
        for fortran in [false, true] {
            let header = header(descr, fortran, "2, 2");
            write(&folder, "x.npy", &header, x.into_iter().flat_map(encode));
            done(&folder, "apply {}/x.npy {}/y.npy --alpha 0.25");
            let expected: Vec<u8> = y.into_iter().flat_map(encode).collect();
            assert_eq!(read(&folder, "y.npy", &header), expected, "{descr}");
        }
    }
}

#[test]
fn each_rectifier_and_its_gradient_are_applied() {
    let folder = tempdir().expect("a folder");
    let header = header("<f4", false, "3");
    write(&folder, "x.npy", &header, bytes(&[-1.0, 0.0, 2.0]));
    write(&folder, "dy.npy", &header, bytes(&[10.0, 20.0, 30.0]));
    let e = (-1.0_f32).exp();
    for (options, y, dx) in [
        ("", [-0.01, 0.0, 2.0], [0.099999994, 0.19999999, 30.0]),
        ("--rectifier relu", [0.0, 0.0, 2.0], [0.0, 0.0, 30.0]),
        (
            "--rectifier elu",
            [e - 1.0, 0.0, 2.0],
            [10.0 * e, 20.0, 30.0],
        ),
        ("--rectifier prelu", [-0.25, 0.0, 2.0], [2.5, 5.0, 30.0]),
    ] {
        for (grad, expected) in [("", y), ("--grad {}/dy.npy", dx)] {
            done(
                &folder,
                &format!("apply {{}}/x.npy {{}}/y.npy {options} {grad}"),
            );
            let found = read(&folder, "y.npy", &header);
            for (found, expected) in found.chunks(4).zip(expected) {
                let found = f32::from_le_bytes(found.try_into().expect("four bytes"));
                let close = (found - expected).abs() <= expected.abs() * 3e-7;
                assert!(close, "{options} {grad}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn slopes_of_channels_follow_axis_1_in_both_orders() {
    let folder = tempdir().expect("a folder");
    // Shape [2, 3, 2]; element [i, j, k] is -(1 + k): the slope of channel j is seen in the result.
    let slopes = [0.5, 0.25, 2.0];
    for fortran in [false, true] {
        let places = |shape: [usize; 3]| {
            (0..12).map(move |index| {
                let (fast, slow) = (index % shape[2], index / shape[2]);
                (slow / shape[1], slow % shape[1], fast)
            })
        };
        let places: Vec<(usize, usize)> = match fortran {
            false => places([2, 3, 2]).map(|(_, j, k)| (j, k)).collect(),
            true => places([2, 3, 2]).map(|(k, j, _)| (j, k)).collect(),
        };
        let header = header("<f4", fortran, "2, 3, 2");
        let x: Vec<f32> = places.iter().map(|(_, k)| -1.0 - *k as f32).collect();
        write(&folder, "x.npy", &header, bytes(&x));
        done(
            &folder,
            "apply {}/x.npy {}/y.npy --rectifier prelu --alpha 0.5 --alpha 0.25 --alpha 2",
        );
        let y: Vec<f32> = places
            .iter()
            .map(|(j, k)| slopes[*j] * (-1.0 - *k as f32))
            .collect();
        assert_eq!(
            read(&folder, "y.npy", &header),
            bytes(&y),
            "fortran {fortran}"
        );
    }
}

#[test]
fn an_array_of_several_parts_is_worked_through() {
    let folder = tempdir().expect("a folder");
    // More than twice as many elements as are in memory at a time; samples that do not divide them.
    let x: Vec<f32> = (0..2_400_000).map(|i| (i % 7) as f32 - 3.0).collect();
    for (shape, inner) in [("800000, 3", 1), ("1, 3, 800000", 800_000)] {
        let header = header("<f4", false, shape);
        write(&folder, "x.npy", &header, bytes(&x));
        done(
            &folder,
            "apply {}/x.npy {}/y.npy --rectifier prelu --alpha 0.5 --alpha 0.25 --alpha 2",
        );
        let slope = |i: usize| [0.5, 0.25, 2.0][i / inner % 3];
        let y = x.iter().enumerate();
        let y: Vec<f32> = y
            .map(|(i, x)| if *x > 0.0 { *x } else { x * slope(i) })
            .collect();
        assert!(read(&folder, "y.npy", &header) == bytes(&y), "{shape}");
    }
}

#[test]
fn scalars_and_empty_arrays_are_fine() {
    let folder = tempdir().expect("a folder");
    for (shape, count) in [("", 1), ("0, 3", 0)] {
        let header = header("<f4", false, shape);
        write(&folder, "x.npy", &header, bytes(&vec![-1.0; count]));
        done(&folder, "apply {}/x.npy {}/y.npy --alpha 0.5");
        assert_eq!(read(&folder, "y.npy", &header), bytes(&vec![-0.5; count]));
    }
}

#[test]
fn bad_requests_are_refused_in_one_line() {
    let folder = tempdir().expect("a folder");
    let floats = header("<f4", false, "2, 3");
    write(&folder, "x.npy", &floats, bytes(&[1.0; 6]));
    write(
        &folder,
        "turned.npy",
        &header("<f4", true, "2, 3"),
        bytes(&[1.0; 6]),
    );
    write(&folder, "short.npy", &floats, bytes(&[1.0; 5]));
    write(
        &folder,
        "other.npy",
        &header("<f4", false, "3, 2"),
        bytes(&[1.0; 6]),
    );
    write(&folder, "wide.npy", &header("<f8", false, "2, 3"), [0; 48]);
    write(&folder, "whole.npy", &header("<i4", false, "2, 3"), [0; 24]);
    write(&folder, "text.npy", b"no array", []);
    for (line, words) in [
        (
            "apply {}/none.npy {}/y.npy",
            &["none.npy", "cannot read"] as &[&str],
        ),
        ("apply {}/text.npy {}/y.npy", &["text.npy", "damaged"]),
        ("apply {}/short.npy {}/y.npy", &["short.npy", "24", "20"]),
        (
            "apply {}/whole.npy {}/y.npy",
            &["whole.npy", "int32", "float32"],
        ),
        ("apply {}/x.npy {}/x.npy", &["the same file"]),
        ("apply {}/x.npy {}/none/y.npy", &["folder"]),
        (
            "apply {}/x.npy {}/y.npy --grad {}/other.npy",
            &["shape", "[3, 2]", "[2, 3]"],
        ),
        (
            "apply {}/x.npy {}/y.npy --grad {}/wide.npy",
            &["type", "F64", "F32"],
        ),
        (
            "apply {}/x.npy {}/y.npy --grad {}/turned.npy",
            &["order", "Fortran"],
        ),
        (
            "apply {}/x.npy {}/y.npy --rectifier relu --alpha 1",
            &["relu has no slope"],
        ),
        (
            "apply {}/x.npy {}/y.npy --alpha 1 --alpha 2",
            &["--alpha", "2 times"],
        ),
        (
            "apply {}/x.npy {}/y.npy --rectifier prelu --alpha 1 --alpha 2",
            &["2 times", "3 channels", "axis 1"],
        ),
        ("apply {}/wide.npy {}/wide.npy", &["the same file"]),
        ("plot --output {}/curve.txt", &["curve.txt", ".svg or .png"]),
        ("plot --rectifier relu --alpha 1", &["relu has no slope"]),
    ] {
        let said = refused(&folder, line);
        for word in words {
            assert!(said.contains(word), "{line}: '{word}' is missing in {said}");
        }
    }
}

#[test]
fn a_slope_too_large_for_the_type_is_refused() {
    let folder = tempdir().expect("a folder");
    write(&folder, "x.npy", &header("<f4", false, "1"), bytes(&[1.0]));
    let said = refused(&folder, "apply {}/x.npy {}/y.npy --alpha 1e300");
    assert!(said.contains("alpha must be finite"), "{said}");
}

#[test]
fn a_drawing_names_its_curves_and_axes() {
    let folder = tempdir().expect("a folder");
    done(&folder, "plot --alpha 0.05 --alpha 0.3 -o {}/curve.svg");
    let svg = fs::read_to_string(folder.path().join("curve.svg")).expect("a drawing");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for word in [
        "leaky-relu",
        "alpha 0.05",
        "alpha 0.3",
        "f(x)",
        "gradient of f at x",
    ] {
        assert!(svg.contains(word), "'{word}' is missing in the drawing");
    }
    done(&folder, "plot --rectifier elu -o {}/curve.png");
    let png = fs::read(folder.path().join("curve.png")).expect("a drawing");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png))
        .read_info()
        .expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("whole");
    let dark = pixels
        .chunks(3)
        .filter(|pixel| pixel.iter().all(|part| *part < 128))
        .count();
    assert!(
        dark > 500,
        "only {dark} dark pixels: where are axes and labels?"
    );
}

#[test]
fn the_terminal_shows_the_function_and_its_gradient() {
    let folder = tempdir().expect("a folder");
    let said = done(&folder, "plot --rectifier relu");
    assert!(
        said.contains("relu, no slope: f(x)") && said.contains("gradient of f at x"),
        "{said}"
    );
    let dots = said
        .chars()
        .filter(|c| ('\u{2801}'..='\u{28ff}').contains(c))
        .count();
    assert!(dots > 100, "{said}");
    assert!(!said.contains('\u{1b}'), "colours in a pipe");
    assert!(
        Path::new(folder.path())
            .read_dir()
            .expect("the folder")
            .next()
            .is_none()
    );
}

#[test]
fn slopes_of_any_size_are_drawn_or_refused_with_the_bound() {
    let folder = tempdir().expect("a folder");
    for rectifier in ["leaky-relu", "elu", "prelu"] {
        for alpha in [
            "0", "-0", "5e-324", "-1e-300", "1e-40", "1", "-2.5", "-1e30", "1e30",
        ] {
            for output in ["", "-o {}/curve.svg", "-o {}/curve.png"] {
                done(
                    &folder,
                    &format!("plot --rectifier {rectifier} --alpha {alpha} {output}"),
                );
            }
        }
    }
    for alpha in ["1e308", "-1e308", "1.1e30", "1e39"] {
        for output in ["", "-o {}/curve.svg"] {
            let line = format!("plot --alpha {alpha} {output}");
            let run = run(&folder, &line);
            assert_eq!(run.status.code(), Some(2), "{line}");
            let said = text(&run.stderr);
            assert!(
                said.contains("1e30") && said.contains("cannot be drawn"),
                "{said}"
            );
        }
    }
}
