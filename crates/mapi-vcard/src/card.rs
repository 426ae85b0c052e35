//! `Card`, `Line`: a vCard as it is written, decoded but not yet understood.

use crate::text;
use std::borrow::Cow;

/// A version of the format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Version {
    /// 2.1: read only.
    V2,
    /// 3.0.
    V3,
    /// 4.0.
    V4,
}

/// One card: its lines without BEGIN, VERSION and END.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// What the card says it is; a card that does not say is 3.0.
    pub version: Version,
    /// The lines, in their order.
    pub lines: Vec<Line>,
    /// Lines that are none, and cards within the card, which are not read.
    pub unread: usize,
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What stands before the point of `item1.TEL`, else empty.
    pub group: String,
    /// The name, in capitals.
    pub name: String,
    /// The parameters, in their order.
    pub params: Vec<Param>,
    /// What stands behind the colon.
    pub content: Content,
}

/// A parameter with its values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// The name, in capitals; a bare one of 2.1 is TYPE or ENCODING.
    pub name: String,
    /// The values.
    pub values: Vec<String>,
}

/// What stands behind the colon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Text, escaped as the version has it.
    Text(String),
    /// Bytes that were in base64.
    Binary(Vec<u8>),
}

impl Card {
    /// An empty card.
    pub fn new(version: Version) -> Self {
        Self { version, lines: Vec::new(), unread: 0 }
    }

    /// The lines of a name, which is in capitals.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The first text of a name, unescaped and trimmed; `None` where it is empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.all(name).map(|line| line.text(self.version)).find(|text| !text.is_empty())
    }

    /// What the card is called by whoever keeps it (UID).
    pub fn uid(&self) -> Option<String> {
        self.text("UID")
    }

    /// True for a list of people (KIND:group of 4.0, and what other programs write in 3.0).
    pub fn is_list(&self) -> bool {
        ["KIND", "X-ADDRESSBOOKSERVER-KIND"]
            .iter()
            .filter_map(|name| self.text(name))
            .any(|kind| kind.eq_ignore_ascii_case("group"))
    }

    pub(crate) fn push(&mut self, name: &str, params: &[(&str, &str)], content: Content) {
        let params = params.iter().map(|(name, value)| Param {
            name: (*name).to_owned(),
            values: value.split(',').map(str::to_owned).collect(),
        });
        self.lines.push(Line {
            group: String::new(),
            name: name.to_owned(),
            params: params.collect(),
            content,
        });
    }

    pub(crate) fn push_text(&mut self, name: &str, params: &[(&str, &str)], value: &str) {
        self.push(name, params, Content::Text(text::escaped(value)));
    }

    /// Several values in one, each escaped, with this between them; none where all are empty.
    pub(crate) fn push_parts(
        &mut self,
        name: &str,
        params: &[(&str, &str)],
        parts: &[Cow<'_, str>],
        between: char,
    ) {
        if parts.iter().all(|part| part.is_empty()) {
            return;
        }
        let parts: Vec<String> = parts.iter().map(|part| text::escaped(part)).collect();
        self.push(name, params, Content::Text(parts.join(&between.to_string())));
    }
}

impl Line {
    /// The text, unescaped and trimmed; of bytes the empty one.
    pub fn text(&self, version: Version) -> String {
        match &self.content {
            Content::Text(content) => text::unescaped(content, version).trim().to_owned(),
            Content::Binary(_) => String::new(),
        }
    }

    /// The parts of a text that semicolons divide, each unescaped and trimmed.
    pub fn parts(&self, version: Version) -> Vec<String> {
        self.divided(';', version)
    }

    /// The parts of a text that commas divide, each unescaped and trimmed, none of them empty.
    pub fn values(&self, version: Version) -> Vec<String> {
        let mut values = self.divided(',', version);
        values.retain(|value| !value.is_empty());
        values
    }

    fn divided(&self, divider: char, version: Version) -> Vec<String> {
        match &self.content {
            Content::Text(content) => text::divided(content, divider)
                .map(|part| text::unescaped(part, version).trim().to_owned())
                .collect(),
            Content::Binary(_) => Vec::new(),
        }
    }

    /// The first value of a parameter, whose name is in capitals.
    pub fn param(&self, name: &str) -> Option<&str> {
        let param = self.params.iter().find(|param| param.name == name)?;
        param.values.first().map(String::as_str)
    }

    /// Whether TYPE has this value, in any case.
    pub fn is_of_type(&self, kind: &str) -> bool {
        let types = self.params.iter().filter(|param| param.name == "TYPE");
        types.flat_map(|param| &param.values).any(|value| value.eq_ignore_ascii_case(kind))
    }

    /// How much the card prefers this line to others of its name: 1 most, 100 where it does not say.
    pub fn preference(&self) -> u8 {
        let said = self.param("PREF").and_then(|value| value.parse().ok());
        said.unwrap_or(if self.is_of_type("PREF") { 1 } else { 100 }).clamp(1, 100)
    }
}
