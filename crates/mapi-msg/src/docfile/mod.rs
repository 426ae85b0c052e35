//! `DocFile`: writes compound files ([MS-CFB]) in one go, front to back.
//!
//! The whole tree is gathered first, then laid out and written without seeking (`plan.rs`); the same
//! tree gives the same bytes. Reading is `container/`'s, changing a file in place is nobody's.
//!
//! What is written is what Windows asks for: siblings in order in balanced red-black trees, unused
//! bytes zero, the rest of the allocation table free, a whole number of sectors.

mod plan;

use crate::container::name_order;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use plan::Plan;
use std::borrow::Cow;
use std::io::Write;

const FREE: u32 = 0xFFFF_FFFF;
/// Units in the longest name.
const NAME_UNITS_MAX: usize = 31;

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
            // Each name is folded once: names of rows are long and begin alike.
            let mut named: Vec<(Vec<u8>, Place)> =
                children.drain(..).map(|place| (name_order(self.name(place)), place)).collect();
            named.sort_unstable();
            let mut pairs = named.iter().zip(named.iter().skip(1));
            if pairs.any(|((left, _), (right, _))| left == right) {
                let detail = "two elements of one storage have the same name";
                return Err(Error::new(ErrorCode::COLLISION, CALL, detail));
            }
            children.extend(named.into_iter().map(|(_, place)| place));
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

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{Container, ContainerStorage};
    use mapi_spi::storage::Storage;
    use std::io;
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
