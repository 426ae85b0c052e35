//! Writes a restriction for people, in the text form that `parse/` reads again.
//!
//! ```text
//! PR_SUBJECT contains "lunch" ignorecase and not (PR_MESSAGE_FLAGS has 0x1)
//! ```
//!
//! Whatever is written is read as the same tree; only the payload of a NaN is lost. The words are in
//! the documentation of [`Restriction::parse`].

use super::{DEPTH, Fuzzy, Loose, RelOp, Restriction, moment};
use crate::lookup;
use crate::prop::{Prop, PropTag, PropType, PropValue};
use std::fmt::{self, Display, Formatter, Write};

/// PR_MESSAGE_RECIPIENTS and PR_MESSAGE_ATTACHMENTS.
pub(super) const RECIPIENTS: PropTag = PropTag::new(0x0E12, PropType::OBJECT);
pub(super) const ATTACHMENTS: PropTag = PropTag::new(0x0E13, PropType::OBJECT);

/// The words of single types, in front of a value whose type its property does not tell.
pub(super) const TYPES: [(PropType, &str); 16] = [
    (PropType::NULL, "null"),
    (PropType::I2, "i2"),
    (PropType::LONG, "long"),
    (PropType::R4, "r4"),
    (PropType::DOUBLE, "double"),
    (PropType::CURRENCY, "currency"),
    (PropType::APPTIME, "apptime"),
    (PropType::ERROR, "error"),
    (PropType::BOOLEAN, "boolean"),
    (PropType::OBJECT, "object"),
    (PropType::I8, "i8"),
    (PropType::STRING8, "string8"),
    (PropType::UNICODE, "unicode"),
    (PropType::SYSTIME, "systime"),
    (PropType::CLSID, "clsid"),
    (PropType::BINARY, "binary"),
];

/// The signs of comparisons.
pub(super) const OPS: [(RelOp, &str); 8] = [
    (RelOp::LessOrEqual, "<="),
    (RelOp::GreaterOrEqual, ">="),
    (RelOp::NotEqual, "!="),
    (RelOp::Less, "<"),
    (RelOp::Greater, ">"),
    (RelOp::Equal, "="),
    (RelOp::Like, "like"),
    (RelOp::MemberOfDl, "memberof"),
];

/// The words of RES_CONTENT.
pub(super) const FUZZY: [(Fuzzy, &str); 3] =
    [(Fuzzy::SubString, "contains"), (Fuzzy::Prefix, "starts"), (Fuzzy::FullString, "is")];

/// Below [`DEPTH`] an ellipsis stands for the rest, which nobody can read again.
impl Display for Restriction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self, f, DEPTH)
    }
}

/// How a tag is written where people read it: its name where that stands for exactly this tag, else
/// its number.
pub(super) struct TagText(pub(super) PropTag);

impl Display for TagText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = lookup::tag_name(self.0);
        let exact = name.and_then(lookup::property).and_then(lookup::Property::tag) == Some(self.0);
        match name.filter(|_| exact) {
            Some(name) => f.write_str(name),
            None => Display::fmt(&self.0, f),
        }
    }
}

fn write(condition: &Restriction, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
    let Some(depth) = depth.checked_sub(1) else { return f.write_str("...") };
    match condition {
        Restriction::And(all) => write_all(all, ["all", " and "], f, depth),
        Restriction::Or(all) => write_all(all, ["any", " or "], f, depth),
        Restriction::Not(inner) => {
            f.write_str("not ")?;
            write_part(inner, f, depth)
        }
        Restriction::Content { fuzzy, loose, tag, value } => {
            write!(f, "{} {} ", TagText(*tag), word(&FUZZY, fuzzy))?;
            write_value(value, *tag, f)?;
            write_loose(*loose, f)
        }
        Restriction::Property { op, tag, value } => {
            write!(f, "{} {} ", TagText(*tag), word(&OPS, op))?;
            write_value(value, *tag, f)
        }
        Restriction::CompareProps { op, left, right } => {
            write!(f, "{} {} {}", TagText(*left), word(&OPS, op), TagText(*right))
        }
        Restriction::BitMask { nonzero, tag, mask } => {
            write!(f, "{} {} 0x{mask:X}", TagText(*tag), if *nonzero { "has" } else { "lacks" })
        }
        Restriction::Size { op, tag, bytes } => {
            write!(f, "size({}) {} {bytes}", TagText(*tag), word(&OPS, op))
        }
        Restriction::Exist(tag) => write!(f, "exists({})", TagText(*tag)),
        Restriction::Sub { tag, restriction } => {
            match *tag {
                RECIPIENTS => f.write_str("recipients(")?,
                ATTACHMENTS => f.write_str("attachments(")?,
                other => write!(f, "below({}, ", TagText(other))?,
            }
            write(restriction, f, depth)?;
            f.write_char(')')
        }
        Restriction::Comment { props, restriction } => write_comment(props, restriction.as_deref(), f, depth),
        Restriction::Count { count, restriction } => {
            write!(f, "first({count}, ")?;
            write(restriction, f, depth)?;
            f.write_char(')')
        }
    }
}

/// Two or more with the word between them; none and one as a call, since a lone one is itself.
fn write_all(
    all: &[Restriction],
    [call, between]: [&str; 2],
    f: &mut Formatter<'_>,
    depth: usize,
) -> fmt::Result {
    if all.len() < 2 {
        write!(f, "{call}(")?;
        all.iter().try_for_each(|one| write(one, f, depth))?;
        return f.write_char(')');
    }
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write_part(one, f, depth)?;
    }
    Ok(())
}

/// A condition within another: in brackets where it is itself of several parts.
fn write_part(condition: &Restriction, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
    let is_several = matches!(condition, Restriction::And(all) | Restriction::Or(all) if all.len() > 1);
    if !is_several {
        return write(condition, f, depth);
    }
    f.write_char('(')?;
    write(condition, f, depth)?;
    f.write_char(')')
}

fn write_comment(
    props: &[Prop],
    condition: Option<&Restriction>,
    f: &mut Formatter<'_>,
    depth: usize,
) -> fmt::Result {
    f.write_str("comment([")?;
    for (at, prop) in props.iter().enumerate() {
        write!(f, "{}{} = ", if at > 0 { ", " } else { "" }, TagText(prop.tag))?;
        write_value(&prop.value, prop.tag, f)?;
    }
    f.write_char(']')?;
    if let Some(condition) = condition {
        f.write_str(", ")?;
        write(condition, f, depth)?;
    }
    f.write_char(')')
}

fn write_loose(loose: Loose, f: &mut Formatter<'_>) -> fmt::Result {
    let words = [
        (loose.ignore_case, " ignorecase"),
        (loose.ignore_nonspace, " ignorenonspace"),
        (loose.loose, " loose"),
    ];
    words.iter().filter(|(is_set, _)| *is_set).try_for_each(|(_, word)| f.write_str(word))
}

/// A value, with its type in front where the property does not tell it.
fn write_value(value: &PropValue, tag: PropTag, f: &mut Formatter<'_>) -> fmt::Result {
    let ptype = value.ptype();
    if plain_type(tag) == Some(ptype.single()) {
        return write_plain(value, f);
    }
    f.write_str(word(&TYPES, &ptype.single()))?;
    if ptype.is_multi() {
        return write_plain(value, f);
    }
    f.write_char('(')?;
    write_plain(value, f)?;
    f.write_char(')')
}

/// The single type that a plain value has beside this property, if it has one without being told.
pub(super) fn plain_type(tag: PropTag) -> Option<PropType> {
    let single = PropType(tag.ptype().0 & !super::evaluate::MV_INSTANCE).single();
    let told = TYPES.iter().any(|(known, _)| *known == single);
    (told && !matches!(single, PropType::NULL | PropType::OBJECT | PropType::ERROR)).then_some(single)
}

fn write_plain(value: &PropValue, f: &mut Formatter<'_>) -> fmt::Result {
    use PropValue as V;
    match value {
        V::Null | V::Object => Ok(()),
        V::I2(number) => write!(f, "{number}"),
        V::Long(number) => write!(f, "{number}"),
        V::R4(number) => write!(f, "{number:?}"),
        V::Double(number) | V::AppTime(number) => write!(f, "{number:?}"),
        V::Currency(number) => write_currency(*number, f),
        V::Error(code) => match code.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:08X}", code.as_u32()),
        },
        V::Boolean(truth) => write!(f, "{truth}"),
        V::I8(number) => write!(f, "{number}"),
        V::String8(text) | V::Unicode(text) => write_text(text, f),
        V::SysTime(time) => match moment::write(*time) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}", time.0),
        },
        V::Clsid(guid) => write!(f, "{guid}"),
        V::Binary(bytes) => {
            f.write_str("x\"")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
            f.write_char('"')
        }
        many => write_many(many, f),
    }
}

fn write_many(value: &PropValue, f: &mut Formatter<'_>) -> fmt::Result {
    use PropValue as V;
    let mut values = value.singles();
    f.write_char('[')?;
    if let Some(first) = values.next() {
        write_plain(&first, f)?;
    }
    values.try_for_each(|value: V| {
        f.write_str(", ")?;
        write_plain(&value, f)
    })?;
    f.write_char(']')
}

fn write_currency(number: i64, f: &mut Formatter<'_>) -> fmt::Result {
    let (sign, size) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    write!(f, "{sign}{}.{:04}", size / 10_000, size % 10_000)
}

fn write_text(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control.is_control() => write!(f, "\\u{{{:x}}}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// The word that stands for a thing of a table in which every such thing stands.
fn word<T: PartialEq>(table: &[(T, &'static str)], thing: &T) -> &'static str {
    table.iter().find(|(known, _)| known == thing).map_or("?", |(_, word)| word)
}
