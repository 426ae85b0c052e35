//! HTML cut into tags, entities, line ends and text, losing nothing: the pieces joined are the HTML.
//!
//! This is no HTML parser: it finds where tags end, no more, and gives sense to any input.

/// One piece of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A start or end tag.
    Tag {
        /// Its name as written.
        name: &'a str,
        /// Whether it is an end tag.
        closing: bool,
        /// The whole tag.
        source: &'a str,
    },
    /// A comment, declaration, style sheet, script or title: nothing of it is text.
    Hidden {
        /// What it is, as the number of an `\htmltag`.
        number: u32,
        /// The whole of it.
        source: &'a str,
    },
    /// A character reference, or an angle bracket that opens or closes nothing.
    Entity {
        /// The reference as written.
        source: &'a str,
        /// The character it stands for.
        meaning: char,
    },
    /// CR LF, CR or LF between tags.
    LineEnd(&'a str),
    /// Text without any of these.
    Text(&'a str),
}

/// Says whether an element may stand before the text of a document without being part of it.
pub(super) fn is_head_element(name: &str) -> bool {
    let names = ["html", "head", "meta", "base", "link", "title", "style", "script", "xml"];
    names.iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// Elements whose content is no HTML.
const RAW: [&str; 3] = ["style", "script", "title"];

#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// The element just opened, if its content is no HTML.
    raw: Option<&'static str>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(html: &'a str) -> Pieces<'a> {
        Pieces { rest: html, raw: None }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes everything to the end of the first `end`, or all there is.
    fn through(&mut self, end: &str) -> &'a str {
        let length = self.rest.find(end).map_or(self.rest.len(), |at| at.saturating_add(end.len()));
        self.take(length)
    }

    fn markup(&mut self) -> Piece<'a> {
        let inside = self.rest.get(1..).unwrap_or_default();
        if inside.starts_with("!--") {
            return Piece::Hidden { number: 241, source: self.through("-->") };
        }
        if inside.starts_with(['!', '?']) {
            return Piece::Hidden { number: 243, source: self.through(">") };
        }
        let (closing, named) = match inside.strip_prefix('/') {
            Some(named) => (true, named),
            None => (false, inside),
        };
        if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Piece::Entity { source: self.take(1), meaning: '<' };
        }
        let name = named.split(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '<')).next();
        let source = self.take(tag_length(self.rest));
        let name = name.unwrap_or_default();
        if !closing {
            self.raw = RAW.into_iter().find(|raw| raw.eq_ignore_ascii_case(name));
        }
        Piece::Tag { name, closing, source }
    }

    fn entity(&mut self) -> Option<Piece<'a>> {
        let named = self.rest.strip_prefix('&')?;
        let length = named.bytes().take(12).position(|byte| byte == b';')?;
        let meaning = meaning(named.get(..length)?)?;
        Some(Piece::Entity { source: self.take(length.saturating_add(2)), meaning })
    }

    /// The content of a style sheet or script, up to its end tag.
    fn raw_content(&mut self, element: &str) -> Option<Piece<'a>> {
        let mut length = 0_usize;
        loop {
            let rest = self.rest.get(length..)?;
            let Some(at) = rest.find("</") else {
                length = self.rest.len();
                break;
            };
            length = length.saturating_add(at);
            let name = rest.as_bytes().get(at.saturating_add(2)..)?.get(..element.len());
            if name.is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes())) {
                break;
            }
            length = length.saturating_add(2);
        }
        (length > 0).then(|| Piece::Hidden { number: 241, source: self.take(length) })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(element) = self.raw.take()
            && let Some(content) = self.raw_content(element)
        {
            return Some(content);
        }
        Some(match self.rest.as_bytes().first()? {
            b'<' => self.markup(),
            b'>' => Piece::Entity { source: self.take(1), meaning: '>' },
            b'\r' if self.rest.starts_with("\r\n") => Piece::LineEnd(self.take(2)),
            b'\r' | b'\n' => Piece::LineEnd(self.take(1)),
            b'&' => match self.entity() {
                Some(entity) => entity,
                None => Piece::Text(self.take(1)),
            },
            _ => {
                let length = self.rest.find(['<', '>', '&', '\r', '\n']).unwrap_or(self.rest.len());
                Piece::Text(self.take(length))
            }
        })
    }
}

/// The length of the tag at the front: to the first `>` outside quotation marks.
fn tag_length(html: &str) -> usize {
    let mut quote = None;
    let mut value = false;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return at.saturating_add(1),
            // A quotation mark counts only where a value begins.
            (None, b'"' | b'\'') if value => quote = Some(byte),
            (None, _) => value = byte == b'=' || (value && byte.is_ascii_whitespace()),
        }
    }
    html.len()
}

/// The character of a reference without `&` and `;`; only what plain mail uses.
fn meaning(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    Some(match name {
        "nbsp" => '\u{A0}',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "copy" => '©',
        "reg" => '®',
        "euro" => '€',
        "shy" => '\u{AD}',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "bull" => '•',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expect: &[&str]) {
        let sources = Pieces::new(html).map(|piece| match piece {
            Piece::Tag { source, .. } | Piece::Hidden { source, .. } | Piece::Entity { source, .. } => source,
            Piece::LineEnd(source) | Piece::Text(source) => source,
        });
        assert_eq!(sources.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn html_falls_into_its_pieces() {
        check(
            "<p class=\"a>b\">x &amp; y</p>\r\nz",
            &["<p class=\"a>b\">", "x ", "&amp;", " y", "</p>", "\r\n", "z"],
        );
        check("<!DOCTYPE x><!-- <b> --><?xml ?>", &["<!DOCTYPE x>", "<!-- <b> -->", "<?xml ?>"]);
        check("a < b > c & d &nope; &", &["a ", "<", " b ", ">", " c ", "&", " d ", "&", "nope; ", "&"]);
        check("a\n\r\r\nb", &["a", "\n", "\r", "\r\n", "b"]);
    }

    #[test]
    fn style_and_script_are_no_html() {
        check("<STYLE>p > a {}</x></style >z", &["<STYLE>", "p > a {}</x>", "</style >", "z"]);
        check("<script></script>", &["<script>", "</script>"]);
        check("<script>a</scri", &["<script>", "a</scri"]);
        check("<title>a&amp;b</TITLE>", &["<title>", "a&amp;b", "</TITLE>"]);
    }

    #[test]
    fn unfinished_markup_ends_with_the_input() {
        check("<p a=\"x>", &["<p a=\"x>"]);
        check("<!-- x", &["<!-- x"]);
        check("<p it's>x", &["<p it's>", "x"]);
        check("<p a= 'x>y' b=c>z", &["<p a= 'x>y' b=c>", "z"]);
        check("<", &["<"]);
        check("</", &["<", "/"]);
    }

    #[test]
    fn names_and_meanings_are_found() {
        let name = |html| match Pieces::new(html).next() {
            Some(Piece::Tag { name, closing, .. }) => Some((name, closing)),
            _ => None,
        };
        assert_eq!(name("<P\tx>"), Some(("P", false)));
        assert_eq!(name("</o:p>"), Some(("o:p", true)));
        assert_eq!(name("<br/>"), Some(("br", false)));
        for (source, expect) in
            [("#65", Some('A')), ("#x41", Some('A')), ("#xD800", None), ("nbsp", Some('\u{A0}')), ("x", None)]
        {
            assert_eq!(meaning(source), expect, "{source}");
        }
        let names = "amp lt gt quot apos copy reg euro shy ndash mdash lsquo rsquo ldquo rdquo hellip bull auml ouml \
                     uuml Auml Ouml Uuml szlig eacute egrave agrave";
        let meanings: String = names.split(' ').filter_map(meaning).collect();
        assert_eq!(meanings, "&<>\"'©®€\u{AD}–—‘’“”…•äöüÄÖÜßéèà");
    }

    #[test]
    fn only_elements_before_the_text_are_head_elements() {
        for (name, expect) in [("HTML", true), ("meta", true), ("xml", true), ("body", false), ("p", false)] {
            assert_eq!(is_head_element(name), expect, "{name}");
        }
    }
}
