//! How text is escaped within a line: `\n` for a line's end, `\,` `\;` `\\` for what divides.

use crate::card::Version;

/// Text with what divides escaped, and its lines' ends as `\n`. Other controls are left out: no version
/// of the format has a place for them.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | ',' | ';' => {
                out.push('\\');
                out.push(letter);
            }
            '\r' | '\n' => {
                if letter == '\r' {
                    letters.next_if_eq(&'\n');
                }
                out.push_str("\\n");
            }
            '\t' => out.push('\t'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// The text that was escaped. In 2.1 a `\n` is two letters, and lines end as they are.
pub(crate) fn unescaped(text: &str, version: Version) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') if version != Version::V2 => out.push('\n'),
            Some(next @ ('\\' | ',' | ';' | ':')) => out.push(next),
            // What was never escaped, such as a path of Windows, stays as it is.
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
    match out.contains('\r') {
        true => out.replace("\r\n", "\n").replace('\r', "\n"),
        false => out,
    }
}

/// The parts between dividers that are not escaped.
pub(crate) fn divided(text: &str, divider: char) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    text.split(move |letter| {
        let is_divider = letter == divider && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_divider
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_divides_is_escaped_and_comes_back() {
        for text in ["", "a;b,c\\d", "two\nlines", "C:\\new", "ä\u{1F600};\\", "\\n", "a:b"] {
            assert_eq!(unescaped(&escaped(text), Version::V3), text, "{text:?}");
            assert_eq!(divided(&escaped(text), ';').count(), 1, "{text:?}");
        }
        assert_eq!(escaped("a\r\nb\u{7}"), "a\\nb");
        assert_eq!(unescaped("C:\\new\\;x", Version::V2), "C:\\new;x");
        assert_eq!(divided("a;b\\;c;;\\\\;d", ';').collect::<Vec<_>>(), ["a", "b\\;c", "", "\\\\", "d"]);
    }
}
