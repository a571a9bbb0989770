//! Folders of images as Pillow writes them.

use std::path::Path;

use leaky_cure::data::{Arrays, DType};

use super::tables::{answers, dataset, expected, fixture, samples};

#[test]
fn images_are_read_as_pillow_reads_them_with_a_class_for_each_folder() {
    let data = dataset(&fixture("images"), &[3, 5, 7], DType::F32);
    assert_eq!(answers(&data, 2), expected("classes"));
    let (found, wanted) = (samples(&data), expected("images"));
    assert_eq!(found.len(), wanted.len());
    let image = 3 * 5 * 7;
    for (number, (found, wanted)) in found.chunks(image).zip(wanted.chunks(image)).enumerate() {
        // Decoders of JPEG round apart by a few steps of 256; the other kinds lose nothing.
        let tolerance = if number == 2 { 4.0 / 255.0 } else { 1e-6 };
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() <= tolerance,
                "image {number}: {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn grey_images_have_one_channel() {
    let data = dataset(&fixture("grey"), &[1, 5, 7], DType::F64);
    for (found, wanted) in samples(&data).iter().zip(expected("grey")) {
        assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
    }
}

#[test]
fn what_is_wrong_with_images_is_told_with_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |said: &str| {
        let error = Arrays::open(folder.path(), None).expect_err(said);
        assert!(error.to_string().contains(said), "{error}, not {said}");
    };
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        std::fs::write(path, bytes).expect("it is written");
    };
    let read = |path: &Path| std::fs::read(path).expect("an image");
    let (png, jpeg) = (
        read(&fixture("images/cat/a.png")),
        read(&fixture("images/dog/a.jpg")),
    );
    refused("holds no images: give a folder");
    write("one/a.png", &png);
    for (bytes, said) in [
        (&b"no image"[..], "b.png is damaged: it begins like no PNG"),
        (b"", "b.png is damaged: it begins like no PNG"),
        (&png[..png.len() / 2], "b.png is damaged: "),
        (&png[..20], "b.png is damaged: "),
        (&jpeg[..jpeg.len() / 2], "b.png is damaged: "),
        (&jpeg[..30], "b.png is damaged: "),
    ] {
        write("one/b.png", bytes);
        refused(said);
    }
    let mut small = Vec::new();
    let mut encoder = png::Encoder::new(&mut small, 3, 2);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&[7; 18]).expect("an image");
    writer.finish().expect("an image");
    write("one/b.png", &small);
    refused("b.png is 3 x 2 pixels, but ");
    write("one/b.png", &png);
    write("one/c.bmp", b"BM");
    refused("c.bmp is neither a PNG nor a JPEG");
    std::fs::remove_file(folder.path().join("one/c.bmp")).expect("it goes");
    write("stray.jpg", &jpeg);
    refused("stray.jpg stands beside the folders of the classes");
}
