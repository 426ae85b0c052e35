//! What a restriction becomes: a filter with which the directory chooses, and what is asked of its answer then.
//!
//! The filter finds everything that the restriction can hold for, and perhaps more: the two compare texts in
//! different ways, and the restriction has the last word. PR_ANR alone is the directory's own judgement.

use crate::filter::Filter;
use crate::schema::{Matching, Schema};
use mapi_defs::prop::tags::{
    PR_ACCOUNT, PR_ANR, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_GIVEN_NAME, PR_SMTP_ADDRESS, PR_SURNAME,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::restriction::{Fuzzy, Loose, RelOp, Restriction};

/// The longest text that is looked for, in octets.
pub(crate) const MAX_TEXT_BYTES: usize = 256;

/// What a restriction becomes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Translated {
    /// What the directory is asked; everything where it is `None`.
    pub(crate) filter: Option<Filter>,
    /// What of its answer is shown; all where it is `None`.
    pub(crate) rest: Option<Restriction>,
}

/// Makes a filter of a restriction. One that is nested too deep was refused before.
pub(crate) fn translate(schema: &Schema, restriction: &Restriction) -> Translated {
    if let Some(name) = typed_name(restriction) {
        return Translated { filter: Some(schema.named_so(name)), rest: None };
    }
    let filter = match restriction {
        Restriction::And(all) => return every(schema, all),
        Restriction::Or(all) => return any(schema, all),
        Restriction::Comment { restriction: Some(inner), .. } => return translate(schema, inner),
        Restriction::Content { fuzzy, loose, tag, value } if !loose.ignore_nonspace && !loose.loose => {
            text(value).and_then(|text| {
                of_text(schema, *tag, |attribute| match fuzzy {
                    Fuzzy::FullString => Filter::Equal(attribute, text.to_owned()),
                    Fuzzy::SubString => Filter::has(attribute, text),
                    Fuzzy::Prefix => Filter::begins(attribute, text),
                })
            })
        }
        Restriction::Property { op: RelOp::Equal, tag, value } => text(value)
            .and_then(|text| of_text(schema, *tag, |attribute| Filter::Equal(attribute, text.to_owned()))),
        Restriction::Exist(tag) => of_text(schema, *tag, Filter::Present),
        _ => None,
    };
    Translated { filter, rest: Some(by_properties(restriction)) }
}

fn every(schema: &Schema, all: &[Restriction]) -> Translated {
    let (mut filters, mut rests) = (Vec::new(), Vec::new());
    for restriction in all {
        let translated = translate(schema, restriction);
        filters.extend(translated.filter);
        rests.extend(translated.rest);
    }
    Translated {
        filter: (!filters.is_empty()).then_some(Filter::And(filters)),
        rest: (!rests.is_empty()).then_some(Restriction::And(rests)),
    }
}

fn any(schema: &Schema, all: &[Restriction]) -> Translated {
    let each: Vec<Translated> = all.iter().map(|restriction| translate(schema, restriction)).collect();
    let is_whole = !each.is_empty() && each.iter().all(|translated| translated.rest.is_none());
    let filters: Option<Vec<Filter>> = each.into_iter().map(|translated| translated.filter).collect();
    Translated {
        filter: filters.filter(|filters| !filters.is_empty()).map(Filter::Or),
        rest: (!is_whole).then(|| Restriction::Or(all.iter().map(by_properties).collect())),
    }
}

/// The restriction with every PR_ANR in words of properties that rows have.
pub(crate) fn by_properties(restriction: &Restriction) -> Restriction {
    const NAMES: [PropTag; 5] = [PR_DISPLAY_NAME, PR_SURNAME, PR_GIVEN_NAME, PR_SMTP_ADDRESS, PR_ACCOUNT];
    if let Some(name) = typed_name(restriction) {
        let begins = |tag: PropTag| Restriction::Content {
            fuzzy: Fuzzy::Prefix,
            loose: Loose { ignore_case: true, ..Loose::default() },
            tag,
            value: PropValue::Unicode(name.to_owned()),
        };
        return Restriction::Or(NAMES.map(begins).to_vec());
    }
    match restriction {
        Restriction::And(all) => Restriction::And(all.iter().map(by_properties).collect()),
        Restriction::Or(all) => Restriction::Or(all.iter().map(by_properties).collect()),
        Restriction::Not(inner) => Restriction::Not(Box::new(by_properties(inner))),
        Restriction::Comment { props, restriction } => Restriction::Comment {
            props: props.clone(),
            restriction: restriction.as_deref().map(|inner| Box::new(by_properties(inner))),
        },
        Restriction::Count { count, restriction } => {
            Restriction::Count { count: *count, restriction: Box::new(by_properties(restriction)) }
        }
        other => other.clone(),
    }
}

/// The name that PR_ANR compares with.
fn typed_name(restriction: &Restriction) -> Option<&str> {
    let (tag, value) = match restriction {
        Restriction::Property { op: RelOp::Equal, tag, value } | Restriction::Content { tag, value, .. } => {
            (tag, value)
        }
        _ => return None,
    };
    if tag.id() == PR_ANR.id() { text(value).map(str::trim).filter(|name| !name.is_empty()) } else { None }
}

/// A text that can be looked for.
fn text(value: &PropValue) -> Option<&str> {
    value.as_text().filter(|text| text.len() <= MAX_TEXT_BYTES)
}

/// The condition on any attribute of a property.
fn of_text(schema: &Schema, tag: PropTag, one: impl Fn(&'static str) -> Filter) -> Option<Filter> {
    let tag = if tag.id() == PR_EMAIL_ADDRESS.id() { PR_SMTP_ADDRESS } else { tag };
    let mapping = schema.mapping(tag).filter(|mapping| mapping.matching == Matching::Loose)?;
    Some(Filter::Or(mapping.attributes.iter().map(|attribute| one(attribute)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ACTIVE_DIRECTORY, INET_ORG_PERSON};
    use mapi_defs::prop::tags::{PR_COMMENT, PR_OBJECT_TYPE};

    fn equal(tag: PropTag, value: impl Into<PropValue>) -> Restriction {
        Restriction::Property { op: RelOp::Equal, tag, value: value.into() }
    }

    fn filter(restriction: &Restriction) -> String {
        translate(&INET_ORG_PERSON, restriction).filter.map_or_else(String::new, |filter| filter.to_string())
    }

    #[test]
    fn a_restriction_is_a_filter_that_finds_at_least_as_much() {
        let name = equal(PR_DISPLAY_NAME, "a*b");
        let address = equal(PR_EMAIL_ADDRESS, "a@b)");
        assert_eq!(filter(&name), "(|(displayName=a\\2ab)(cn=a\\2ab))");
        assert_eq!(filter(&address), "(|(mail=a@b\\29))");
        let begins = |value: &str, ignore_nonspace| Restriction::Content {
            fuzzy: Fuzzy::Prefix,
            loose: Loose { ignore_case: true, ignore_nonspace, loose: false },
            tag: PR_SMTP_ADDRESS,
            value: value.into(),
        };
        assert_eq!(filter(&begins("ann", false)), "(|(mail=ann*))");
        assert_eq!(filter(&begins("", false)), "(|(mail=*))");
        assert_eq!(filter(&begins("ann", true)), "", "the directory minds accents");
        assert_eq!(filter(&equal(PR_COMMENT, "x")), "", "compared in its own way there");
        assert_eq!(filter(&Restriction::Exist(PR_SMTP_ADDRESS)), "(|(mail=*))");
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(filter(&equal(PR_DISPLAY_NAME, long.as_str())), "");
        // What cannot be asked widens an AND and takes an OR away.
        let other = equal(PR_OBJECT_TYPE, 6);
        let both = vec![address.clone(), other.clone()];
        assert_eq!(filter(&Restriction::And(both.clone())), "(&(|(mail=a@b\\29)))");
        assert_eq!(filter(&Restriction::Or(both.clone())), "");
        assert_eq!(filter(&Restriction::Or(Vec::new())), "");
        assert_eq!(filter(&Restriction::Not(Box::new(address))), "");
        let rest = translate(&INET_ORG_PERSON, &Restriction::And(both.clone())).rest;
        assert_eq!(rest, Some(Restriction::And(both)), "the restriction has the last word");
    }

    #[test]
    fn a_typed_name_is_the_directory_s_own_judgement() {
        let typed = equal(PR_ANR, " Ann ");
        let translated = translate(&ACTIVE_DIRECTORY, &typed);
        assert_eq!(translated.filter.unwrap().to_string(), "(anr=Ann)");
        assert_eq!(translated.rest, None);
        let expected = "(|(displayName=Ann*)(cn=Ann*)(mail=Ann*)(uid=Ann*)(givenName=Ann*)(sn=Ann*))";
        assert_eq!(filter(&typed), expected);
        let words = filter(&equal(PR_ANR, "smith, ann"));
        assert!(words.ends_with("(&(givenName=ann*)(sn=smith*)))"), "{words}");
        // Beside something else that is asked of rows, it is asked of them too.
        let either = Restriction::Or(vec![typed, equal(PR_OBJECT_TYPE, 6)]);
        let Some(Restriction::Or(rest)) = translate(&INET_ORG_PERSON, &either).rest else { panic!() };
        assert!(matches!(&rest[0], Restriction::Or(names) if names.len() == 5));
    }
}
