//! A folder of images, with a folder for each class, as torchvision's `ImageFolder` has it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::DType;

use super::entry::Entry;
use super::error::DataError;
use super::picture::{Head, shown};
use super::storage::{SCRATCH_IN_MEMORY, Scratch, Storage};

/// How the names of images end that are read, and of those that are not.
const READ: [&str; 3] = ["png", "jpg", "jpeg"];
const NOT_READ: [&str; 7] = ["bmp", "gif", "tif", "tiff", "webp", "ppm", "pgm"];

/// What a folder of images holds.
pub(super) struct Images {
    pub entries: Vec<Entry>,
    /// The names of the classes, in order; none where the images stand in no folders.
    pub classes: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// The arrays of a folder of images: `x` of shape `[N, channels, height, width]` with numbers from 0 to
/// 1, one channel where all images are grey and three where they are not; `y`, the class of each, where
/// the images stand in folders within it: these, by name, are classes 0, 1, …
pub(super) fn list(folder: &Path) -> Result<Images, DataError> {
    let name = shown(folder);
    let classes = entries(folder, |path| Ok(path.is_dir()))?;
    let mut images: Vec<(PathBuf, i64)> = Vec::new();
    for (class, folder) in classes.iter().enumerate() {
        let own = entries(folder, is_image)?;
        images.extend(own.into_iter().map(|path| (path, class as i64)));
    }
    let own = entries(folder, is_image)?;
    match (own.first(), classes.is_empty()) {
        (Some(stray), false) => {
            return Err(DataError::ImageWithoutClass { file: shown(stray) });
        }
        _ => images.extend(own.into_iter().map(|path| (path, 0))),
    }
    if images.is_empty() {
        return Err(DataError::NoImages { folder: name });
    }
    let heads = heads(&images)?;
    let is_grey = heads.iter().all(|head| head.is_grey);
    let channels = if is_grey { 1 } else { 3 };
    let (width, height) = (heads[0].width, heads[0].height);
    let bytes = images.len() as u64 * (channels * width * height * size_of::<f32>()) as u64;
    let unpack = |source| DataError::Unpack {
        file: name.clone(),
        array: "x".to_owned(),
        source,
    };
    let mut x = Scratch::for_bytes(bytes, SCRATCH_IN_MEMORY).map_err(unpack)?;
    for ((path, _), head) in images.iter().zip(heads) {
        let pixels = head.pixels(path, channels)?;
        let mut planes = Vec::with_capacity(pixels.len() * size_of::<f32>());
        for channel in 0..channels {
            for value in pixels.iter().skip(channel).step_by(channels) {
                planes.extend_from_slice(&(f32::from(*value) / 255.0).to_ne_bytes());
            }
        }
        x.write_all(&planes).map_err(unpack)?;
    }
    let shape = vec![images.len(), channels, height, width];
    let x = Arc::new(x.into_storage(&name));
    let mut entries = vec![Entry::native("x", DType::F32, shape, x)];
    if !classes.is_empty() {
        let labels = images.iter().flat_map(|(_, class)| class.to_ne_bytes());
        let labels = Storage::memory(&name, labels.collect::<Vec<u8>>());
        let labels = Arc::new(labels);
        entries.push(Entry::native("y", DType::I64, vec![images.len()], labels));
    }
    let called = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    Ok(Images {
        entries,
        classes: classes.iter().map(called).collect(),
        files: images.into_iter().map(|(path, _)| path).collect(),
    })
}

/// What the images say of themselves, all of them of one size.
fn heads(images: &[(PathBuf, i64)]) -> Result<Vec<Head>, DataError> {
    let mut heads: Vec<Head> = Vec::with_capacity(images.len());
    for (path, _) in images {
        let head = Head::read(path)?;
        let size = |head: &Head| (head.width, head.height);
        if let Some(first) = heads.first()
            && size(first) != size(&head)
        {
            let text = |(width, height)| format!("{width} x {height}");
            return Err(DataError::ImageSize {
                first: shown(&images[0].0),
                expected: text(size(first)),
                other: shown(path),
                found: text(size(&head)),
            });
        }
        heads.push(head);
    }
    Ok(heads)
}

/// What a folder holds of a kind, by name. What is hidden is not looked at.
fn entries(
    folder: &Path,
    kind: impl Fn(&Path) -> Result<bool, DataError>,
) -> Result<Vec<PathBuf>, DataError> {
    let refuse = |source| DataError::Read {
        file: shown(folder),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        let name = path.file_name().unwrap_or_default();
        if !name.to_string_lossy().starts_with('.') && kind(&path)? {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file is called like an image. One that is not read must not be left out unheard.
fn is_image(path: &Path) -> Result<bool, DataError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_one_of = |known: &[&str]| {
        let alike = |ending| known.iter().any(|known| known.eq_ignore_ascii_case(ending));
        ending.is_some_and(alike) && path.is_file()
    };
    match is_one_of(&NOT_READ) {
        true => Err(DataError::ImageKind { file: shown(path) }),
        false => Ok(is_one_of(&READ)),
    }
}
