//! Arrays in a `.npz` file: a zip archive of `.npy` files, stored or deflated.

use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::entry::{Entry, Place};
use super::error::DataError;
use super::npy::Header;
use super::storage::{Scratch, Storage, Stream};
use crate::text::printable;

/// Deflate turns at most 1032 bytes into one; what claims to unpack to more is damaged or a trap.
const MAX_DEFLATE_RATIO: u64 = 1032;

type Archive = ZipArchive<BufReader<Stream>>;

fn open(storage: &Arc<Storage>) -> Result<Archive, DataError> {
    ZipArchive::new(BufReader::new(Stream::new(storage.clone())))
        .map_err(|error| storage.damaged(reason(&error)))
}

/// Lists the arrays of the archive, in its order. Members that are not named `*.npy` are passed
/// over, as NumPy does.
pub(super) fn list(storage: &Arc<Storage>) -> Result<Vec<Entry>, DataError> {
    let mut archive = open(storage)?;
    if archive.has_duplicate_names() {
        let names: Vec<String> = archive
            .file_names_raw()
            .map(|name| printable(&String::from_utf8_lossy(name)))
            .collect();
        return Err(DataError::DuplicateName {
            file: storage.name().to_owned(),
            names: names.join(", "),
        });
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let member = archive
            .by_index(index)
            .map_err(|error| storage.damaged(reason(&error)))?;
        let file_name = member.name().map_err(|e| storage.damaged(reason(&e)))?;
        let Some(name) = file_name.strip_suffix(".npy").map(printable) else {
            continue;
        };
        let (packed, unpacked, method) = (
            member.compressed_size(),
            member.size(),
            member.compression(),
        );
        let damaged = |reason: &str| storage.damaged(format!("array `{name}`: {reason}"));
        if packed > storage.len() || unpacked > packed.saturating_mul(MAX_DEFLATE_RATIO) {
            return Err(damaged(&format!(
                "it claims {packed} packed and {unpacked} unpacked bytes, more than the file can hold"
            )));
        }
        if method == CompressionMethod::Stored && packed != unpacked {
            return Err(damaged("its packed and unpacked sizes differ"));
        }
        let header = Header::read(member).map_err(|reason| damaged(&reason))?;
        if let Some(expected) = data_end(&header)
            && expected != unpacked
        {
            return Err(damaged(&format!(
                "its header describes {expected} bytes, but it holds {unpacked}"
            )));
        } else if header.dtype.is_ok() && data_end(&header).is_none() {
            return Err(damaged(
                "its header describes more bytes than can be counted",
            ));
        }
        let place = Place::Member {
            index,
            header: header.length,
        };
        entries.push(Entry::from_header(name, header, storage.clone(), place));
    }
    Ok(entries)
}

/// The length of the whole `.npy` array that a header describes.
fn data_end(header: &Header) -> Option<u64> {
    header.data_length()?.checked_add(header.length)
}

/// Reads one member from end to end, so that its checksum is compared, and says where its
/// elements can be read by position: in the archive itself where they are stored as they are,
/// otherwise unpacked, up to `in_memory` bytes in memory and beyond in a temporary file.
pub(super) fn load(
    entry: &Entry,
    index: usize,
    header: u64,
    in_memory: u64,
) -> Result<(Arc<Storage>, u64), DataError> {
    let storage = &entry.storage;
    let damaged = |reason: &dyn std::fmt::Display| {
        storage.damaged(format!("array `{}`: {reason}", entry.name))
    };
    let unpack = |source| DataError::Unpack {
        file: storage.name().to_owned(),
        array: entry.name.clone(),
        source,
    };
    let mut archive = open(storage)?;
    let mut member = archive
        .by_index(index)
        .map_err(|error| damaged(&reason(&error)))?;
    let bytes = member.size();
    let stored = member.compression() == CompressionMethod::Stored;
    let start = member.data_start();
    let mut scratch = match stored {
        true => None,
        false => Some(Scratch::for_bytes(bytes, in_memory).map_err(unpack)?),
    };

    // One byte more than declared, so that a member that goes on is noticed.
    let mut limited = member.by_ref().take(bytes.saturating_add(1));
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        let count = match limited.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(&error)),
        };
        total += count as u64;
        if let Some(scratch) = &mut scratch {
            scratch.write_all(&buffer[..count]).map_err(unpack)?;
        }
    }
    if total != bytes {
        return Err(damaged(&format!(
            "it declares {bytes} bytes but holds {}{total}",
            if total > bytes { "at least " } else { "" }
        )));
    }
    match (scratch, start) {
        (Some(scratch), _) => Ok((Arc::new(scratch.into_storage(storage.name())), header)),
        (None, Some(start)) => match start.checked_add(header) {
            Some(offset) => Ok((storage.clone(), offset)),
            None => Err(damaged(&"it starts beyond the end of the file")),
        },
        (None, None) => Err(damaged(&"its place in the archive cannot be told")),
    }
}

/// What is wrong with an archive, without the words that name the zip library.
fn reason(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => format!("its zip archive cannot be read ({error})"),
        ZipError::InvalidArchive(reason) => {
            format!("its zip archive is cut off or does not hold together ({reason})")
        }
        ZipError::UnsupportedArchive(reason) => {
            format!("its zip archive is of an unsupported kind ({reason})")
        }
        ZipError::CompressionMethodNotSupported(method) => {
            format!("it is compressed by method {method}; NumPy stores or deflates")
        }
        other => format!("its zip archive cannot be read ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    #[test]
    fn an_array_unpacked_into_a_temporary_file_is_the_same() {
        let file = include_bytes!("../../tests/data/files/deflated.npz");
        let storage = Arc::new(Storage::memory("deflated.npz", file.as_slice()));
        let entries = list(&storage).unwrap();
        let entry = entries.iter().find(|entry| entry.name == "i4").unwrap();
        let Place::Member { index, header } = entry.place else {
            panic!("{entry:?}");
        };
        let read = |in_memory| {
            let (storage, offset) = load(entry, index, header, in_memory).unwrap();
            let array = crate::data::array::Array {
                name: entry.name.clone(),
                shape: entry.shape.clone(),
                dtype: DType::I32,
                big_endian: entry.big_endian,
                storage,
                offset,
            };
            array.tensor(&[4, 0], &[2, 3], DType::I32).unwrap()
        };
        let data = read(0);
        assert_eq!(data, read(u64::MAX));
        let expected = [12, 13, 14, 15, 16, 17, -12, -11, -10, -9, -8, -7];
        assert_eq!(data.as_slice::<i32>().unwrap(), expected);
    }
}
