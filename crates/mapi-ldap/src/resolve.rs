//! How names that somebody typed are found in the directory (ResolveNames).
//!
//! A name is an address or name in full, in any case, or else the beginning of a name or address. One entry in
//! full comes before any that only begin so. One search answers this, but where more begin so than are
//! looked at: then a second one asks for the name in full.

use crate::directory::Directory;
use crate::entry;
use crate::filter::Filter;
use crate::message::Entry;
use crate::restriction::MAX_TEXT_BYTES;
use crate::schema::Schema;
use mapi_defs::Result;
use mapi_defs::prop::collation::compare_text;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE,
    PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_spi::address_book::Resolution;

/// How many entries are looked at for one name.
const MOST: u32 = 20;
/// What a recipient gets of the entry it was resolved to.
const RESOLVED: [PropTag; 8] = [
    PR_ENTRYID,
    PR_DISPLAY_NAME,
    PR_ADDRTYPE,
    PR_EMAIL_ADDRESS,
    PR_SMTP_ADDRESS,
    PR_SEARCH_KEY,
    PR_OBJECT_TYPE,
    PR_DISPLAY_TYPE,
];
const CALL: &str = "AbContainer::resolve_names";

/// Resolves the recipients that are not resolved yet.
pub(crate) fn resolve(
    directory: &Directory,
    recipients: &mut [Recipient],
    flags: &mut [Resolution],
) -> Result<()> {
    for (recipient, flag) in recipients.iter_mut().zip(flags) {
        if *flag != Resolution::Unresolved {
            continue;
        }
        let name = recipient.display_name().unwrap_or_default().trim().to_owned();
        match find(directory, &name)? {
            Found::Nobody => {}
            Found::Several => *flag = Resolution::Ambiguous,
            Found::One(props) => {
                *flag = Resolution::Resolved;
                recipient.props.merge(as_recipient(&props));
            }
        }
    }
    Ok(())
}

/// What of an entry's properties a recipient has.
pub(crate) fn as_recipient(props: &PropList) -> PropList {
    RESOLVED.iter().filter_map(|tag| props.prop(*tag).cloned()).collect()
}

enum Found {
    Nobody,
    One(PropList),
    Several,
}

fn find(directory: &Directory, name: &str) -> Result<Found> {
    if name.is_empty() || name.len() > MAX_TEXT_BYTES {
        return Ok(Found::Nobody);
    }
    let schema = directory.schema;
    let search = |names: Filter| {
        let filter = Filter::And(vec![names, schema.listed()]);
        directory.find(CALL, &filter, &schema.recipient_attributes(), MOST)
    };
    let mut found = search(schema.named_so(name))?;
    let mut in_full = in_full(schema, &found.entries, name);
    if !found.is_all && in_full.len() != 1 {
        let whole = search(schema.named_in_full(name))?;
        in_full = whole.entries;
        // Nobody of that very name, and more than can be told apart.
        if in_full.is_empty() {
            return Ok(Found::Several);
        }
        found.entries.clear();
    }
    let choice = if in_full.is_empty() { found.entries } else { in_full };
    let mut usable = choice.iter().filter_map(|entry| entry::props(directory.uid, schema, entry));
    Ok(match (usable.next(), usable.next()) {
        (None, _) => Found::Nobody,
        (Some(props), None) => Found::One(props),
        _ => Found::Several,
    })
}

/// Those of the name in full.
fn in_full(schema: &Schema, entries: &[Entry], name: &str) -> Vec<Entry> {
    let is_it = |entry: &&Entry| {
        schema
            .whole_names
            .iter()
            .flat_map(|attribute| entry.texts(attribute))
            .any(|text| compare_text(text, name).is_eq())
    };
    entries.iter().filter(is_it).cloned().collect()
}
