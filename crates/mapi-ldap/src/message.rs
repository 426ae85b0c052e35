//! What is said on the wire: the requests that the provider makes, and the answers it understands (RFC 4511,
//! paged results by RFC 2696). Bytes are read by their tags and lengths by `yasna`, never by a claimed length
//! that is not there; how many may come is `connection.rs`.

use crate::filter::Filter;
use std::borrow::Cow;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, BERReaderSeq, DERWriter, Tag};
use zeroize::Zeroizing;

/// The extended operation that begins TLS.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// The control of paged results.
const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";

/// How deep a search goes below its base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// The base alone.
    Base,
    /// The base and everything below.
    Subtree,
}

/// One search.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) base: String,
    pub(crate) scope: Scope,
    pub(crate) filter: Filter,
    /// The attributes asked for.
    pub(crate) attributes: Vec<Cow<'static, str>>,
    /// How many entries are answered at most; 0 is any number.
    pub(crate) limit: u32,
}

/// A part of a search's answer: how many entries, and the cookie of the part before.
pub(crate) struct Page<'cookie> {
    pub(crate) entries: u32,
    pub(crate) cookie: &'cookie [u8],
}

/// Asks for TLS.
pub(crate) fn start_tls(id: u32) -> Vec<u8> {
    request(id, |writer| {
        writer.write_tagged_implicit(Tag::application(23), |writer| {
            writer.write_sequence(|writer| {
                let name = |writer: DERWriter<'_>| writer.write_bytes(START_TLS);
                writer.next().write_tagged_implicit(Tag::context(0), name);
            });
        });
    })
}

/// Logs on with a name and a password.
pub(crate) fn bind(id: u32, name: &str, password: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(request(id, |writer| {
        writer.write_tagged_implicit(Tag::application(0), |writer| {
            writer.write_sequence(|writer| {
                writer.next().write_u8(3);
                writer.next().write_bytes(name.as_bytes());
                let simple = |writer: DERWriter<'_>| writer.write_bytes(password);
                writer.next().write_tagged_implicit(Tag::context(0), simple);
            });
        });
    }))
}

/// Says farewell.
pub(crate) fn unbind(id: u32) -> Vec<u8> {
    request(id, |writer| writer.write_tagged_implicit(Tag::application(2), |writer| writer.write_null()))
}

/// Searches, for one page of the answer or for all of it.
pub(crate) fn search(id: u32, search: &Search, seconds: u32, page: Option<&Page<'_>>) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u32(id);
            writer.next().write_tagged_implicit(Tag::application(3), |writer| {
                writer.write_sequence(|writer| {
                    writer.next().write_bytes(search.base.as_bytes());
                    writer.next().write_enum(match search.scope {
                        Scope::Base => 0,
                        Scope::Subtree => 2,
                    });
                    // An alias is never followed: who is below it is somebody of another place.
                    writer.next().write_enum(0);
                    writer.next().write_u32(search.limit);
                    writer.next().write_u32(seconds);
                    writer.next().write_bool(false);
                    search.filter.write(writer.next());
                    writer.next().write_sequence(|writer| {
                        search.attributes.iter().for_each(|name| writer.next().write_bytes(name.as_bytes()));
                    });
                });
            });
            if let Some(page) = page {
                let controls =
                    |writer: DERWriter<'_>| writer.write_sequence(|writer| paged(writer.next(), page));
                writer.next().write_tagged_implicit(Tag::context(0), controls);
            }
        });
    })
}

/// The control, not critical: a server without it answers everything at once.
fn paged(writer: DERWriter<'_>, page: &Page<'_>) {
    let value = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u32(page.entries);
            writer.next().write_bytes(page.cookie);
        });
    });
    writer.write_sequence(|writer| {
        writer.next().write_bytes(PAGED_RESULTS);
        writer.next().write_bytes(&value);
    });
}

fn request(id: u32, operation: impl FnOnce(DERWriter<'_>)) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u32(id);
            operation(writer.next());
        });
    })
}

/// One entry as a server sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// Its distinguished name.
    pub(crate) name: String,
    /// Attributes with their options, and their values.
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// How an operation ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    /// The result code of RFC 4511 4.1.9.
    pub(crate) code: i64,
    /// What the server says to it.
    pub(crate) text: String,
    /// Where the next page begins; nothing where there is none.
    pub(crate) cookie: Vec<u8>,
    /// URLs of where there may be more: of a referral, and one of each reference of a search.
    pub(crate) elsewhere: Vec<String>,
}

/// What a server says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// One entry found.
    Entry(Entry),
    /// More may be found elsewhere, at one of these URLs.
    Reference(Vec<String>),
    /// The search is over.
    Searched(Outcome),
    /// Who has logged on, or not.
    Bound(Outcome),
    /// An extended operation is over; with message 0 the server ends the connection.
    Extended(Outcome),
    /// Anything else that may come between.
    Other,
}

/// Reads one message: which request it answers, and what it says.
///
/// # Errors
/// It is none.
pub(crate) fn read(bytes: &[u8]) -> ASN1Result<(u32, Answer)> {
    yasna::parse_ber(bytes, |reader| {
        reader.read_sequence(|reader| {
            let id = reader.next().read_u32()?;
            let mut answer = operation(reader.next())?;
            let cookie = reader.read_optional(controls)?.flatten();
            if let (Answer::Searched(outcome), Some(cookie)) = (&mut answer, cookie) {
                outcome.cookie = cookie;
            }
            Ok((id, answer))
        })
    })
}

fn operation(reader: BERReader<'_, '_>) -> ASN1Result<Answer> {
    let tag = reader.lookahead_tag()?;
    let number = if tag == Tag::application(tag.tag_number) { tag.tag_number } else { u64::MAX };
    reader.read_tagged_implicit(tag, |reader| match number {
        1 => reader.read_sequence(outcome).map(Answer::Bound),
        4 => reader.read_sequence(entry).map(Answer::Entry),
        5 => reader.read_sequence(outcome).map(Answer::Searched),
        19 => reader.collect_sequence_of(text).map(Answer::Reference),
        24 => reader.read_sequence(outcome).map(Answer::Extended),
        25 => reader.read_sequence(|reader| {
            let mut has = |tag| reader.read_optional(|reader| reader.read_tagged_implicit(tag, octets));
            has(Tag::context(0))?;
            has(Tag::context(1)).map(|_| Answer::Other)
        }),
        _ => Err(ASN1Error::new(ASN1ErrorKind::Invalid)),
    })
}

fn entry(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Entry> {
    let name = text(reader.next())?;
    let attributes = reader.next().collect_sequence_of(|reader| {
        reader.read_sequence(|reader| {
            let attribute = text(reader.next())?;
            Ok((attribute, reader.next().collect_set_of(octets)?))
        })
    })?;
    Ok(Entry { name, attributes })
}

/// LDAPResult with what a BindResponse and an ExtendedResponse have behind it.
fn outcome(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Outcome> {
    let code = reader.next().read_enum()?;
    let _matched = reader.next().read_bytes()?;
    let said = reader.next().read_bytes()?;
    let referral = reader.read_optional(|reader| {
        let all = |reader: BERReader<'_, '_>| reader.collect_sequence_of(text);
        reader.read_tagged_implicit(Tag::context(3), all)
    })?;
    for tag in [7, 10, 11] {
        reader.read_optional(|reader| reader.read_tagged_implicit(Tag::context(tag), octets))?;
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(Outcome { code, text: said, cookie: Vec::new(), elsewhere: referral.unwrap_or_default() })
}

/// The cookie among the controls.
fn controls(reader: BERReader<'_, '_>) -> ASN1Result<Option<Vec<u8>>> {
    let all = reader.read_tagged_implicit(Tag::context(0), |reader| {
        reader.collect_sequence_of(|reader| {
            reader.read_sequence(|reader| {
                let name = reader.next().read_bytes()?;
                let _critical = reader.read_optional(|reader| reader.read_bool())?;
                Ok((name, reader.read_optional(octets)?.unwrap_or_default()))
            })
        })
    })?;
    let paged = all.into_iter().find(|(name, _)| name == PAGED_RESULTS);
    paged.map(|(_, value)| yasna::parse_ber(&value, cookie)).transpose()
}

fn cookie(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    reader.read_sequence(|reader| {
        let _estimate = reader.next().read_i64()?;
        reader.next().read_bytes()
    })
}

fn text(reader: BERReader<'_, '_>) -> ASN1Result<String> {
    String::from_utf8(reader.read_bytes()?).map_err(|_| ASN1Error::new(ASN1ErrorKind::Invalid))
}

fn octets(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    reader.read_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message as a server writes it, with any tag for its operation.
    fn said(operation: &[u8]) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_u32(7);
                writer.next().write_der(operation);
            });
        })
    }

    #[test]
    fn answers_are_read_with_short_and_long_lengths() {
        // A server may write every length with four octets, as one widespread server does.
        let short = [0x65, 7, 10, 1, 0, 4, 0, 4, 0];
        let long = [0x65, 0x84, 0, 0, 0, 7, 10, 1, 0, 4, 0, 4, 0];
        for bytes in [&short[..], &long] {
            assert_eq!(read(&said(bytes)), Ok((7, Answer::Searched(Outcome::default()))), "{bytes:x?}");
        }
        let reference = [0x73, 3, 4, 1, b'x'];
        assert_eq!(read(&said(&reference)), Ok((7, Answer::Reference(vec!["x".to_owned()]))));
        assert_eq!(read(&said(&[0x79, 0])), Ok((7, Answer::Other)));
        assert!(read(&said(&[0x7f, 0x64, 0])).is_err(), "an operation of another number");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let mut deep = vec![0x24; 200_000];
        (0..deep.len()).step_by(2).for_each(|at| deep[at + 1] = 0x80);
        assert!(read(&said(&[&[0x64, 0x83, 3, 13, 64][..], &deep].concat())).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(read(&bytes));
            let mut framed = vec![0x30, 0x82, (bytes.len() / 256) as u8, bytes.len() as u8];
            framed.extend_from_slice(&bytes);
            drop(read(&framed));
        }

        #[test]
        fn no_damage_makes_the_reader_panic(at in 0_usize..60, with in any::<u8>(), cut in 0_usize..80) {
            let entry = [0x64, 18, 4, 4, b'c', b'n', b'=', b'a', 0x30, 10, 0x30, 8, 4, 2, b'c', b'n', 0x31, 2, 4, 0];
            let mut bytes = said(&entry);
            prop_assert!(matches!(read(&bytes), Ok((7, Answer::Entry(_)))));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = with;
            }
            bytes.truncate(cut);
            drop(read(&bytes));
        }
    }
}
