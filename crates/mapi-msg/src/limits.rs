//! What a reader accepts at most, so that a hostile file costs a bounded amount of work and memory.
//!
//! The figures are far above what real files need. Where one is passed the reader says so: with an
//! error where a whole object would be missing, with a [`Note`](crate::Note) where one property is.

/// Directory entries in one compound file, free ones included.
pub const CONTAINER_ENTRIES_MAX: usize = 1_000_000;
/// Storages within storages; the root is at depth 0.
pub const STORAGE_DEPTH_MAX: u16 = 512;
/// Messages embedded in messages; the file's own message is at depth 0.
pub const NESTING_MAX: u32 = 64;
/// Properties of one object.
pub const PROPERTIES_MAX: usize = 65_535;
/// Recipients of one message.
pub const RECIPIENTS_MAX: usize = 100_000;
/// Attachments of one message.
pub const ATTACHMENTS_MAX: usize = 100_000;
/// Names in the map of named properties: identifiers 0x8000 to 0xFFFE.
pub const NAMES_MAX: usize = 32_767;
/// UTF-16 units in the text of one property name.
pub const NAME_UNITS_MAX: usize = 1_024;
/// Values of one property that are kept in memory while properties are listed, in bytes.
///
/// A longer value is listed with its length and read through a stream.
pub const LARGE_VALUE_BYTES: u64 = 64 * 1024;
/// Files up to this many bytes are read into memory whole; of longer ones only what is asked for.
pub const WHOLE_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Small streams live in one stream of their own, kept in memory up to this many bytes.
pub const MINI_STREAM_WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// Notes kept by one reader; later ones are only counted.
pub const NOTES_MAX: usize = 1_000;
/// Recipients, and attachments, that Outlook opens in one file ([MS-OXMSG] 2.2.1, 2.2.2).
pub const OUTLOOK_ROWS_MAX: usize = 2_048;
