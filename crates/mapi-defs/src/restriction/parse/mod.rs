//! Reads the text form of a restriction; `text.rs` writes it.
//!
//! Tokens are made in `token.rs`, values in `value.rs`; here is the grammar.

mod token;
mod value;

#[cfg(test)]
mod tests;

use super::text::{ATTACHMENTS, FUZZY, OPS, RECIPIENTS};
use super::{DEPTH, Loose, RelOp, Restriction};
use crate::lookup::{self, Address};
use crate::prop::{Prop, PropTag};
use crate::{Error, ErrorCode};
use std::fmt;
use std::str::FromStr;
use token::{Kind, Token, Tokens};

/// Where a text stops being a restriction, and what would have been one there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The place in bytes from the beginning of the text.
    pub position: usize,
    /// What was expected, in words.
    pub expected: String,
}

impl Restriction {
    /// Reads a condition such as
    /// `PR_SUBJECT contains "lunch" ignorecase and not (PR_MESSAGE_FLAGS has 0x1)`.
    ///
    /// | text | restriction |
    /// |---|---|
    /// | `A and B and C`, `all(A)`, `all()` | RES_AND |
    /// | `A or B`, `any(A)`, `any()` | RES_OR; `and` binds closer |
    /// | `not A`, `(A)` | RES_NOT, and a condition in brackets |
    /// | `PR_X < 1`, also `<= > >= = != like memberof` | RES_PROPERTY |
    /// | `PR_X < PR_Y` | RES_COMPAREPROPS |
    /// | `PR_X contains "a"`, also `starts`, `is`; then `ignorecase`, `ignorenonspace`, `loose` | RES_CONTENT |
    /// | `PR_X has 0x1`, `PR_X lacks 0x1` | RES_BITMASK |
    /// | `size(PR_X) > 1000`, `exists(PR_X)` | RES_SIZE, RES_EXIST |
    /// | `recipients(A)`, `attachments(A)`, `below(PR_X, A)` | RES_SUBRESTRICTION |
    /// | `first(10, A)`, `comment([PR_X = 1], A)` | RES_COUNT, RES_COMMENT |
    ///
    /// A property is a name or `0x` and eight digits. A value is `"text"`, `12`, `-1.5`, `true`,
    /// `2026-01-01T09:00:00Z`, `x"00ff"`, `{00020328-0000-0000-C000-000000000046}`, `[1, 2]`, of the
    /// type of its property, or has its type in front: `long(1)`, `i2[1, 2]`, `error(MAPI_E_NOT_FOUND)`.
    /// Words may be in any case.
    ///
    /// # Errors
    /// - [`ParseError`]: the text is something else, or nested more than [`DEPTH`] deep.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut parser = Parser { tokens: Tokens::new(text)?, nested: 0 };
        let condition = parser.any()?;
        match parser.tokens.peek() {
            Token { kind: Kind::End, .. } if is_shallow(&condition) => Ok(condition),
            Token { kind: Kind::End, .. } => Err(too_deep(0)),
            _ => Err(parser.tokens.expected("`and`, `or` or the end")),
        }
    }
}

impl FromStr for Restriction {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: expected {}", self.position, self.expected)
    }
}

impl std::error::Error for ParseError {}

/// As MAPI's code for a wrong argument.
impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::new(ErrorCode::INVALID_PARAMETER, "Restriction::parse", error.to_string())
    }
}

struct Parser<'text> {
    tokens: Tokens<'text>,
    /// Brackets, calls and negations that are open.
    nested: usize,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    fn any(&mut self) -> Parsed<Restriction> {
        let first = self.all()?;
        let mut all = vec![first];
        while self.tokens.take_word("or") {
            all.push(self.all()?);
        }
        Ok(lone(all).unwrap_or_else(Restriction::Or))
    }

    fn all(&mut self) -> Parsed<Restriction> {
        let mut all = vec![self.one()?];
        while self.tokens.take_word("and") {
            all.push(self.one()?);
        }
        Ok(lone(all).unwrap_or_else(Restriction::And))
    }

    fn one(&mut self) -> Parsed<Restriction> {
        let at = self.tokens.peek().position;
        self.nested += 1;
        if self.nested > DEPTH {
            return Err(too_deep(at));
        }
        let condition = if self.tokens.take_word("not") {
            Restriction::Not(Box::new(self.one()?))
        } else if self.tokens.take("(") {
            let inner = self.any()?;
            self.tokens.need(")")?;
            inner
        } else {
            self.leaf()?
        };
        self.nested -= 1;
        Ok(condition)
    }

    fn leaf(&mut self) -> Parsed<Restriction> {
        let token = self.tokens.peek();
        let Kind::Word(word) = token.kind else { return self.about_property() };
        let call = word.to_ascii_lowercase();
        let is_call = self.tokens.second_is("(");
        match call.as_str() {
            "all" if is_call => self.call(|parser| parser.at_most_one().map(Restriction::And)),
            "any" if is_call => self.call(|parser| parser.at_most_one().map(Restriction::Or)),
            "exists" if is_call => self.call(|parser| parser.tag().map(Restriction::Exist)),
            "recipients" if is_call => self.call(|parser| parser.below(RECIPIENTS)),
            "attachments" if is_call => self.call(|parser| parser.below(ATTACHMENTS)),
            "below" if is_call => self.call(|parser| {
                let tag = parser.tag()?;
                parser.tokens.need(",")?;
                parser.below(tag)
            }),
            "first" if is_call => self.call(|parser| {
                let count = parser.number("a number of rows")?;
                parser.tokens.need(",")?;
                Ok(Restriction::Count { count, restriction: Box::new(parser.any()?) })
            }),
            "comment" if is_call => self.call(Self::comment),
            "size" if is_call => {
                let tag = self.call(Self::tag)?;
                let op = self.op()?;
                Ok(Restriction::Size { op, tag, bytes: self.number("a number of bytes")? })
            }
            _ => self.about_property(),
        }
    }

    /// The inside of a call, from its word to its closing bracket.
    fn call<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.tokens.next();
        self.tokens.need("(")?;
        let inside = inside(self)?;
        self.tokens.need(")")?;
        Ok(inside)
    }

    fn at_most_one(&mut self) -> Parsed<Vec<Restriction>> {
        if self.tokens.is(")") { Ok(Vec::new()) } else { Ok(vec![self.any()?]) }
    }

    fn below(&mut self, tag: PropTag) -> Parsed<Restriction> {
        Ok(Restriction::Sub { tag, restriction: Box::new(self.any()?) })
    }

    fn comment(&mut self) -> Parsed<Restriction> {
        self.tokens.need("[")?;
        let mut props = Vec::new();
        while !self.tokens.take("]") {
            if !props.is_empty() {
                self.tokens.need(",")?;
            }
            let tag = self.tag()?;
            self.tokens.need("=")?;
            props.push(Prop { tag, value: value::read(&mut self.tokens, tag)? });
        }
        let restriction = if self.tokens.take(",") { Some(Box::new(self.any()?)) } else { None };
        Ok(Restriction::Comment { props, restriction })
    }

    fn about_property(&mut self) -> Parsed<Restriction> {
        let tag = self.tag()?;
        if let Some((fuzzy, _)) = FUZZY.iter().find(|(_, word)| self.tokens.take_word(word)) {
            let value = value::read(&mut self.tokens, tag)?;
            return Ok(Restriction::Content { fuzzy: *fuzzy, loose: self.loose(), tag, value });
        }
        for (word, nonzero) in [("has", true), ("lacks", false)] {
            if self.tokens.take_word(word) {
                return Ok(Restriction::BitMask { nonzero, tag, mask: self.number("a mask such as 0x1")? });
            }
        }
        let op = self.op()?;
        match property_named(&self.tokens.peek()) {
            Some(right) => {
                let right = right?;
                self.tokens.next();
                Ok(Restriction::CompareProps { op, left: tag, right })
            }
            None => Ok(Restriction::Property { op, tag, value: value::read(&mut self.tokens, tag)? }),
        }
    }

    fn loose(&mut self) -> Loose {
        let mut loose = Loose::default();
        loop {
            let set = if self.tokens.take_word("ignorecase") {
                &mut loose.ignore_case
            } else if self.tokens.take_word("ignorenonspace") {
                &mut loose.ignore_nonspace
            } else if self.tokens.take_word("loose") {
                &mut loose.loose
            } else {
                return loose;
            };
            *set = true;
        }
    }

    fn tag(&mut self) -> Parsed<PropTag> {
        let token = self.tokens.peek();
        let Some(tag) = property_named(&token) else {
            return Err(self.tokens.expected("a condition on a property, such as PR_SUBJECT or 0x0037001F"));
        };
        self.tokens.next();
        tag
    }

    fn op(&mut self) -> Parsed<RelOp> {
        let found = OPS.iter().find(|(_, sign)| self.tokens.take(sign) || self.tokens.take_word(sign));
        found.map(|(op, _)| *op).ok_or_else(|| {
            self.tokens.expected(
                "one of `<`, `<=`, `>`, `>=`, `=`, `!=`, `contains`, `starts`, `is`, `has`, `lacks`",
            )
        })
    }

    fn number(&mut self, what: &str) -> Parsed<u32> {
        let token = self.tokens.peek();
        let number = match token.kind {
            Kind::Number(text) => match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                Some(digits) => token::hex_number(digits),
                None => text.parse().ok(),
            },
            _ => None,
        };
        self.tokens.next();
        number.ok_or_else(|| ParseError { position: token.position, expected: what.to_owned() })
    }
}

/// The property that a token names, if it is a property's name or number at all.
fn property_named(token: &Token<'_>) -> Option<Parsed<PropTag>> {
    let fail = |expected| Some(Err(ParseError { position: token.position, expected }));
    match token.kind {
        Kind::Number(text) => {
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
            (digits.len() == 8).then(|| token::hex_number(digits)).flatten().map(|tag| Ok(PropTag(tag)))
        }
        Kind::Word(name) => match lookup::property(name) {
            Some(property) => match (property.tag(), property.address) {
                (Some(tag), _) => Some(Ok(tag)),
                (None, Address::Named(_)) => {
                    fail(format!("a tag: {name} is a named property, whose tag each store gives for itself"))
                }
                (None, _) => fail(format!("a tag: {name} has none")),
            },
            None if name.len() > 3 && name.is_char_boundary(3) && name[..3].eq_ignore_ascii_case("PR_") => {
                let near = lookup::suggest(name);
                let near = near.first().map(|near| format!("; is it {near}?")).unwrap_or_default();
                fail(format!("a property: {name} is unknown{near}"))
            }
            None => None,
        },
        _ => None,
    }
}

/// The only one of a list, or the list.
fn lone(mut all: Vec<Restriction>) -> Result<Restriction, Vec<Restriction>> {
    match all.pop() {
        Some(only) if all.is_empty() => Ok(only),
        Some(last) => {
            all.push(last);
            Err(all)
        }
        None => Err(all),
    }
}

fn is_shallow(condition: &Restriction) -> bool {
    let mut open = vec![(condition, 1)];
    while let Some((condition, depth)) = open.pop() {
        if depth > DEPTH {
            return false;
        }
        open.extend(condition.inner().iter().map(|inner| (inner, depth + 1)));
    }
    true
}

fn too_deep(position: usize) -> ParseError {
    ParseError { position, expected: format!("less: conditions are nested more than {DEPTH} deep") }
}
