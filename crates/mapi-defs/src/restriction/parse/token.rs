//! `Tokens`: the words, numbers, texts and signs of a restriction's text.

use super::ParseError;

/// A piece of the text and where it begins, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'text> {
    pub(super) position: usize,
    pub(super) kind: Kind<'text>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind<'text> {
    /// Letters, digits and underscores, beginning with a letter.
    Word(&'text str),
    /// Begins with a digit or a minus: numbers and moments.
    Number(&'text str),
    /// What stands between quotation marks, escapes unread.
    Text(&'text str),
    /// What stands between `x"` and `"`.
    Bytes(&'text str),
    /// A GUID with its braces.
    Guid(&'text str),
    /// A bracket, a comma or a comparison.
    Sign(&'text str),
    /// Behind the last token.
    End,
}

/// The signs, longer ones before those they begin with.
const SIGNS: [&str; 11] = ["<=", ">=", "!=", "<", ">", "=", "(", ")", "[", "]", ","];

/// The tokens of a text, two of them looked at ahead.
pub(super) struct Tokens<'text> {
    text: &'text str,
    first: Token<'text>,
    second: Token<'text>,
    rest: usize,
    /// Why the token behind the second cannot be read, once it is its turn.
    fault: Option<ParseError>,
}

impl<'text> Tokens<'text> {
    pub(super) fn new(text: &'text str) -> Result<Self, ParseError> {
        let end = Token { position: text.len(), kind: Kind::End };
        let mut tokens = Self { text, first: end, second: end, rest: 0, fault: None };
        tokens.next();
        tokens.next();
        match tokens.fault.take() {
            Some(fault) if tokens.first.kind == Kind::End => Err(fault),
            fault => {
                tokens.fault = fault;
                Ok(tokens)
            }
        }
    }

    pub(super) fn peek(&self) -> Token<'text> {
        self.first
    }

    pub(super) fn second_is(&self, sign: &str) -> bool {
        self.second.kind == Kind::Sign(sign)
    }

    pub(super) fn next(&mut self) -> Token<'text> {
        let token = self.first;
        self.first = self.second;
        let position = self.skip_space();
        self.second = Token { position, kind: Kind::End };
        if self.fault.is_none() {
            match read(&self.text[position..], position) {
                Ok((kind, len)) => {
                    self.second.kind = kind;
                    self.rest = position + len;
                }
                Err(fault) => self.fault = Some(fault),
            }
        }
        token
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        self.first.kind == Kind::Sign(sign)
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is_it = self.is(sign);
        if is_it {
            self.next();
        }
        is_it
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.first.kind, Kind::Word(held) if held.eq_ignore_ascii_case(word));
        if is_it {
            self.next();
        }
        is_it
    }

    pub(super) fn need(&mut self, sign: &str) -> Result<(), ParseError> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    /// That the next token is something else; or why it is none at all.
    pub(super) fn expected(&self, what: &str) -> ParseError {
        match &self.fault {
            Some(fault) if self.first.kind == Kind::End => fault.clone(),
            _ => ParseError { position: self.first.position, expected: what.to_owned() },
        }
    }

    fn skip_space(&mut self) -> usize {
        let rest = &self.text[self.rest..];
        self.rest += rest.len() - rest.trim_start().len();
        self.rest
    }
}

/// The first token of a text without leading space, and its length in bytes.
fn read(text: &str, position: usize) -> Result<(Kind<'_>, usize), ParseError> {
    let fail = |expected: &str| Err(ParseError { position, expected: expected.to_owned() });
    let Some(first) = text.chars().next() else { return Ok((Kind::End, 0)) };
    let run = |is_part: fn(char) -> bool| text.find(|one| !is_part(one)).unwrap_or(text.len());
    if let Some(quoted) = text.strip_prefix("x\"").or_else(|| text.strip_prefix("X\"")) {
        return match quoted.find('"') {
            Some(len) => Ok((Kind::Bytes(&quoted[..len]), len + 3)),
            None => fail("a closing quotation mark"),
        };
    }
    match first {
        'a'..='z' | 'A'..='Z' | '_' => {
            let len = run(|one| one.is_ascii_alphanumeric() || one == '_');
            Ok((Kind::Word(&text[..len]), len))
        }
        '0'..='9' | '-' => {
            let len = run(|one| one.is_ascii_alphanumeric() || matches!(one, '.' | ':' | '+' | '-'));
            Ok((Kind::Number(&text[..len]), len))
        }
        '"' => match closing_mark(&text[1..]) {
            Some(len) => Ok((Kind::Text(&text[1..=len]), len + 2)),
            None => fail("a closing quotation mark"),
        },
        '{' => match text.find('}') {
            Some(end) => Ok((Kind::Guid(&text[..=end]), end + 1)),
            None => fail("a closing brace"),
        },
        _ => match SIGNS.iter().find(|sign| text.starts_with(**sign)) {
            Some(sign) => Ok((Kind::Sign(sign), sign.len())),
            None => fail("a word, a value or a sign"),
        },
    }
}

/// Bytes before the quotation mark that ends a text: the first that no backslash stands before.
fn closing_mark(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

/// One to eight hexadecimal digits.
pub(super) fn hex_number(digits: &str) -> Option<u32> {
    let is_hex = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { u32::from_str_radix(digits, 16).ok() } else { None }
}
