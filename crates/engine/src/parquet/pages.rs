//! The pages of a column, one after the other.

use super::dictionary::Dictionary;
use super::header::{Header, PLAIN, PageKind, RLE_DICTIONARY};
use super::hybrid::put_hybrid;
use super::values::{Column, PhysicalType};

/// A page ends with the value that brings it to this many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// The pages of a column, as they are in the file.
#[derive(Debug)]
pub struct ColumnPages {
    /// All of them.
    pub bytes: Vec<u8>,
    /// What they would take if they were not packed, with their headers.
    pub unpacked: usize,
    /// The bytes of the dictionary's page, which comes first; 0 = there is none.
    pub dictionary: usize,
}

/// A page of more than 2 GiB, as it has a value of that size. Parquet has no larger ones.
#[derive(Debug)]
pub struct PageTooLarge;

/// Writes all values of a column, packed by `pack`, to data pages of version 2.
///
/// # Errors
/// When a page would be too large.
///
/// # Panics
/// When a value is null in a column that is not optional.
pub fn write_pages(column: Column<'_>, pack: impl Fn(&[u8]) -> Vec<u8>) -> Result<ColumnPages, PageTooLarge> {
    assert!(column.is_optional || !column.has_nulls(), "a column without nulls has one");
    let mut out = Writer { pages: ColumnPages { bytes: Vec::new(), unpacked: 0, dictionary: 0 }, pack };
    let dictionary = Dictionary::of(column);
    let (mut indices, width) = match &dictionary {
        Some(dictionary) => {
            out.put_dictionary(column.physical, &dictionary.values)?;
            (Some(dictionary.indices.iter().copied()), dictionary.width())
        }
        None => (None, 0),
    };
    let mut page = Page::default();
    for value in column.values() {
        page.levels.push(u32::from(value.is_some()));
        match (value, &mut indices) {
            (None, _) => {}
            (Some(_), Some(indices)) => page.indices.extend(indices.next()),
            (Some(value), None) => page.put(column.physical, value),
        }
        if page.bytes.len() + page.indices.len() * size_of::<u32>() >= PAGE_BYTES {
            out.put_page(&mut page, column.is_optional, width)?;
        }
    }
    if !page.levels.is_empty() {
        out.put_page(&mut page, column.is_optional, width)?;
    }
    Ok(out.pages)
}

/// What is in a page.
#[derive(Default)]
struct Page {
    /// For each row 1 where it is not null.
    levels: Vec<u32>,
    /// Of values that are in a dictionary.
    indices: Vec<u32>,
    /// Of all other values.
    bytes: Vec<u8>,
    /// The values of one bit that are in `bytes`.
    bits: usize,
}

impl Page {
    fn put(&mut self, physical: PhysicalType, value: &[u8]) {
        match physical {
            PhysicalType::ByteArray => {
                self.bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
                self.bytes.extend_from_slice(value);
            }
            PhysicalType::Number => self.bytes.extend_from_slice(value),
            PhysicalType::Boolean => {
                if self.bits.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                if let (Some(last), Some(&bit)) = (self.bytes.last_mut(), value.first()) {
                    *last |= (bit & 1) << (self.bits % 8);
                }
                self.bits += 1;
            }
        }
    }

    fn clear(&mut self) {
        self.levels.clear();
        self.indices.clear();
        self.bytes.clear();
        self.bits = 0;
    }
}

struct Writer<P> {
    pages: ColumnPages,
    pack: P,
}

impl<P: Fn(&[u8]) -> Vec<u8>> Writer<P> {
    fn put_dictionary(&mut self, physical: PhysicalType, values: &[&[u8]]) -> Result<(), PageTooLarge> {
        let mut page = Page::default();
        for value in values {
            page.put(physical, value);
        }
        self.put(PageKind::Dictionary, &[values.len() as u32, PLAIN], &[], &page.bytes)?;
        self.pages.dictionary = self.pages.bytes.len();
        Ok(())
    }

    /// Appends a page of values, and clears it. `width` is the bits of an index, 0 = there are none.
    fn put_page(&mut self, page: &mut Page, is_optional: bool, width: u32) -> Result<(), PageTooLarge> {
        let rows = page.levels.len() as u32;
        let nulls = rows - page.levels.iter().sum::<u32>();
        let mut levels = Vec::new();
        if is_optional {
            put_hybrid(&mut levels, &page.levels, 1);
        }
        if width > 0 {
            page.bytes.push(width as u8);
            put_hybrid(&mut page.bytes, &page.indices, width);
        }
        let encoding = if width > 0 { RLE_DICTIONARY } else { PLAIN };
        self.put(PageKind::DataV2, &[rows, nulls, rows, encoding, levels.len() as u32, 0], &levels, &page.bytes)?;
        page.clear();
        Ok(())
    }

    /// Appends a header, levels, and values, which are packed.
    fn put(&mut self, page: PageKind, fields: &[u32], levels: &[u8], values: &[u8]) -> Result<(), PageTooLarge> {
        let size = |bytes: usize| i32::try_from(levels.len() + bytes).map(i32::cast_unsigned).map_err(|_| PageTooLarge);
        let unpacked = size(values.len())?;
        let values = (self.pack)(values);
        let header = Header { page, fields, unpacked, packed: size(values.len())? };
        let start = self.pages.bytes.len();
        header.put(&mut self.pages.bytes);
        self.pages.unpacked += self.pages.bytes.len() - start + unpacked as usize;
        self.pages.bytes.extend_from_slice(levels);
        self.pages.bytes.extend_from_slice(&values);
        Ok(())
    }
}
