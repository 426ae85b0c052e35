//! Values in the text of a restriction: of the type of their property, or of a type in front.

use super::super::moment;
use super::super::text::{TYPES, plain_type};
use super::ParseError;
use super::token::{Kind, Token, Tokens, hex_number};
use crate::lookup::{self, CodeKind};
use crate::prop::{PropTag, PropType, PropValue};
use crate::{ErrorCode, FileTime, Guid, hex};

/// Reads the value that stands beside a property.
pub(super) fn read(tokens: &mut Tokens<'_>, tag: PropTag) -> Result<PropValue, ParseError> {
    let token = tokens.peek();
    if let Kind::Word(word) = token.kind {
        let told = TYPES.iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
        if let Some((ptype, _)) = told.filter(|_| tokens.second_is("(") || tokens.second_is("[")) {
            tokens.next();
            return told_value(tokens, *ptype);
        }
    }
    match plain_type(tag) {
        Some(ptype) if tokens.is("[") => many(tokens, ptype),
        Some(ptype) => single(tokens, ptype),
        None if tokens.is("[") => Err(tokens.expected("the type of the values, such as `long[1, 2]`")),
        None => guessed(tokens),
    }
}

fn told_value(tokens: &mut Tokens<'_>, ptype: PropType) -> Result<PropValue, ParseError> {
    if tokens.is("[") {
        return many(tokens, ptype);
    }
    tokens.need("(")?;
    let value = match ptype {
        PropType::NULL => PropValue::Null,
        PropType::OBJECT => PropValue::Object,
        other => single(tokens, other)?,
    };
    tokens.need(")")?;
    Ok(value)
}

fn many(tokens: &mut Tokens<'_>, ptype: PropType) -> Result<PropValue, ParseError> {
    let at = tokens.peek().position;
    tokens.need("[")?;
    let mut values = Vec::new();
    while !tokens.take("]") {
        if !values.is_empty() {
            tokens.need(",")?;
        }
        values.push(single(tokens, ptype)?);
    }
    let none = || ParseError { position: at, expected: format!("one value: there is no list of {ptype}") };
    PropValue::many(ptype, values).ok_or_else(none)
}

/// One value of a type.
fn single(tokens: &mut Tokens<'_>, ptype: PropType) -> Result<PropValue, ParseError> {
    let token = tokens.peek();
    match value_of(&token, ptype) {
        Some(value) => {
            tokens.next();
            Ok(value)
        }
        None => Err(tokens.expected(example(ptype))),
    }
}

/// One value whose type nothing tells but itself.
fn guessed(tokens: &mut Tokens<'_>) -> Result<PropValue, ParseError> {
    let token = tokens.peek();
    let ptypes = [
        PropType::UNICODE,
        PropType::BOOLEAN,
        PropType::LONG,
        PropType::I8,
        PropType::SYSTIME,
        PropType::DOUBLE,
        PropType::CLSID,
        PropType::BINARY,
    ];
    match ptypes.iter().find_map(|ptype| value_of(&token, *ptype)) {
        Some(value) => {
            tokens.next();
            Ok(value)
        }
        None => Err(tokens.expected("a value, such as \"text\", 12, true or 2026-01-01T00:00:00Z")),
    }
}

fn value_of(token: &Token<'_>, ptype: PropType) -> Option<PropValue> {
    use PropValue as V;
    Some(match (ptype, token.kind) {
        (PropType::STRING8, Kind::Text(text)) => V::String8(unescape(text)?),
        (PropType::UNICODE, Kind::Text(text)) => V::Unicode(unescape(text)?),
        (PropType::BINARY, Kind::Bytes(text)) => V::Binary(hex::decode(text)?),
        (PropType::CLSID, Kind::Guid(text)) => V::Clsid(Guid::parse(text)?),
        (PropType::BOOLEAN, Kind::Word(word)) if word.eq_ignore_ascii_case("true") => V::Boolean(true),
        (PropType::BOOLEAN, Kind::Word(word)) if word.eq_ignore_ascii_case("false") => V::Boolean(false),
        (PropType::ERROR, Kind::Word(name)) => V::Error(error_named(name)?),
        (PropType::ERROR, Kind::Number(text)) => V::Error(ErrorCode::from_u32(number(text)?)?),
        (PropType::I2, Kind::Number(text)) => V::I2(text.parse().ok()?),
        (PropType::LONG, Kind::Number(text)) => V::Long(text.parse().ok().or_else(|| short_hex(text))?),
        (PropType::I8, Kind::Number(text)) => V::I8(text.parse().ok()?),
        (PropType::CURRENCY, Kind::Number(text)) => V::Currency(currency(text)?),
        (PropType::SYSTIME, Kind::Number(text)) => V::SysTime(time(text)?),
        (PropType::R4, Kind::Number(text) | Kind::Word(text)) => V::R4(float(text)?.parse().ok()?),
        (PropType::DOUBLE, Kind::Number(text) | Kind::Word(text)) => V::Double(float(text)?.parse().ok()?),
        (PropType::APPTIME, Kind::Number(text) | Kind::Word(text)) => V::AppTime(float(text)?.parse().ok()?),
        _ => return None,
    })
}

fn example(ptype: PropType) -> &'static str {
    match ptype {
        PropType::STRING8 | PropType::UNICODE => "a text in quotation marks",
        PropType::BINARY => "bytes, such as x\"00ff\"",
        PropType::CLSID => "a GUID in braces",
        PropType::BOOLEAN => "`true` or `false`",
        PropType::ERROR => "a code, such as MAPI_E_NOT_FOUND or 0x8004010F",
        PropType::I2 | PropType::LONG | PropType::I8 => "a whole number within the range of its property",
        PropType::CURRENCY => "an amount, such as 12.5",
        PropType::SYSTIME => "a moment, such as 2026-01-01T00:00:00Z",
        _ => "a number, such as 1.5",
    }
}

/// What Rust's own reading of numbers takes, without words that are not for numbers here.
fn float(text: &str) -> Option<&str> {
    let word = text.strip_prefix('-').unwrap_or(text);
    let is_word = word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan");
    (is_word || word.bytes().next().is_some_and(|byte| byte.is_ascii_digit())).then_some(text)
}

/// A number of ticks where it is all digits, else a moment.
fn time(text: &str) -> Option<FileTime> {
    let is_ticks = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_ticks { text.parse().ok().map(FileTime) } else { moment::read(text) }
}

/// At most four digits behind the point.
fn currency(text: &str) -> Option<i64> {
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1, size),
        None => (1, text),
    };
    let (whole, part) = size.split_once('.').unwrap_or((size, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 4 {
        return None;
    }
    let part: i128 = format!("{part:0<4}").parse().ok()?;
    let whole: i128 = whole.parse().ok()?;
    i64::try_from(whole.checked_mul(10_000)?.checked_add(part)? * sign).ok()
}

fn number(text: &str) -> Option<u32> {
    hex_number(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?)
}

/// Fewer digits than a tag has, which is what eight of them would be.
fn short_hex(text: &str) -> Option<i32> {
    if text.len() < 10 { number(text).and_then(|number| i32::try_from(number).ok()) } else { None }
}

fn error_named(name: &str) -> Option<ErrorCode> {
    let code = lookup::code(name).filter(|code| code.kind == CodeKind::Error)?;
    ErrorCode::from_u32(code.value)
}

fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escaped = rest[at + 1..].chars().next()?;
        let mut len = escaped.len_utf8();
        plain.push(match escaped {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' => escaped,
            'u' => {
                let digits = rest[at + 2..].strip_prefix('{')?;
                let end = digits.find('}')?;
                len += end + 2;
                char::from_u32(hex_number(&digits[..end])?)?
            }
            _ => return None,
        });
        rest = &rest[at + 1 + len..];
    }
    plain.push_str(rest);
    Some(plain)
}
