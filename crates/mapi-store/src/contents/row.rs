//! One row of a table of messages: what its columns are, and what a condition sees.

use super::Rows;
use crate::answer::pick;
use crate::computed::{Facts, subject_part, time};
use crate::engine::pack::{Found, Reader, unpack_recipients};
use crate::engine::record::{MessageRecord, RowRecord};
use mapi_defs::prop::collation::collation_key;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue, tags};
use mapi_defs::restriction::Restriction;
use mapi_defs::restriction::evaluate::Subject;
use mapi_defs::row::Row;
use mapi_defs::{ErrorCode, Result};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A row and where the rest of it is found.
pub(super) struct RowOf<'a> {
    rows: &'a Rows<'a>,
    row: &'a RowRecord,
    facts: Facts,
    /// The whole message, read where a value is not in the row.
    whole: OnceCell<Option<MessageRecord>>,
}

impl<'a> RowOf<'a> {
    /// The row of a record.
    pub(super) fn new(rows: &'a Rows<'a>, row: &'a RowRecord) -> Self {
        let facts = Facts::of(row, rows.logon.can_write());
        Self { rows, row, facts, whole: OnceCell::new() }
    }

    /// The row in these columns.
    pub(super) fn columns(&self, columns: &[PropTag]) -> Result<Row> {
        let props = columns.iter().map(|tag| Ok(pick(*tag, self.prop(*tag)?)));
        Ok(Row { props: props.collect::<Result<_>>()? })
    }

    /// True where the row meets a condition.
    pub(super) fn meets(&self, restriction: &Restriction) -> bool {
        restriction.matches(self)
    }

    /// The value that the row is ordered by; `None` where it has none or its row is damaged.
    pub(super) fn sorted_by(&self, tag: PropTag) -> Option<PropValue> {
        match pick(tag, self.prop(tag).ok().flatten()).value {
            PropValue::Error(_) => None,
            // Keys compare as the texts do, and faster; texts of a column are never compared with others.
            PropValue::Unicode(text) | PropValue::String8(text) if tag.ptype().is_text() => {
                Some(PropValue::Binary(collation_key(&text)))
            }
            value => Some(value),
        }
    }

    fn prop(&self, tag: PropTag) -> Result<Option<Prop>> {
        if let Some(value) = self.facts.value(tag, self.rows.logon) {
            return Ok(Some(Prop::new(tag, value)));
        }
        let id = tag.id();
        match Reader::new(&self.row.props)?.find(id)? {
            Found::Value(prop) => return Ok(Some(prop)),
            Found::Stream(tag, _) => return Ok(Some(held_back(tag))),
            Found::Elsewhere => return self.elsewhere(id),
            Found::Nothing => {}
        }
        if let Some(value) = time(id, self.row.created, self.row.modified) {
            return Ok(Some(Prop::new(tag, value)));
        }
        if id == tags::PR_SUBJECT_PREFIX.id() || id == tags::PR_NORMALIZED_SUBJECT.id() {
            let subject = self.prop(tags::PR_SUBJECT)?;
            let subject = subject.as_ref().and_then(|prop| prop.value.as_text());
            return Ok(subject_part(id, subject).map(|value| Prop::new(tag, value)));
        }
        Ok(None)
    }

    fn elsewhere(&self, id: u16) -> Result<Option<Prop>> {
        let Some(whole) = self.whole() else { return Ok(None) };
        Ok(match Reader::new(&whole.rest)?.find(id)? {
            Found::Value(prop) => Some(prop),
            Found::Stream(tag, _) => Some(held_back(tag)),
            Found::Elsewhere | Found::Nothing => None,
        })
    }

    fn whole(&self) -> Option<&MessageRecord> {
        let read = || self.rows.engine.message(self.row.id).ok().flatten();
        self.whole.get_or_init(read).as_ref()
    }

    fn stream_len(&self, id: u16) -> Option<u64> {
        match Reader::new(&self.whole()?.rest).ok()?.find(id).ok()? {
            Found::Stream(_, len) => Some(len),
            _ => None,
        }
    }
}

impl Subject for RowOf<'_> {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        self.prop(tag).ok().flatten().map(|prop| pick(tag, Some(prop)).value).map(Cow::Owned)
    }

    fn size_bytes(&self, tag: PropTag) -> Option<u64> {
        let prop = self.prop(tag).ok().flatten()?;
        match prop.value {
            PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY) => self.stream_len(tag.id()),
            PropValue::Error(_) => None,
            value => Some(value.size_bytes() as u64),
        }
    }

    fn rows(&self, tag: PropTag) -> Vec<Cow<'_, PropList>> {
        let Some(whole) = self.whole() else { return Vec::new() };
        if tag.id() == tags::PR_MESSAGE_RECIPIENTS.id() {
            let rows = unpack_recipients(&whole.recipients).unwrap_or_default();
            return rows.into_iter().map(|row| Cow::Owned(row.props)).collect();
        }
        let mut rows = Vec::new();
        for number in &whole.attachments {
            let Ok(Some((bytes, size, _))) = self.rows.engine.attachment(whole.row.id, *number) else {
                continue;
            };
            let mut set = crate::prop_set::PropSet::default();
            if Reader::new(&bytes).and_then(|reader| reader.unpack(&mut set)).is_err() {
                continue;
            }
            let mut row = set.list();
            row.set(tags::PR_ATTACH_NUM, *number as i32);
            row.set(tags::PR_ATTACH_SIZE, i32::try_from(size).unwrap_or(i32::MAX));
            rows.push(Cow::Owned(row));
        }
        rows
    }
}

/// A value that is only had as a stream.
fn held_back(tag: PropTag) -> Prop {
    Prop { tag: tag.with_type(PropType::ERROR), value: PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY) }
}
