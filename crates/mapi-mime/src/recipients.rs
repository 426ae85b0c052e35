//! To, Cc and Bcc out of the recipient table.
//!
//! The envelope of a transport is not made here: it has every recipient, these fields only those to be shown.

use crate::address::{Known, Mailbox};
use crate::aliases::alias;
use crate::carried;
use crate::fields::Fields;
use crate::loss::{Losses, Place, Reason, Step};
use crate::reports::{Report, addressees};
use crate::to_mime::Scope;
use mapi_defs::object::{Property, find};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_defs::recipient::{P1, RecipientType};

/// Writes the fields that name the recipients.
pub(crate) fn write_recipients(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    if Report::of(scope).is_some_and(Report::is_of_delivery) {
        // Its recipients are those whom it is about; they stand in the part for programs.
        fields.mailboxes("To", &addressees(scope));
        return;
    }
    let (mut to, mut cc, mut bcc) = (Vec::new(), Vec::new(), Vec::new());
    for (row, properties) in scope.message.recipients.iter().enumerate() {
        let place = scope.place.down(Step::Recipient(row));
        let kind = find(properties, tags::PR_RECIPIENT_TYPE).and_then(PropValue::as_long).unwrap_or(1);
        let list = match RecipientType::from_value(kind) {
            RecipientType::Originator => continue,
            RecipientType::Bcc if !scope.options.include_bcc => {
                losses.note(&place, tags::PR_RECIPIENT_TYPE, Reason::BlindCopy);
                continue;
            }
            _ if kind.cast_unsigned() & P1 != 0 => {
                losses.note(&place, tags::PR_RECIPIENT_TYPE, Reason::EnvelopeOnly);
                continue;
            }
            RecipientType::Bcc => &mut bcc,
            RecipientType::Cc => &mut cc,
            RecipientType::To => &mut to,
        };
        list.extend(mailbox(scope, &place, properties, losses));
        losses.note_rest(&place, properties, &carried::RECIPIENT);
    }
    if scope.message.recipients.is_empty() {
        to = displayed(scope, tags::PR_DISPLAY_TO);
        cc = displayed(scope, tags::PR_DISPLAY_CC);
        bcc = if scope.options.include_bcc { displayed(scope, tags::PR_DISPLAY_BCC) } else { Vec::new() };
    }
    for (name, list) in [("To", to), ("Cc", cc), ("Bcc", bcc)] {
        fields.mailboxes(name, &list);
    }
}

fn mailbox(scope: &Scope<'_>, place: &Place, row: &[Property], losses: &mut Losses) -> Option<Mailbox> {
    let text = |tag: PropTag| find(row, tag).and_then(PropValue::as_text);
    let known = Known {
        name: text(tags::PR_DISPLAY_NAME),
        address_type: text(tags::PR_ADDRTYPE),
        address: text(tags::PR_EMAIL_ADDRESS),
        smtp: text(tags::PR_SMTP_ADDRESS),
        entry_id: find(row, tags::PR_ENTRYID).and_then(PropValue::as_binary),
        alias: None,
    };
    // Who sends a copy to himself has the sender's entry.
    let known = Known { alias: alias(scope.message, &known), ..known };
    let resolved = known.resolve(&scope.transport, &scope.options.domain);
    if resolved.encapsulated {
        losses.note(place, tags::PR_EMAIL_ADDRESS, Reason::NotInternetAddress);
    } else if resolved.mailbox.address.is_none() && known.address.is_some_and(|address| !address.is_empty()) {
        losses.note(place, tags::PR_EMAIL_ADDRESS, Reason::TooLong);
    }
    if crate::fields::without_controls(&resolved.mailbox.name).1 {
        losses.note(place, tags::PR_DISPLAY_NAME, Reason::ControlCharacters);
    }
    (resolved.mailbox != Mailbox::default()).then_some(resolved.mailbox)
}

/// The names that drafts keep in place of a recipient table.
fn displayed(scope: &Scope<'_>, tag: PropTag) -> Vec<Mailbox> {
    let names = scope.message.text(tag).unwrap_or_default();
    let names = names
        .split(';')
        .map(|name| name.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0'));
    names
        .filter(|name| !name.is_empty())
        .map(|name| Known { name: Some(name), ..Known::default() })
        .map(|known| known.resolve(&scope.transport, &scope.options.domain).mailbox)
        .collect()
}
