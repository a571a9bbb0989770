//! The header of a `.npy` array: element type, order and shape.
//!
//! The format is NumPy's, versions 1 to 3
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>): a magic number, a
//! length, and a Python dictionary of three keys. Only the header is read here, since rows are
//! taken from the file by position afterwards.

use std::io::Read;

use burn::tensor::{BoolStore, DType};

/// How an array's elements lie in the bytes after the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The element type, or its spelling where it is none that networks compute with.
    pub dtype: Result<DType, String>,
    /// The bytes of an element stand with the highest first.
    pub big_endian: bool,
    /// The first axis varies fastest (Fortran), not the last one (C).
    pub fortran_order: bool,
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// How many bytes the header itself takes.
    pub length: u64,
}

/// How a `.npy` file begins.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// NumPy itself refuses to read longer headers unless told to trust the file.
const MAX_HEADER: usize = 10_000;

impl Header {
    /// Reads a header from the start of an array. The error says what is wrong, without a name.
    pub fn read(mut input: impl Read) -> Result<Self, String> {
        let mut fill = |buffer: &mut [u8]| {
            input
                .read_exact(buffer)
                .map_err(|error| format!("its header cannot be read ({error})"))
        };
        let mut start = [0; 8];
        fill(&mut start)?;
        if !start.starts_with(MAGIC) {
            return Err("it does not begin like a .npy array".into());
        }
        let (text_length, start_length) = match start[6] {
            1 => {
                let mut length = [0; 2];
                fill(&mut length)?;
                (usize::from(u16::from_le_bytes(length)), 10)
            }
            2 | 3 => {
                let mut length = [0; 4];
                fill(&mut length)?;
                (u32::from_le_bytes(length) as usize, 12)
            }
            version => return Err(format!("its .npy format version {version} is unknown")),
        };
        if text_length > MAX_HEADER {
            return Err(format!(
                "its header claims {text_length} bytes, more than the {MAX_HEADER} that NumPy reads"
            ));
        }
        let mut text = vec![0; text_length];
        fill(&mut text)?;
        let length = (start_length + text_length) as u64;
        Dictionary::parse(&text)
            .and_then(|dictionary| dictionary.interpret(length))
            .ok_or_else(|| "its header is not the dictionary that NumPy writes".into())
    }

    /// How many bytes the elements take; none where the type is unknown or the product overflows.
    pub fn data_length(&self) -> Option<u64> {
        let size = self.dtype.as_ref().ok()?.size() as u64;
        self.shape
            .iter()
            .try_fold(size, |product, &axis| product.checked_mul(axis as u64))
    }
}

/// The three values of the header, as written.
#[derive(Default)]
struct Dictionary {
    descr: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<usize>>,
}

impl Dictionary {
    fn parse(text: &[u8]) -> Option<Self> {
        let mut scanner = Scanner { rest: text };
        let mut dictionary = Self::default();
        scanner.expect(b'{')?;
        while !scanner.accept(b'}') {
            let key = scanner.string()?;
            scanner.expect(b':')?;
            match key.as_str() {
                "descr" if dictionary.descr.is_none() => {
                    dictionary.descr = Some(scanner.description()?);
                }
                "fortran_order" if dictionary.fortran_order.is_none() => {
                    dictionary.fortran_order = Some(scanner.boolean()?);
                }
                "shape" if dictionary.shape.is_none() => {
                    dictionary.shape = Some(scanner.shape()?);
                }
                _ => return None,
            }
            if !scanner.accept(b',') {
                scanner.expect(b'}')?;
                break;
            }
        }
        scanner.skip_space();
        scanner.rest.is_empty().then_some(dictionary)
    }

    fn interpret(self, length: u64) -> Option<Header> {
        let descr = self.descr?;
        Some(Header {
            dtype: element_type(&descr).ok_or_else(|| descr.clone()),
            big_endian: descr.starts_with('>'),
            fortran_order: self.fortran_order?,
            shape: self.shape?,
            length,
        })
    }
}

/// The element type behind NumPy's description, a byte order, a kind and a size: `<f4`.
fn element_type(descr: &str) -> Option<DType> {
    let (order, kind) = descr.split_at_checked(1)?;
    let dtype = match kind {
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "b1" => DType::Bool(BoolStore::Native),
        _ => return None,
    };
    let known = matches!(order, "<" | ">") || (order == "|" && dtype.size() == 1);
    known.then_some(dtype)
}

/// Reads the few Python literals that a header is made of.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &[u8] {
        let end = self.rest.iter().position(|&byte| !belongs(byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn string(&mut self) -> Option<String> {
        let quote = if self.accept(b'\'') {
            b'\''
        } else {
            self.expect(b'"')?;
            b'"'
        };
        let text = self.take_while(|byte| byte != quote).to_vec();
        self.expect(quote)?;
        String::from_utf8(text).ok()
    }

    /// An element type: a string, or the list of fields of a structured array, kept as it stands.
    fn description(&mut self) -> Option<String> {
        self.skip_space();
        if self.rest.first() != Some(&b'[') {
            return self.string();
        }
        let mut depth = 0;
        let end = self.rest.iter().position(|byte| {
            depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
            depth == 0
        })?;
        let (list, rest) = self.rest.split_at(end + 1);
        self.rest = rest;
        String::from_utf8(list.to_vec()).ok()
    }

    fn boolean(&mut self) -> Option<bool> {
        self.skip_space();
        match self.take_while(|byte| byte.is_ascii_alphabetic()) {
            b"True" => Some(true),
            b"False" => Some(false),
            _ => None,
        }
    }

    fn shape(&mut self) -> Option<Vec<usize>> {
        let mut shape = Vec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            self.skip_space();
            let digits = self.take_while(|byte| byte.is_ascii_digit());
            shape.push(str::from_utf8(digits).ok()?.parse().ok()?);
            // Python 2 wrote long integers with a suffix.
            self.accept(b'L');
            if !self.accept(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, text: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((text.len() as u16).to_le_bytes()),
            _ => bytes.extend((text.len() as u32).to_le_bytes()),
        }
        bytes.extend(text.as_bytes());
        bytes
    }

    fn parse(text: &str) -> Result<Header, String> {
        Header::read(header(1, text).as_slice())
    }

    #[test]
    fn a_header_as_numpy_writes_it_is_read() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }           \n";
        for version in 1..=3 {
            let bytes = header(version, text);
            let header = Header::read(bytes.as_slice()).unwrap();
            assert_eq!(header.dtype, Ok(DType::F32));
            assert_eq!(header.shape, [3, 4]);
            assert!(!header.fortran_order && !header.big_endian);
            assert_eq!(header.length, bytes.len() as u64);
            assert_eq!(header.data_length(), Some(48));
        }
    }

    #[test]
    fn the_spellings_of_shape_order_and_type_are_read() {
        let header = parse("{\"shape\":(7L,),\"descr\":\">i2\",\"fortran_order\":True}").unwrap();
        assert_eq!(header.shape, [7]);
        assert_eq!(header.dtype, Ok(DType::I16));
        assert!(header.fortran_order && header.big_endian);
        let scalar = parse("{'descr': '|b1', 'fortran_order': False, 'shape': ()}").unwrap();
        assert_eq!(scalar.shape, Vec::<usize>::new());
        assert_eq!(scalar.data_length(), Some(1));
    }

    #[test]
    fn types_that_networks_do_not_compute_with_keep_their_spelling() {
        for descr in ["<U3", "|O", "<c8", "<M8[ns]", "|f4", "f4", ""] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}");
            let header = parse(&text).unwrap();
            assert_eq!(header.dtype, Err(descr.to_owned()));
            assert_eq!(header.data_length(), None);
        }
        let fields = "[('a', '<f4', [2, 3]), ('b', '<i2')]";
        let text = format!("{{'descr': {fields}, 'fortran_order': False, 'shape': (1,)}}");
        assert_eq!(parse(&text).unwrap().dtype, Err(fields.to_owned()));
    }

    #[test]
    fn sizes_that_overflow_are_told_not_wrapped() {
        let text = "{'descr': '<f8', 'fortran_order': False, \
                    'shape': (4294967296, 4294967296, 4294967296)}";
        assert_eq!(parse(text).unwrap().data_length(), None);
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}";
        assert!(parse(text).is_err());
    }

    #[test]
    fn malformed_headers_are_refused() {
        let descr = "'descr': '<f4'";
        let order = "'fortran_order': False";
        for text in [
            String::new(),
            "{}".into(),
            "{'descr': '<f4'}".into(),
            format!("{{{descr}, {order}, 'shape': (3, -4)}}"),
            format!("{{{descr}, {order}, 'shape': (3 4)}}"),
            format!("{{{descr}, {order}, 'shape': (3,"),
            format!("{{{descr}, {descr}, {order}, 'shape': (3,)}}"),
            format!("{{{descr}, {order}, 'shape': (3,)}} more"),
            format!("{{{descr}, 'fortran_order': 0, 'shape': (3,)}}"),
            format!("{{{descr}, {order}, 'shape': (3,), 'extra': 1}}"),
            format!("{{'descr': {}", "[".repeat(9000)),
        ] {
            assert!(parse(&text).is_err(), "{text:.60}");
        }
    }

    #[test]
    fn a_header_that_claims_to_be_long_is_refused_before_it_is_read() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([2, 0]);
        bytes.extend(u32::MAX.to_le_bytes());
        let message = Header::read(bytes.as_slice()).unwrap_err();
        assert!(message.contains("4294967295"), "{message}");
    }
}
