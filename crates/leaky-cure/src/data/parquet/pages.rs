//! The pages of a Parquet file, whose headers are not believed before they are compared with what a page holds.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::data::storage::{Storage, Stream};

/// How many bytes end a file: the length of its description, and the format's name.
const FOOTER: u64 = 8;

/// A page holds at most so many bytes once it is decompressed. Writers make them of one mebibyte.
const LARGEST: u64 = 16 << 20;

/// The bytes of a file, for the reader of the format.
pub(super) struct Source(pub Arc<Storage>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Source {
    type T = BufReader<Stream>;

    /// The reader of the format begins here to read the footer, or the header of a page.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut stream = Stream::new(self.0.clone());
        stream.seek(SeekFrom::Start(start))?;
        let mut reader = BufReader::with_capacity(256, stream);
        if start + FOOTER == self.0.len() {
            return Ok(reader);
        }
        let size = decompressed_size(&mut reader)?;
        if size > LARGEST {
            return Err(ParquetError::General(format!(
                "a page of {size} bytes, and one of more than {LARGEST} is not read: write it with smaller pages"
            )));
        }
        reader.seek(SeekFrom::Start(start))?;
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start
            .checked_add(length as u64)
            .is_none_or(|end| end > self.0.len())
        {
            return Err(ParquetError::EOF(
                "it ends before its last page does".into(),
            ));
        }
        let mut bytes = vec![0; length];
        self.0
            .read_at(start, &mut bytes)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.into())
    }
}

/// What the header of a page says of its size: its second field, after the page's type.
///
/// Thrift's compact protocol writes a field as a byte (how far its number is from the last one's, and its type,
/// which is 5 for an integer) and the integer in groups of seven bits, the sign in the lowest.
fn decompressed_size(reader: &mut impl Read) -> Result<u64> {
    let mut size = 0;
    for _field in ["type", "uncompressed_page_size"] {
        if byte(reader)? != 0x15 {
            return Err(ParquetError::General("a page without a header".into()));
        }
        let mut integer = 0;
        for shift in (0..35).step_by(7) {
            let next = byte(reader)?;
            integer |= u64::from(next & 0x7f) << shift;
            if next & 0x80 == 0 {
                break;
            }
        }
        size = integer >> 1;
    }
    Ok(size)
}

fn byte(reader: &mut impl Read) -> Result<u8> {
    let mut byte = [0];
    reader.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Pages that hold as many values as their headers say, as far as room is made on their word.
pub(super) struct CheckedPages(pub Box<dyn PageReader>);

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.0.get_next_page()?;
        match &page {
            // No value of a dictionary takes less than a byte.
            Some(Page::DictionaryPage {
                buf, num_values, ..
            }) if *num_values as usize > buf.len() => Err(ParquetError::General(
                "a dictionary of more values than it holds".into(),
            )),
            _ => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
