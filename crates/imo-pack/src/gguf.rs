//! GGUF files, version 3: the metadata and the tensors' places. Every length is checked before it
//! is used.

use std::collections::BTreeMap;
use std::str;

use crate::error::GgufError;

/// How deep lists may stand in lists.
const DEPTH: u32 = 8;

/// A value of the metadata.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the format's")]
pub enum Value<'a> {
    Unsigned(u64),
    Signed(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text(&'a str),
    /// A text that is not UTF-8.
    NotUtf8,
    List(List<'a>),
}

/// A list, as it lies in the file. Its elements were checked when the file was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct List<'a> {
    kind: u32,
    length: usize,
    bytes: &'a [u8],
}

impl<'a> List<'a> {
    /// Number of elements.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (kind, mut reader) = (self.kind, Reader { bytes: self.bytes, at: 0 });
        (0..self.length).map_while(move |_| reader.value("", kind, DEPTH).ok())
    }
}

/// A tensor's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Length of a row.
    pub columns: u64,
    /// Rows; 1 for a vector.
    pub rows: u64,
    /// The format's code.
    pub kind: u32,
    /// Where its bytes begin in the file.
    pub start: usize,
}

/// A model file: its values, and where its tensors are.
#[derive(Debug)]
pub struct Gguf<'a> {
    bytes: &'a [u8],
    values: BTreeMap<&'a str, Value<'a>>,
    tensors: BTreeMap<&'a str, TensorInfo>,
}

impl<'a> Gguf<'a> {
    /// Reads the head of a file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, GgufError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(4, "the magic number")? != b"GGUF" {
            return Err(GgufError::NotGguf);
        }
        let version = reader.u32("the version")?;
        if version.swap_bytes() == 3 {
            return Err(GgufError::BigEndian);
        }
        if version != 3 {
            return Err(GgufError::Version(version));
        }
        let tensor_count = reader.u64("the number of tensors")?;
        let value_count = reader.u64("the number of values")?;
        let mut values = BTreeMap::new();
        for _ in 0..value_count {
            let key = reader.text("a key")?;
            let kind = reader.u32("a value's type")?;
            let value = reader.value(key, kind, DEPTH)?;
            if values.insert(key, value).is_some() {
                return Err(GgufError::Twice(key.to_owned()));
            }
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let (name, tensor) = reader.tensor()?;
            if tensors.insert(name, tensor).is_some() {
                return Err(GgufError::Twice(name.to_owned()));
            }
        }
        let mut file = Self { bytes, values, tensors };
        file.place(reader.at)?;
        Ok(file)
    }

    /// Turns offsets within the tensor data to offsets within the file.
    fn place(&mut self, head: usize) -> Result<(), GgufError> {
        let alignment = match self.values.get("general.alignment") {
            None => 32,
            Some(Value::Unsigned(it)) if it.is_power_of_two() && *it <= 1 << 20 => *it,
            Some(_) => return Err(self.missing("general.alignment", "a power of two")),
        };
        let data = (head as u64).next_multiple_of(alignment);
        let data = usize::try_from(data).unwrap_or(usize::MAX);
        for (name, tensor) in &mut self.tensors {
            let start = tensor.start.checked_add(data).filter(|start| *start <= self.bytes.len());
            tensor.start = start.ok_or_else(|| GgufError::Tensor { name: (*name).to_owned() })?;
        }
        Ok(())
    }

    /// A tensor's place, if there is one with this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.get(name)
    }

    /// Names of all tensors.
    pub fn tensor_names(&self) -> impl Iterator<Item = &'a str> {
        self.tensors.keys().copied()
    }

    /// The first `length` bytes of a tensor.
    pub fn tensor_bytes(&self, name: &str, length: u64) -> Result<&'a [u8], GgufError> {
        let missing = || GgufError::Tensor { name: name.to_owned() };
        let tensor = self.tensors.get(name).ok_or_else(missing)?;
        let end = usize::try_from(length).ok().and_then(|length| tensor.start.checked_add(length));
        end.and_then(|end| self.bytes.get(tensor.start..end)).ok_or_else(missing)
    }

    /// A value.
    pub fn value(&self, key: &str) -> Option<Value<'a>> {
        self.values.get(key).copied()
    }

    /// The keys of all values.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.values.keys().copied()
    }

    /// A number of at most 32 bits.
    pub fn u32(&self, key: &str) -> Result<u32, GgufError> {
        let number = match self.values.get(key) {
            Some(Value::Unsigned(number)) => u32::try_from(*number).ok(),
            Some(Value::Signed(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.missing(key, "a 32-bit number"))
    }

    /// A binary32.
    pub fn f32(&self, key: &str) -> Result<f32, GgufError> {
        match self.values.get(key) {
            Some(Value::Float(number)) => Ok(*number),
            _ => Err(self.missing(key, "a binary32")),
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<&'a str, GgufError> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Ok(text),
            Some(Value::NotUtf8) => Err(self.missing(key, "a text in UTF-8")),
            _ => Err(self.missing(key, "a text")),
        }
    }

    /// A text, if the file has one.
    pub fn optional_text(&self, key: &str) -> Result<Option<&'a str>, GgufError> {
        self.values.get(key).map(|_| self.text(key)).transpose()
    }

    /// A list.
    pub fn list(&self, key: &str) -> Result<List<'a>, GgufError> {
        match self.values.get(key) {
            Some(Value::List(list)) => Ok(*list),
            _ => Err(self.missing(key, "a list")),
        }
    }

    fn missing(&self, key: &str, expected: &'static str) -> GgufError {
        GgufError::Key { key: key.to_owned(), expected }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], GgufError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(GgufError::Truncated { offset: self.bytes.len(), what })?;
        self.at += count;
        Ok(taken)
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(*self.take(4, what)?.first_chunk().expect("four bytes")))
    }

    fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(*self.take(8, what)?.first_chunk().expect("eight bytes")))
    }

    fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], GgufError> {
        let length = usize::try_from(self.u64(what)?).unwrap_or(usize::MAX);
        self.take(length, what)
    }

    fn text(&mut self, what: &'static str) -> Result<&'a str, GgufError> {
        let bytes = self.bytes(what)?;
        str::from_utf8(bytes).map_err(|_| GgufError::NotUtf8(self.at - bytes.len()))
    }

    fn value(&mut self, key: &str, kind: u32, depth: u32) -> Result<Value<'a>, GgufError> {
        let what = "a value";
        Ok(match kind {
            0 => Value::Unsigned(self.take(1, what)?[0].into()),
            1 => Value::Signed(self.take(1, what)?[0].cast_signed().into()),
            2 => Value::Unsigned(
                u16::from_le_bytes(*self.take(2, what)?.first_chunk().expect("two bytes")).into(),
            ),
            3 => Value::Signed(
                i16::from_le_bytes(*self.take(2, what)?.first_chunk().expect("two bytes")).into(),
            ),
            4 => Value::Unsigned(self.u32(what)?.into()),
            5 => Value::Signed(self.u32(what)?.cast_signed().into()),
            6 => Value::Float(f32::from_bits(self.u32(what)?)),
            7 => Value::Bool(self.take(1, what)?[0] != 0),
            8 => str::from_utf8(self.bytes(what)?).map_or(Value::NotUtf8, Value::Text),
            9 if depth > 0 => {
                let kind = self.u32("a list's type")?;
                let length = usize::try_from(self.u64("a list's length")?).unwrap_or(usize::MAX);
                let start = self.at;
                // Each element takes at least a byte, so a false length soon meets the file's end.
                for _ in 0..length {
                    self.value(key, kind, depth - 1)?;
                }
                Value::List(List { kind, length, bytes: &self.bytes[start..self.at] })
            }
            10 => Value::Unsigned(self.u64(what)?),
            11 => Value::Signed(self.u64(what)?.cast_signed()),
            12 => Value::Double(f64::from_bits(self.u64(what)?)),
            code => return Err(GgufError::ValueType { key: key.to_owned(), code }),
        })
    }

    fn tensor(&mut self) -> Result<(&'a str, TensorInfo), GgufError> {
        let what = "a tensor's description";
        let name = self.text(what)?;
        let dimensions = self.u32(what)?;
        let mut sizes = [1_u64; 4];
        if dimensions as usize > sizes.len() {
            return Err(GgufError::Tensor { name: name.to_owned() });
        }
        for size in &mut sizes[..dimensions as usize] {
            *size = self.u64(what)?;
        }
        let kind = self.u32(what)?;
        let start = usize::try_from(self.u64(what)?).unwrap_or(usize::MAX);
        let [columns, rows, rest @ ..] = sizes;
        let rows = rest.iter().try_fold(rows, |rows, size| rows.checked_mul(*size));
        match rows.filter(|rows| rows.checked_mul(columns).is_some()) {
            Some(rows) => Ok((name, TensorInfo { columns, rows, kind, start })),
            None => Err(GgufError::Tensor { name: name.to_owned() }),
        }
    }
}
