//! Which entities are the bodies of a message and which are its files, and the properties of the bodies.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.2.3.3 (body text).
//!
//! # Differs
//! Texts behind the first are files of their own, as Exchange makes them; nothing is appended to the body.
//! HTML without text beside it gets no text: a store or a reader makes it when asked.

use crate::encoding::with_crlf;
use crate::from_mime::charset::{self, Charset};
use crate::from_mime::described::Described;
use crate::from_mime::entities::{Entities, Entity, Kind};
use crate::from_mime::flowed::unflowed;
use crate::from_mime::limits::Budget;
use crate::from_mime::options::FromOptions;
use crate::from_mime::transfer::decoded;
use crate::from_mime::values::identifier;
use mapi_defs::Result;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags;
use mapi_rtf::codepage::WINDOWS_1252;
use std::borrow::Cow;

/// An entity that is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) entity: usize,
    pub(crate) place: Place,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Beside the bodies.
    Mixed,
    /// Beside the HTML that may show it.
    Related,
    /// A form of the text that was not chosen.
    Alternative,
}

/// The entities of a message, sorted.
#[derive(Default)]
pub(crate) struct Sorted {
    pub(crate) plain: Option<usize>,
    pub(crate) html: Option<usize>,
    pub(crate) files: Vec<File>,
}

impl Sorted {
    /// Sorts the entities below `root`.
    pub(crate) fn of(entities: &Entities<'_>, root: usize) -> Self {
        let mut sorted = Self::default();
        sorted.sort(entities, root, Place::Mixed, true);
        sorted
    }

    fn has_body(&self) -> bool {
        self.plain.is_some() || self.html.is_some()
    }

    /// Goes down at most as deep as multiparts may be nested.
    fn sort(&mut self, entities: &Entities<'_>, index: usize, place: Place, is_first: bool) {
        let Some(entity) = entities.get(index) else { return };
        if entity.kind != Kind::Multipart {
            return self.sort_leaf(entities, index, place, is_first);
        }
        let described = described(entities, index, entity);
        if described.is("multipart", "alternative") {
            self.sort_alternatives(entities, entity, place);
        } else if described.is("multipart", "related") {
            let root = related_root(entities, entity, &described);
            if let Some(root) = root {
                self.sort(entities, root, place, is_first);
            }
            for child in entity.children.iter().filter(|child| Some(**child) != root) {
                self.sort_files(entities, *child, Place::Related);
            }
        } else {
            for (position, child) in entity.children.iter().enumerate() {
                self.sort(entities, *child, place, is_first && position == 0);
            }
        }
    }

    fn sort_leaf(&mut self, entities: &Entities<'_>, index: usize, place: Place, is_first: bool) {
        let Some(entity) = entities.get(index) else { return };
        let described = described(entities, index, entity);
        let is_named = described.file_name().is_some()
            && (!is_first || described.disposition_parameter("filename").is_some());
        let is_shown =
            entity.kind == Kind::Leaf && !described.is_attachment() && !is_named && !self.has_body();
        // A multipart without parts is text that nobody can part.
        let is_broken = described.media_type().starts_with("multipart/");
        if is_shown && described.is("text", "html") {
            self.html = Some(index);
        } else if is_shown && (described.is("text", "plain") || is_broken) {
            self.plain = Some(index);
        } else if !is_nothing(entities, index, entity) {
            self.files.push(File { entity: index, place });
        }
    }

    /// The last form of each kind is the best; the others stay as files.
    fn sort_alternatives(&mut self, entities: &Entities<'_>, entity: &Entity, place: Place) {
        let (mut plain, mut html) = (None, None);
        for child in &entity.children {
            let mut form = Self::default();
            form.sort(entities, *child, Place::Mixed, true);
            for (best, found) in [(&mut plain, form.plain), (&mut html, form.html)] {
                if let Some(found) = found
                    && let Some(worse) = best.replace(found)
                {
                    self.files.push(File { entity: worse, place: Place::Alternative });
                }
            }
            self.files.extend(form.files);
        }
        if self.has_body() {
            let both = plain.into_iter().chain(html);
            self.files.extend(both.map(|entity| File { entity, place }));
        } else {
            (self.plain, self.html) = (plain, html);
        }
    }

    /// All leaves below are files.
    fn sort_files(&mut self, entities: &Entities<'_>, index: usize, place: Place) {
        match entities.get(index) {
            Some(entity) if entity.kind == Kind::Multipart => {
                entity.children.iter().for_each(|child| self.sort_files(entities, *child, place));
            }
            Some(entity) if !is_nothing(entities, index, entity) => {
                self.files.push(File { entity: index, place });
            }
            _ => {}
        }
    }
}

fn described<'x>(entities: &Entities<'x>, index: usize, entity: &Entity) -> Described<'x> {
    Described::read(entities.header(index), entity.in_digest)
}

/// Parts without header and body say nothing.
fn is_nothing(entities: &Entities<'_>, index: usize, entity: &Entity) -> bool {
    entity.header.is_empty() && entities.body(index).trim_ascii().is_empty()
}

/// The part that a multipart/related names as its start, else the first.
fn related_root(entities: &Entities<'_>, entity: &Entity, described: &Described<'_>) -> Option<usize> {
    let start = described.parameter("start").map(|start| identifier(start.as_bytes(), WINDOWS_1252));
    let named = |child: &&usize| {
        let id = Described::read(entities.header(**child), false).id;
        start.as_ref().is_some_and(|start| !id.is_empty() && identifier(id, WINDOWS_1252) == *start)
    };
    entity.children.iter().find(named).or_else(|| entity.children.first()).copied()
}

/// Writes the bodies; answers the octets of the HTML.
pub(crate) fn write_bodies<'x>(
    entities: &Entities<'x>,
    sorted: &Sorted,
    options: &FromOptions,
    message: &mut MessageObject,
    budget: &mut Budget,
) -> Result<Option<Cow<'x, [u8]>>> {
    if let Some(index) = sorted.plain {
        let described = Described::read(entities.header(index), false);
        let octets = decoded(entities.body(index), described.transfer());
        write_text(&octets, Some(&described), options, message, budget)?;
    }
    let html = sorted.html.map(|index| {
        let described = Described::read(entities.header(index), false);
        let octets = decoded(entities.body(index), described.transfer());
        charset::html(octets, described.parameter("charset"), options.code_page)
    });
    let Some((octets, page)) = html.filter(|(octets, _)| !octets.is_empty()) else { return Ok(None) };
    budget.octets(octets.len())?;
    message.properties.push(Property::new(tags::PR_HTML, octets.to_vec()));
    // The charset of the HTML is that of the message.
    message.properties.retain(|property| property.tag != tags::PR_INTERNET_CPID);
    push_code_page(page, message);
    Ok(Some(octets))
}

/// Writes the text of a message out of decoded octets.
pub(crate) fn write_text(
    octets: &[u8],
    described: Option<&Described<'_>>,
    options: &FromOptions,
    message: &mut MessageObject,
    budget: &mut Budget,
) -> Result<()> {
    let name = described.and_then(|described| described.parameter("charset"));
    let charset = Charset::of_text(name, octets, options.code_page);
    let text = charset.text(octets);
    let text = match described.filter(|described| is_flowed(described)) {
        Some(described) => unflowed(&text, deletes_spaces(described)),
        None => text,
    };
    let text = with_crlf(Cow::Owned(text.into_bytes())).into_owned();
    let mut text = String::from_utf8(text).unwrap_or_default();
    if text.contains('\0') {
        text.retain(|letter| letter != '\0');
    }
    budget.octets(text.len())?;
    if !text.is_empty() {
        message.properties.push(Property::new(tags::PR_BODY, text));
    }
    push_code_page(charset.code_page(), message);
    Ok(())
}

fn push_code_page(page: u32, message: &mut MessageObject) {
    let page = i32::try_from(page).ok();
    message.properties.extend(page.map(|page| Property::new(tags::PR_INTERNET_CPID, page)));
}

fn is_flowed(described: &Described<'_>) -> bool {
    described.parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
}

fn deletes_spaces(described: &Described<'_>) -> bool {
    described.parameter("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"))
}
