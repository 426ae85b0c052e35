//! `Filter`: the condition of a search, as a tree. On the wire a value is octets with their length before
//! them, so that nothing in it can be taken for a condition; as text it is escaped by RFC 4515.
//!
//! What a restriction becomes is `restriction.rs`.

use std::fmt;
use yasna::{DERWriter, Tag};

/// A condition. Attributes are the schema's own words; only values come from elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Filter {
    /// All hold; true for none (RFC 4526).
    And(Vec<Filter>),
    /// Any holds; false for none (RFC 4526).
    Or(Vec<Filter>),
    /// A value of the attribute is this one.
    Equal(&'static str, String),
    /// A value of the attribute begins so.
    Begins(&'static str, String),
    /// A value of the attribute has this within it.
    Has(&'static str, String),
    /// There is a value of the attribute.
    Present(&'static str),
}

impl Filter {
    /// A condition on the beginning; one on no letters asks for any value.
    pub(crate) fn begins(attribute: &'static str, text: &str) -> Self {
        if text.is_empty() { Self::Present(attribute) } else { Self::Begins(attribute, text.to_owned()) }
    }

    /// A condition on any part; one on no letters asks for any value.
    pub(crate) fn has(attribute: &'static str, text: &str) -> Self {
        if text.is_empty() { Self::Present(attribute) } else { Self::Has(attribute, text.to_owned()) }
    }

    /// Writes it as RFC 4511 4.5.1.7 says.
    pub(crate) fn write(&self, writer: DERWriter<'_>) {
        match self {
            Self::And(all) => write_all(writer, 0, all),
            Self::Or(all) => write_all(writer, 1, all),
            Self::Equal(attribute, value) => writer.write_tagged_implicit(Tag::context(3), |writer| {
                writer.write_sequence(|writer| {
                    writer.next().write_bytes(attribute.as_bytes());
                    writer.next().write_bytes(value.as_bytes());
                });
            }),
            Self::Begins(attribute, part) => write_part(writer, attribute, 0, part),
            Self::Has(attribute, part) => write_part(writer, attribute, 1, part),
            Self::Present(attribute) => writer.write_tagged_implicit(Tag::context(7), |writer| {
                writer.write_bytes(attribute.as_bytes());
            }),
        }
    }
}

fn write_all(writer: DERWriter<'_>, tag: u64, all: &[Filter]) {
    writer.write_tagged_implicit(Tag::context(tag), |writer| {
        writer.write_sequence(|writer| all.iter().for_each(|filter| filter.write(writer.next())));
    });
}

/// A substring filter of one part: 0 the beginning, 1 anywhere.
fn write_part(writer: DERWriter<'_>, attribute: &str, place: u64, part: &str) {
    writer.write_tagged_implicit(Tag::context(4), |writer| {
        writer.write_sequence(|writer| {
            writer.next().write_bytes(attribute.as_bytes());
            writer.next().write_sequence(|writer| {
                let part = |writer: DERWriter<'_>| writer.write_bytes(part.as_bytes());
                writer.next().write_tagged_implicit(Tag::context(place), part);
            });
        });
    });
}

/// Writes it as RFC 4515 says.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        match self {
            Self::And(all) => {
                f.write_str("&")?;
                all.iter().try_for_each(|filter| write!(f, "{filter}"))?;
            }
            Self::Or(all) => {
                f.write_str("|")?;
                all.iter().try_for_each(|filter| write!(f, "{filter}"))?;
            }
            Self::Equal(attribute, value) => write!(f, "{attribute}={}", Escaped(value))?,
            Self::Begins(attribute, part) => write!(f, "{attribute}={}*", Escaped(part))?,
            Self::Has(attribute, part) => write!(f, "{attribute}=*{}*", Escaped(part))?,
            Self::Present(attribute) => write!(f, "{attribute}=*")?,
        }
        f.write_str(")")
    }
}

/// A value as RFC 4515 writes it: what has a meaning there, and every control, as `\` and two hex digits.
struct Escaped<'value>(&'value str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|letter| match letter {
            '*' | '(' | ')' | '\\' | '\0'..='\x1f' | '\x7f' => write!(f, "\\{:02x}", u32::from(letter)),
            _ => f.write_char(letter),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use yasna::{ASN1Result, BERReader};

    /// Reads what was written, as a server does: by lengths and tags alone.
    fn read(reader: BERReader<'_, '_>) -> ASN1Result<Filter> {
        let text = |reader: BERReader<'_, '_>| Ok(String::from_utf8(reader.read_bytes()?).unwrap());
        let attribute = |reader: BERReader<'_, '_>| {
            let held = text(reader)?;
            Ok(ATTRIBUTES.into_iter().find(|known| **known == *held).unwrap())
        };
        let tag = reader.lookahead_tag()?;
        reader.read_tagged_implicit(tag, |reader| match tag.tag_number {
            0 => reader.collect_sequence_of(read).map(Filter::And),
            1 => reader.collect_sequence_of(read).map(Filter::Or),
            3 => reader
                .read_sequence(|reader| Ok(Filter::Equal(attribute(reader.next())?, text(reader.next())?))),
            4 => reader.read_sequence(|reader| {
                let attribute = attribute(reader.next())?;
                reader.next().read_sequence(|reader| {
                    let reader = reader.next();
                    let place = reader.lookahead_tag()?;
                    let part = reader.read_tagged_implicit(place, text)?;
                    Ok(match place.tag_number {
                        0 => Filter::Begins(attribute, part),
                        _ => Filter::Has(attribute, part),
                    })
                })
            }),
            _ => attribute(reader).map(Filter::Present),
        })
    }

    /// Reads the text as RFC 4515 says, character by character.
    fn parse(text: &mut &str) -> Filter {
        let take = |text: &mut &str, what: &str| *text = text.strip_prefix(what).unwrap();
        take(text, "(");
        let filter = if text.starts_with(['&', '|']) {
            let is_and = text.starts_with('&');
            *text = &text[1..];
            let mut all = Vec::new();
            while text.starts_with('(') {
                all.push(parse(text));
            }
            if is_and { Filter::And(all) } else { Filter::Or(all) }
        } else {
            let (held, rest) = text.split_once('=').unwrap();
            let attribute = ATTRIBUTES.into_iter().find(|known| *known == held).unwrap();
            let end = rest.find(')').unwrap();
            let parts: Vec<String> = rest[..end].split('*').map(unescape).collect();
            *text = &rest[end..];
            match &parts[..] {
                [value] => Filter::Equal(attribute, value.clone()),
                [first, last] if first.is_empty() && last.is_empty() => Filter::Present(attribute),
                [part, last] if last.is_empty() => Filter::Begins(attribute, part.clone()),
                [first, part, last] if first.is_empty() && last.is_empty() => {
                    Filter::Has(attribute, part.clone())
                }
                other => panic!("{other:?}"),
            }
        };
        take(text, ")");
        filter
    }

    fn unescape(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            if *first == b'\\' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
                rest = &after[2..];
            } else {
                assert!(!first.is_ascii_control(), "{text:?}");
                bytes.push(*first);
                rest = after;
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    const ATTRIBUTES: [&str; 3] = ["cn", "mail", "objectClass"];

    /// Values as somebody writes them who wants to be more than a value.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[()&|!*=\\\\\\x00a-c]{1,12}",
            Just("*)(objectClass=*".to_owned()),
            Just("a)(|(mail=*))".to_owned()),
            Just("\\2a\\28".to_owned()),
        ]
    }

    fn filters() -> impl Strategy<Value = Filter> {
        let attribute = proptest::sample::select(ATTRIBUTES.to_vec());
        let leaf = (attribute, value(), 0..4).prop_map(|(attribute, value, kind)| match kind {
            0 => Filter::Equal(attribute, value),
            1 => Filter::begins(attribute, &value),
            2 => Filter::has(attribute, &value),
            _ => Filter::Present(attribute),
        });
        leaf.prop_recursive(4, 24, 4, |inner| {
            let some = proptest::collection::vec(inner, 0..4);
            prop_oneof![some.clone().prop_map(Filter::And), some.prop_map(Filter::Or)]
        })
    }

    proptest! {
        #[test]
        fn whatever_a_value_holds_it_stays_a_value(filter in filters()) {
            let bytes = yasna::construct_der(|writer| filter.write(writer));
            prop_assert_eq!(&yasna::parse_ber(&bytes, read).unwrap(), &filter);
            let text = filter.to_string();
            let mut rest = text.as_str();
            prop_assert_eq!(parse(&mut rest), filter);
            prop_assert_eq!(rest, "");
        }
    }

    #[test]
    fn what_has_a_meaning_is_escaped() {
        let filter = Filter::And(vec![
            Filter::Equal("cn", "*)(mail=\\a\0".to_owned()),
            Filter::begins("mail", ""),
            Filter::has("cn", "é\u{7f}"),
        ]);
        assert_eq!(filter.to_string(), "(&(cn=\\2a\\29\\28mail=\\5ca\\00)(mail=*)(cn=*é\\7f*))");
    }
}
