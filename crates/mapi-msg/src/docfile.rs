//! `DocFile`: writes compound files ([MS-CFB]) in one go, front to back.
//!
//! The whole tree is gathered first, then laid out and written without seeking; the same tree gives
//! the same bytes. Reading is `container/`'s, changing a file in place is nobody's.
//!
//! What is written is what Windows asks for: siblings in order in balanced red-black trees, unused
//! bytes zero, the rest of the allocation table free, a whole number of sectors.

use crate::container::{MINI_CUTOFF, SIGNATURE, compare_names};
use crate::little_endian::{narrow, wide};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::borrow::Cow;
use std::io::{self, Write};

const FREE: u32 = 0xFFFF_FFFF;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
const HEADER_DIFAT_ENTRIES: usize = 109;
const ENTRY_BYTES: usize = 128;
const MINI_SECTOR_BYTES: usize = 64;
/// Units in the longest name.
const NAME_UNITS_MAX: usize = 31;
/// Bytes of the longest file; beyond 2 GiB the format has exceptions that nothing here needs.
const FILE_BYTES_MAX: u64 = 0x7FFF_0000;

/// Which of the two sector sizes a compound file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SectorSize {
    /// 512 bytes (version 3): what Outlook writes.
    #[default]
    Bytes512,
    /// 4,096 bytes (version 4).
    Bytes4096,
}

impl SectorSize {
    fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::Bytes4096 => 4096,
        }
    }
}

/// A place in the tree being gathered.
pub(crate) type Place = usize;

/// A compound file being gathered.
pub(crate) struct DocFile<'a> {
    sector: SectorSize,
    elements: Vec<Element<'a>>,
}

struct Element<'a> {
    name: Vec<u8>,
    class_id: Guid,
    /// The bytes of a stream; a storage has none.
    content: Option<Cow<'a, [u8]>>,
    elements: Vec<Place>,
    links: Links,
}

/// The place of an element in the tree of its storage.
#[derive(Clone, Copy)]
struct Links {
    left: u32,
    right: u32,
    child: u32,
    black: bool,
}

const UNLINKED: Links = Links { left: FREE, right: FREE, child: FREE, black: true };

impl<'a> DocFile<'a> {
    /// The root storage.
    pub(crate) const ROOT: Place = 0;

    /// An empty file.
    pub(crate) fn new(sector: SectorSize, class_id: Guid) -> Self {
        let root = Element {
            name: utf16("Root Entry"),
            class_id,
            content: None,
            elements: Vec::new(),
            links: UNLINKED,
        };
        Self { sector, elements: vec![root] }
    }

    /// Adds a storage.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER`: the name is empty or longer than 31 UTF-16 units.
    pub(crate) fn add_storage(&mut self, parent: Place, name: &str, class_id: Guid) -> Result<Place> {
        self.add(parent, name, class_id, None)
    }

    /// Adds a stream.
    ///
    /// # Errors
    /// As [`DocFile::add_storage`].
    pub(crate) fn add_stream(
        &mut self,
        parent: Place,
        name: &str,
        content: impl Into<Cow<'a, [u8]>>,
    ) -> Result<Place> {
        self.add(parent, name, Guid::NULL, Some(content.into()))
    }

    fn add(
        &mut self,
        parent: Place,
        name: &str,
        class_id: Guid,
        content: Option<Cow<'a, [u8]>>,
    ) -> Result<Place> {
        let name = utf16(name);
        if name.is_empty() || name.len() / 2 > NAME_UNITS_MAX {
            let detail = "the name of a stream or storage is empty or longer than 31 units";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
        }
        let place = self.elements.len();
        self.elements.push(Element { name, class_id, content, elements: Vec::new(), links: UNLINKED });
        if let Some(parent) = self.elements.get_mut(parent) {
            parent.elements.push(place);
        }
        Ok(place)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: two elements of one storage have the same name.
    /// - `MAPI_E_TOO_BIG`: the file would be longer than 2 GiB.
    /// - `MAPI_E_DISK_ERROR`: `out` cannot be written.
    pub(crate) fn write(mut self, out: &mut dyn Write) -> Result<()> {
        self.link()?;
        let plan = Plan::of(&self)?;
        plan.write(&self, out).map_err(|error| {
            Error::new(ErrorCode::DISK_ERROR, CALL, "the file cannot be written").with_source(error)
        })
    }

    /// Makes the elements of every storage a balanced tree.
    fn link(&mut self) -> Result<()> {
        for storage in 0..self.elements.len() {
            let mut children = match self.elements.get_mut(storage) {
                Some(element) => std::mem::take(&mut element.elements),
                None => continue,
            };
            children.sort_by(|left, right| compare_names(self.name(*left), self.name(*right)));
            let mut pairs = children.iter().zip(children.iter().skip(1));
            if pairs.any(|(left, right)| compare_names(self.name(*left), self.name(*right)).is_eq()) {
                let detail = "two elements of one storage have the same name";
                return Err(Error::new(ErrorCode::COLLISION, CALL, detail));
            }
            self.balance(storage, &children);
        }
        Ok(())
    }

    fn name(&self, place: Place) -> &[u8] {
        self.elements.get(place).map_or(&[], |element| &element.name)
    }

    /// Links sorted elements by halves. All leaves end up on the last two levels; the elements of
    /// the last one are red, which makes the tree a red-black one.
    fn balance(&mut self, storage: Place, sorted: &[Place]) {
        let last_level = sorted.len().checked_ilog2().unwrap_or_default();
        let mut waiting = vec![(sorted, storage, Side::Child, 0_u32)];
        while let Some((slice, parent, side, level)) = waiting.pop() {
            let (before, rest) = slice.split_at(slice.len() / 2);
            let Some((middle, after)) = rest.split_first() else { continue };
            let index = u32::try_from(*middle).unwrap_or(FREE);
            if let Some(parent) = self.elements.get_mut(parent) {
                match side {
                    Side::Child => parent.links.child = index,
                    Side::Left => parent.links.left = index,
                    Side::Right => parent.links.right = index,
                }
            }
            if let Some(element) = self.elements.get_mut(*middle) {
                element.links.black = level == 0 || level < last_level;
            }
            waiting.push((before, *middle, Side::Left, level.saturating_add(1)));
            waiting.push((after, *middle, Side::Right, level.saturating_add(1)));
        }
    }
}

const CALL: &str = "write_message";

#[derive(Clone, Copy)]
enum Side {
    Child,
    Left,
    Right,
}

/// Where everything comes to lie, in sectors after the header.
struct Plan {
    sector_bytes: usize,
    fat_sectors: usize,
    difat_sectors: usize,
    directory: Span,
    mini_fat: Span,
    mini_stream: Span,
    /// First sector, or first small sector, of each element's stream.
    starts: Vec<u32>,
    mini_sectors: usize,
    /// Sectors of the streams that are not small, in order.
    streams: Vec<Span>,
}

/// Consecutive sectors.
#[derive(Clone, Copy, Default)]
struct Span {
    first: usize,
    count: usize,
}

impl Span {
    fn start(self) -> u32 {
        if self.count == 0 { END_OF_CHAIN } else { u32::try_from(self.first).unwrap_or(END_OF_CHAIN) }
    }
}

impl Plan {
    fn of(file: &DocFile<'_>) -> Result<Self> {
        let sector_bytes = file.sector.bytes();
        let contents = || file.elements.iter().map(|element| element.content.as_deref().unwrap_or_default());
        let content_bytes: u64 = contents().map(|content| wide(content.len())).fold(0, u64::saturating_add);
        let entry_bytes = wide(file.elements.len()).saturating_mul(wide(ENTRY_BYTES));
        if content_bytes.saturating_add(entry_bytes) > FILE_BYTES_MAX {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "the file would be longer than 2 GiB"));
        }
        let is_small = |content: &[u8]| wide(content.len()) < MINI_CUTOFF;
        let mini_sectors: usize =
            contents().filter(|content| is_small(content)).map(|c| c.len().div_ceil(MINI_SECTOR_BYTES)).sum();
        let of_bytes = |bytes: usize| bytes.div_ceil(sector_bytes);
        let directory = of_bytes(file.elements.len().saturating_mul(ENTRY_BYTES));
        let mini_fat = of_bytes(mini_sectors.saturating_mul(4));
        let mini_stream = of_bytes(mini_sectors.saturating_mul(MINI_SECTOR_BYTES));
        let large: usize = contents().filter(|content| !is_small(content)).map(|c| of_bytes(c.len())).sum();
        let data = [directory, mini_fat, mini_stream, large].into_iter().fold(0, usize::saturating_add);
        let (fat_sectors, difat_sectors) = table_sectors(data, sector_bytes);
        let mut next = fat_sectors.saturating_add(difat_sectors);
        let mut span = |count: usize| {
            let first = next;
            next = next.saturating_add(count);
            Span { first, count }
        };
        let (directory, mini_fat, mini_stream) = (span(directory), span(mini_fat), span(mini_stream));
        let (mut starts, mut streams, mut next_small) = (Vec::new(), Vec::new(), 0_usize);
        for content in contents() {
            starts.push(match (content.is_empty(), is_small(content)) {
                (true, _) => END_OF_CHAIN,
                (false, true) => {
                    let first = next_small;
                    next_small = next_small.saturating_add(content.len().div_ceil(MINI_SECTOR_BYTES));
                    u32::try_from(first).unwrap_or(END_OF_CHAIN)
                }
                (false, false) => {
                    streams.push(span(of_bytes(content.len())));
                    streams.last().map_or(END_OF_CHAIN, |span| span.start())
                }
            });
        }
        let plan = Self {
            sector_bytes,
            fat_sectors,
            difat_sectors,
            directory,
            mini_fat,
            mini_stream,
            starts,
            mini_sectors,
            streams,
        };
        Ok(plan)
    }

    fn write(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.write_header(file, out)?;
        self.write_fat(out)?;
        self.write_difat(out)?;
        self.write_directory(file, out)?;
        self.write_mini_fat(file, out)?;
        let contents = || file.elements.iter().filter_map(|element| element.content.as_deref());
        for content in contents().filter(|content| wide(content.len()) < MINI_CUTOFF) {
            padded(out, content, MINI_SECTOR_BYTES)?;
        }
        let mini_bytes = self.mini_sectors.saturating_mul(MINI_SECTOR_BYTES);
        padding(out, mini_bytes, self.sector_bytes, 0)?;
        for content in contents().filter(|content| wide(content.len()) >= MINI_CUTOFF) {
            padded(out, content, self.sector_bytes)?;
        }
        out.flush()
    }

    fn write_header(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let wide_sectors = file.sector == SectorSize::Bytes4096;
        let (major, shift) = if wide_sectors { (4_u16, 12_u16) } else { (3, 9) };
        let mut header = SIGNATURE.to_vec();
        header.extend_from_slice(&[0; 16]);
        for number in [0x3E, major, 0xFFFE, shift, 6, 0, 0, 0] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(FREE);
        let difat = Span { first: self.fat_sectors, count: self.difat_sectors };
        let numbers = [
            if wide_sectors { count(self.directory.count) } else { 0 },
            count(self.fat_sectors),
            self.directory.start(),
            0,
            u32::try_from(MINI_CUTOFF).unwrap_or_default(),
            self.mini_fat.start(),
            count(self.mini_fat.count),
            difat.start(),
            count(self.difat_sectors),
        ];
        for number in numbers {
            header.extend_from_slice(&number.to_le_bytes());
        }
        for place in 0..HEADER_DIFAT_ENTRIES {
            let sector = if place < self.fat_sectors { count(place) } else { FREE };
            header.extend_from_slice(&sector.to_le_bytes());
        }
        padded(out, &header, self.sector_bytes)
    }

    fn write_fat(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut fat = Vec::with_capacity(self.fat_sectors.saturating_mul(self.sector_bytes));
        for _ in 0..self.fat_sectors {
            fat.extend_from_slice(&FAT_SECTOR.to_le_bytes());
        }
        for _ in 0..self.difat_sectors {
            fat.extend_from_slice(&DIFAT_SECTOR.to_le_bytes());
        }
        let spans = [self.directory, self.mini_fat, self.mini_stream].into_iter();
        for span in spans.chain(self.streams.iter().copied()) {
            chain(&mut fat, span);
        }
        out.write_all(&fat)?;
        padding(out, fat.len(), self.sector_bytes, 0xFF)
    }

    /// Writes the sectors that list the table's own sectors beyond those in the header.
    fn write_difat(&self, out: &mut dyn Write) -> io::Result<()> {
        let per_sector = (self.sector_bytes / 4).saturating_sub(1);
        let mut listed = HEADER_DIFAT_ENTRIES;
        for sector in 0..self.difat_sectors {
            for _ in 0..per_sector {
                let number =
                    if listed < self.fat_sectors { u32::try_from(listed).unwrap_or(FREE) } else { FREE };
                out.write_all(&number.to_le_bytes())?;
                listed = listed.saturating_add(1);
            }
            let next = sector.saturating_add(1);
            let link = match next < self.difat_sectors {
                true => u32::try_from(self.fat_sectors.saturating_add(next)).unwrap_or(END_OF_CHAIN),
                false => END_OF_CHAIN,
            };
            out.write_all(&link.to_le_bytes())?;
        }
        Ok(())
    }

    fn write_directory(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mini_bytes = wide(self.mini_sectors.saturating_mul(MINI_SECTOR_BYTES));
        for (place, (element, start)) in file.elements.iter().zip(&self.starts).enumerate() {
            let (kind, start, size) = match (&element.content, place) {
                (Some(content), _) => (2_u8, *start, wide(content.len())),
                (None, DocFile::ROOT) => (5, self.mini_stream.start(), mini_bytes),
                (None, _) => (1, 0, 0),
            };
            out.write_all(&directory_entry(element, kind, start, size))?;
        }
        let used = file.elements.len().saturating_mul(ENTRY_BYTES);
        let free = self.directory.count.saturating_mul(self.sector_bytes).saturating_sub(used) / ENTRY_BYTES;
        let free_entry = {
            let mut entry = [0_u8; 68].to_vec();
            entry.extend_from_slice(&[0xFF; 12]);
            entry.resize(ENTRY_BYTES, 0);
            entry
        };
        (0..free).try_for_each(|_| out.write_all(&free_entry))
    }

    fn write_mini_fat(&self, file: &DocFile<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Vec::with_capacity(self.mini_fat.count.saturating_mul(self.sector_bytes));
        let mut first = 0_usize;
        for content in file.elements.iter().filter_map(|element| element.content.as_deref()) {
            if wide(content.len()) < MINI_CUTOFF {
                let count = content.len().div_ceil(MINI_SECTOR_BYTES);
                chain(&mut table, Span { first, count });
                first = first.saturating_add(count);
            }
        }
        out.write_all(&table)?;
        padding(out, table.len(), self.sector_bytes, 0xFF)
    }
}

/// Sectors that the allocation table takes, and those that list it beyond the header.
fn table_sectors(data: usize, sector_bytes: usize) -> (usize, usize) {
    let per_sector = sector_bytes / 4;
    let (mut fat, mut difat) = (0_usize, 0_usize);
    loop {
        let all = data.saturating_add(fat).saturating_add(difat);
        let needed = all.div_ceil(per_sector.max(1));
        let beyond = needed.saturating_sub(HEADER_DIFAT_ENTRIES);
        let listing = beyond.div_ceil(per_sector.saturating_sub(1).max(1));
        if (needed, listing) == (fat, difat) {
            return (fat, difat);
        }
        (fat, difat) = (needed.max(fat), listing.max(difat));
    }
}

/// Appends the links of consecutive sectors.
fn chain(table: &mut Vec<u8>, span: Span) {
    for step in 1..=span.count {
        let next = match step == span.count {
            true => END_OF_CHAIN,
            false => u32::try_from(span.first.saturating_add(step)).unwrap_or(END_OF_CHAIN),
        };
        table.extend_from_slice(&next.to_le_bytes());
    }
}

fn directory_entry(element: &Element<'_>, kind: u8, start: u32, size: u64) -> Vec<u8> {
    let mut entry = element.name.clone();
    entry.resize(64, 0);
    let name_bytes = element.name.len().saturating_add(2);
    entry.extend_from_slice(&u16::try_from(name_bytes).unwrap_or_default().to_le_bytes());
    entry.push(kind);
    entry.push(u8::from(element.links.black));
    for link in [element.links.left, element.links.right, element.links.child] {
        entry.extend_from_slice(&link.to_le_bytes());
    }
    entry.extend_from_slice(&element.class_id.0);
    // State bits and the two times stay zero, so that the same message gives the same file.
    entry.resize(116, 0);
    entry.extend_from_slice(&start.to_le_bytes());
    entry.extend_from_slice(&size.to_le_bytes());
    entry
}

fn padded(out: &mut dyn Write, bytes: &[u8], unit: usize) -> io::Result<()> {
    out.write_all(bytes)?;
    padding(out, bytes.len(), unit, 0)
}

/// Fills up to a whole number of units.
fn padding(out: &mut dyn Write, len: usize, unit: usize, byte: u8) -> io::Result<()> {
    let missing = len.next_multiple_of(unit.max(1)).saturating_sub(len);
    out.write_all(&vec![byte; narrow(wide(missing))])
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{Container, ContainerStorage};
    use mapi_spi::storage::Storage;
    use std::sync::Arc;

    fn file(sector: SectorSize, streams: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut file = DocFile::new(sector, Guid([7; 16]));
        let inner = file.add_storage(DocFile::ROOT, "inner", Guid([9; 16])).unwrap();
        for (name, bytes) in streams {
            file.add_stream(inner, name, bytes.clone()).unwrap();
        }
        let mut out = Vec::new();
        file.write(&mut out).unwrap();
        out
    }

    fn check(sector: SectorSize, sizes: &[usize]) {
        let content = |size: usize, seed: usize| (0..size).map(|at| ((at * 31) ^ seed) as u8).collect();
        let streams: Vec<(String, Vec<u8>)> =
            sizes.iter().enumerate().map(|(at, size)| (format!("s{at}"), content(*size, at))).collect();
        let bytes = file(sector, &streams);
        assert_eq!(bytes.len() % sector.bytes(), 0);
        let container = Arc::new(Container::from_source(bytes).unwrap());
        assert_eq!(container.notes(), [], "{sizes:?}");
        let root = ContainerStorage::root(container);
        assert_eq!(root.stat().unwrap().class_id, Guid([7; 16]));
        let inner = root.open_storage("INNER").unwrap();
        assert_eq!(inner.stat().unwrap().class_id, Guid([9; 16]));
        assert_eq!(inner.elements().unwrap().len(), streams.len());
        for (name, expect) in &streams {
            let stream = inner.open_stream(name).unwrap();
            let mut found = vec![0; expect.len() + 1];
            let mut cursor = mapi_spi::stream::StreamCursor::new(stream);
            let mut count = 0;
            while let Ok(read @ 1..) = io::Read::read(&mut cursor, &mut found[count..]) {
                count += read;
            }
            assert!(found[..count] == expect[..], "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_without_a_note() {
        for sector in [SectorSize::Bytes512, SectorSize::Bytes4096] {
            check(sector, &[]);
            check(sector, &[0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000]);
            check(sector, &[3; 1000]);
        }
    }

    #[test]
    fn a_long_file_lists_its_allocation_sectors_in_further_sectors() {
        // 109 sectors of the table cover 6.8 MiB, each further listing sector 7.9 MiB.
        for size in [6_800_000, 7_000_000, 7_200_000, 16_000_000] {
            check(SectorSize::Bytes512, &[size, 10]);
        }
    }

    #[test]
    fn names_collide_without_regard_to_case() {
        let mut file = DocFile::new(SectorSize::Bytes512, Guid::NULL);
        file.add_stream(DocFile::ROOT, "name", Vec::new()).unwrap();
        file.add_stream(DocFile::ROOT, "NAME", Vec::new()).unwrap();
        assert_eq!(file.write(&mut Vec::new()).unwrap_err().code(), ErrorCode::COLLISION);
        let mut file = DocFile::new(SectorSize::Bytes512, Guid::NULL);
        let error = file.add_stream(DocFile::ROOT, &"n".repeat(32), Vec::new()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::INVALID_PARAMETER);
    }

    #[test]
    fn siblings_form_red_black_trees() {
        for count in 1..200_u32 {
            let mut file = DocFile::new(SectorSize::Bytes512, Guid::NULL);
            for index in 0..count {
                file.add_stream(DocFile::ROOT, &format!("{index}"), Vec::new()).unwrap();
            }
            file.link().unwrap();
            let root = file.elements[0].links.child;
            assert!(file.elements[root as usize].links.black);
            black_height(&file, root, true);
        }
    }

    fn black_height(file: &DocFile<'_>, index: u32, parent_black: bool) -> u32 {
        if index == FREE {
            return 1;
        }
        let links = file.elements[index as usize].links;
        assert!(parent_black || links.black, "a red element has a red child");
        let left = black_height(file, links.left, links.black);
        let right = black_height(file, links.right, links.black);
        assert_eq!(left, right);
        left + u32::from(links.black)
    }
}
