//! Rust source with comments, literals and test modules blanked out, so that rules can search words.
//!
//! Not a parser: it knows comments, strings, characters and braces. Every blanked byte becomes a
//! space and line ends stay, so positions and line numbers are those of the file.

/// Three views of one source file, all of the same length.
pub(super) struct RustText {
    /// Without comments.
    pub(super) code: String,
    /// Without comments and without the inside of literals.
    pub(super) bare: String,
    /// Byte ranges of `#[cfg(test)] mod … { … }`.
    tests: Vec<(usize, usize)>,
}

impl RustText {
    pub(super) fn new(text: &str) -> Self {
        let (mut code, mut bare) = (text.as_bytes().to_vec(), text.as_bytes().to_vec());
        let mut at = 0;
        while at < text.len() {
            let (end, token) = next(text, at);
            let inside = match token {
                Token::Code => 0..0,
                Token::Comment => {
                    blank(&mut code, at..end);
                    at..end
                }
                Token::Literal => at + 1..end.saturating_sub(1).max(at + 1),
            };
            blank(&mut bare, inside);
            at = end;
        }
        // Whole tokens were blanked, so no character was cut in two.
        let code = String::from_utf8_lossy(&code).into_owned();
        let bare = String::from_utf8_lossy(&bare).into_owned();
        let tests = test_modules(&bare);
        Self { code, bare, tests }
    }

    /// Lines (from 1) of the words in `bare` for which `wanted` holds.
    pub(super) fn words(&self, wanted: impl Fn(&str) -> bool) -> Vec<(usize, &str)> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut found = Vec::new();
        for (number, line) in self.bare.lines().enumerate() {
            let words = line.split(|c| !is_part(c)).filter(|word| !word.is_empty() && wanted(word));
            found.extend(words.map(|word| (number + 1, word)));
        }
        found
    }

    /// Lines (from 1) where `needle` stands in `bare` outside test modules.
    pub(super) fn product_lines(&self, needle: &str) -> Vec<usize> {
        self.lines_of(&self.bare, needle)
    }

    /// Lines (from 1) where `needle` stands outside comments and test modules, literals included.
    pub(super) fn product_lines_with_literals(&self, needle: &str) -> Vec<usize> {
        self.lines_of(&self.code, needle)
    }

    fn lines_of(&self, text: &str, needle: &str) -> Vec<usize> {
        let in_tests = |at: usize| self.tests.iter().any(|(from, to)| (*from..*to).contains(&at));
        text.match_indices(needle)
            .filter(|(at, _)| !in_tests(*at))
            .map(|(at, _)| text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1)
            .collect()
    }
}

enum Token {
    Code,
    Comment,
    Literal,
}

/// The end of the token that begins at `at`.
fn next(text: &str, at: usize) -> (usize, Token) {
    let rest = &text[at..];
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("//") {
        return (at + rest.find('\n').unwrap_or(rest.len()), Token::Comment);
    }
    if rest.starts_with("/*") {
        return (at + block_comment(rest), Token::Comment);
    }
    if let Some(length) = raw_string(text, at) {
        return (at + length, Token::Literal);
    }
    if rest.starts_with('"') {
        return (at + quoted(rest, '"'), Token::Literal);
    }
    if rest.starts_with('\'') && is_character(rest) {
        return (at + quoted(rest, '\''), Token::Literal);
    }
    (at + first, Token::Code)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.as_bytes()[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of `r"…"`, `br#"…"#` and the like, where one begins here.
fn raw_string(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let rest = &text[at..];
    let after_r = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = after_r.len() - after_r.trim_start_matches('#').len();
    let body = after_r[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&closing).map_or(rest.len(), |end| rest.len() - body.len() + end + closing.len());
    Some(end)
}

/// The length of a literal with escapes.
fn quoted(rest: &str, mark: char) -> usize {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == mark {
            return at + 1;
        }
    }
    rest.len()
}

/// True for `'x'` and `'\n'`, false for a lifetime.
fn is_character(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    match letters.next() {
        Some('\\') => true,
        Some(_) => letters.next() == Some('\''),
        None => false,
    }
}

fn blank(bytes: &mut [u8], range: std::ops::Range<usize>) {
    for byte in &mut bytes[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn test_modules(bare: &str) -> Vec<(usize, usize)> {
    bare.match_indices("#[cfg(test)]")
        .filter_map(|(at, mark)| test_module(bare, at, at + mark.len()))
        .collect()
}

/// The range of the module after `#[cfg(test)]`, if an inline module follows.
fn test_module(bare: &str, from: usize, after: usize) -> Option<(usize, usize)> {
    let open = after + bare[after..].find(['{', ';'])?;
    let words: Vec<&str> = bare[after..open].split_whitespace().collect();
    if !matches!(words[..], [.., "mod", _]) || !bare[open..].starts_with('{') {
        return None;
    }
    let mut depth = 0_usize;
    for (at, byte) in bare.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some((from, at + 1)),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    Some((from, bare.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_from_code() {
        let source = concat!(
            "a /* b /* c */ d */ e // f\n",
            "\"g \\\" h\" i 'j' '\\'' 'k l br#\"m \" n\"# o r#type \"ö\" p\n",
        );
        let text = RustText::new(source);
        let words: Vec<&str> = text.words(|_| true).into_iter().map(|(_, word)| word).collect();
        assert_eq!(words, ["a", "e", "i", "k", "l", "b", "o", "r", "type", "p"]);
        assert!(text.code.contains("g \\\" h") && !text.code.contains('f'));
        assert_eq!((text.code.len(), text.bare.len()), (source.len(), source.len()));
    }

    #[test]
    fn test_modules_are_no_product() {
        let source = "fn a() { x }\n#[cfg(test)]\nmod tests { fn b() { \"}\"; x } }\nfn c() { x }\n";
        assert_eq!(RustText::new(source).product_lines("x"), [1, 4]);
        let elsewhere = "#[cfg(test)]\nmod tests;\nfn c() { x }\n";
        assert_eq!(RustText::new(elsewhere).product_lines("x"), [3]);
    }

    #[test]
    fn literals_count_only_where_asked_for() {
        let text = RustText::new("let a = \"SELECT b\"; // SELECT c\n");
        assert_eq!(text.product_lines("SELECT "), [0_usize; 0]);
        assert_eq!(text.product_lines_with_literals("SELECT "), [1]);
    }

    #[test]
    fn unfinished_source_ends() {
        for source in ["\"", "'", "/*", "r#\"", "'\\", "#[cfg(test)] mod a {", "/**/*/", "r#", "'ö", "b'"] {
            assert_eq!(RustText::new(source).bare.len(), source.len(), "{source}");
        }
    }
}
