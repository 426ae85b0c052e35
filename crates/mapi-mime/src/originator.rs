//! The fields that name who wrote, who sent and whom to answer: From, Sender, Reply-To and the receipts.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1.3.1.3 (From), 2.1.3.1.4 (Sender), 2.1.3.1.5 (Reply-To), 2.1.3.1.6 (receipts).

use crate::address::{Known, Mailbox};
use crate::aliases::alias;
use crate::fields::Fields;
use crate::loss::{Losses, Reason};
use crate::one_off::{OneOff, flat_entries};
use crate::to_mime::Scope;
use mapi_defs::prop::{PropTag, PropValue, tags};

/// The properties that describe one person of the message itself.
struct Group {
    name: PropTag,
    address_type: PropTag,
    address: PropTag,
    smtp: PropTag,
    entry_id: PropTag,
}

const REPRESENTING: Group = Group {
    name: tags::PR_SENT_REPRESENTING_NAME,
    address_type: tags::PR_SENT_REPRESENTING_ADDRTYPE,
    address: tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp: tags::PR_SENT_REPRESENTING_SMTP_ADDRESS,
    entry_id: tags::PR_SENT_REPRESENTING_ENTRYID,
};

const SENDER: Group = Group {
    name: tags::PR_SENDER_NAME,
    address_type: tags::PR_SENDER_ADDRTYPE,
    address: tags::PR_SENDER_EMAIL_ADDRESS,
    smtp: tags::PR_SENDER_SMTP_ADDRESS,
    entry_id: tags::PR_SENDER_ENTRYID,
};

impl Group {
    fn known<'a>(&self, scope: &Scope<'a>) -> Known<'a> {
        let message = scope.message;
        let known = Known {
            name: message.text(self.name),
            address_type: message.text(self.address_type),
            address: message.text(self.address),
            smtp: message.text(self.smtp),
            entry_id: message.property(self.entry_id).and_then(PropValue::as_binary),
            alias: None,
        };
        Known { alias: alias(message, &known), ..known }
    }

    fn mailbox(&self, scope: &Scope<'_>, losses: &mut Losses) -> Option<Mailbox> {
        let known = self.known(scope);
        if known.is_empty() {
            return None;
        }
        let resolved = known.resolve(&scope.transport, &scope.options.domain);
        if resolved.encapsulated {
            losses.note(&scope.place, self.address, Reason::NotInternetAddress);
        } else if resolved.mailbox.address.is_none()
            && known.address.is_some_and(|address| !address.is_empty())
        {
            losses.note(&scope.place, self.address, Reason::TooLong);
        }
        scope.note_controls(&resolved.mailbox.name, self.name, losses);
        (resolved.mailbox != Mailbox::default()).then_some(resolved.mailbox)
    }
}

/// Who wrote the message, as From has it.
pub(crate) fn author(scope: &Scope<'_>) -> Option<Mailbox> {
    let mut unnoted = Losses::default();
    [REPRESENTING, SENDER].iter().find_map(|group| group.mailbox(scope, &mut unnoted))
}

/// Writes From and, where somebody else sent the message, Sender. A message that names nobody gets neither.
pub(crate) fn write_from(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let represented = REPRESENTING.mailbox(scope, losses);
    let sender = SENDER.mailbox(scope, losses);
    let is_same = match (&represented, &sender) {
        (Some(from), Some(sender)) => same_person(from, sender),
        _ => true,
    };
    let from: Vec<Mailbox> = represented.or_else(|| sender.clone()).into_iter().collect();
    fields.mailboxes("From", &from);
    if let (false, Some(sender)) = (is_same, sender) {
        // A Sender must have an address; a name alone is no form of it.
        if sender.address.is_some() {
            fields.mailboxes("Sender", &[sender]);
        } else {
            losses.note(&scope.place, SENDER.name, Reason::Malformed);
        }
    }
}

fn same_person(a: &Mailbox, b: &Mailbox) -> bool {
    match (&a.address, &b.address) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a.name.eq_ignore_ascii_case(&b.name),
    }
}

/// Writes Reply-To out of the list of entry IDs, or out of the names where those are addresses.
pub(crate) fn write_reply_to(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let entries = scope.message.property(tags::PR_REPLY_RECIPIENT_ENTRIES).and_then(PropValue::as_binary);
    let names = scope.message.text(tags::PR_REPLY_RECIPIENT_NAMES).unwrap_or_default();
    let entries = flat_entries(entries.unwrap_or_default());
    let from_entries = entries.iter().map(|entry| Known { entry_id: Some(entry), ..Known::default() });
    let from_names = names.split(';').map(|name| Known { name: Some(name), ..Known::default() });
    let known: Vec<Known<'_>> =
        if entries.is_empty() { from_names.collect() } else { from_entries.collect() };
    let mut mailboxes = Vec::new();
    for known in known.iter().filter(|known| !known.is_empty()) {
        let resolved = known.resolve(&scope.transport, &scope.options.domain);
        if resolved.encapsulated {
            losses.note(&scope.place, tags::PR_REPLY_RECIPIENT_ENTRIES, Reason::NotInternetAddress);
        }
        match resolved.mailbox.address {
            Some(_) => mailboxes.push(resolved.mailbox),
            None => losses.note(&scope.place, tags::PR_REPLY_RECIPIENT_ENTRIES, Reason::Malformed),
        }
    }
    fields.mailboxes("Reply-To", &mailboxes);
}

/// Writes where receipts go: to the entry ID named for them, else to the sender.
pub(crate) fn write_receipts(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let asked = |tag| scope.message.property(tag).and_then(PropValue::as_boolean).unwrap_or(false);
    for (tag, name) in [
        (tags::PR_READ_RECEIPT_REQUESTED, "Disposition-Notification-To"),
        (tags::PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, "Return-Receipt-To"),
    ] {
        if !asked(tag) {
            continue;
        }
        match receiver(scope) {
            Some(mailbox) => fields.mailboxes(name, &[mailbox]),
            None => losses.note(&scope.place, tag, Reason::Malformed),
        }
    }
}

fn receiver(scope: &Scope<'_>) -> Option<Mailbox> {
    let entry_id = scope.message.property(tags::PR_READ_RECEIPT_ENTRYID).and_then(PropValue::as_binary);
    let named = entry_id.filter(|id| OneOff::read(id).is_some());
    let named = named.map(|id| Known { entry_id: Some(id), ..Known::default() });
    let groups = [SENDER.known(scope), REPRESENTING.known(scope)];
    named
        .into_iter()
        .chain(groups)
        .map(|known| known.resolve(&scope.transport, &scope.options.domain).mailbox)
        .find(|mailbox| mailbox.address.is_some())
}
