//! `PropList`: the properties of one object, sorted by identifier.
//!
//! An object holds one property per identifier; setting it with another type replaces it.

use super::{PropTag, PropType, PropValue};
use crate::{ErrorCode, FileTime};

/// One property: its identifier and value. The tag's type is the value's.
#[derive(Clone, PartialEq, Debug)]
pub struct Prop {
    /// The tag asked for; where `value` is an error the tag keeps the identifier and PT_ERROR.
    pub tag: PropTag,
    /// The value.
    pub value: PropValue,
}

impl Prop {
    /// A property whose tag takes its type from the value.
    pub fn new(tag: PropTag, value: impl Into<PropValue>) -> Self {
        let value = value.into();
        Self { tag: tag.with_type(value.ptype()), value }
    }
}

/// Why one property of a call could not be done (SPropProblem); the call itself succeeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PropProblem {
    /// Index into the array the caller passed.
    pub index: usize,
    /// The property.
    pub tag: PropTag,
    /// The reason.
    pub code: ErrorCode,
}

/// The properties of one object, sorted by identifier, one per identifier.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PropList {
    props: Vec<Prop>,
}

impl PropList {
    /// An empty list.
    pub const fn new() -> Self {
        Self { props: Vec::new() }
    }

    /// Number of properties.
    pub fn len(&self) -> usize {
        self.props.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.props.is_empty()
    }

    /// The properties in ascending order of identifier.
    pub fn iter(&self) -> std::slice::Iter<'_, Prop> {
        self.props.iter()
    }

    /// The tags in ascending order of identifier.
    pub fn tags(&self) -> impl Iterator<Item = PropTag> + '_ {
        self.props.iter().map(|prop| prop.tag)
    }

    /// The property with this tag.
    ///
    /// PT_UNSPECIFIED matches any type, and text of one width is found by the tag of the other.
    pub fn prop(&self, tag: PropTag) -> Option<&Prop> {
        let prop = self.position(tag.id()).ok().map(|index| &self.props[index])?;
        let (asked, held) = (tag.ptype(), prop.tag.ptype());
        (asked == PropType::UNSPECIFIED || asked == held || asked.unicode() == held.unicode()).then_some(prop)
    }

    /// The value with this tag, by the rule of [`PropList::prop`].
    pub fn value(&self, tag: PropTag) -> Option<&PropValue> {
        self.prop(tag).map(|prop| &prop.value)
    }

    /// True where a property with this identifier is here, of whatever type.
    pub fn contains_id(&self, id: u16) -> bool {
        self.position(id).is_ok()
    }

    /// The text with this tag.
    pub fn text(&self, tag: PropTag) -> Option<&str> {
        self.value(tag).and_then(PropValue::as_text)
    }

    /// The 32-bit number with this tag.
    pub fn long(&self, tag: PropTag) -> Option<i32> {
        self.value(tag).and_then(PropValue::as_long)
    }

    /// The truth with this tag.
    pub fn boolean(&self, tag: PropTag) -> Option<bool> {
        self.value(tag).and_then(PropValue::as_boolean)
    }

    /// The moment with this tag.
    pub fn time(&self, tag: PropTag) -> Option<FileTime> {
        self.value(tag).and_then(PropValue::as_time)
    }

    /// The bytes with this tag.
    pub fn binary(&self, tag: PropTag) -> Option<&[u8]> {
        self.value(tag).and_then(PropValue::as_binary)
    }

    /// Sets a property; its type is the value's. Returns the value it replaced.
    pub fn set(&mut self, tag: PropTag, value: impl Into<PropValue>) -> Option<PropValue> {
        let prop = Prop::new(tag, value);
        match self.position(tag.id()) {
            Ok(index) => Some(std::mem::replace(&mut self.props[index], prop).value),
            Err(index) => {
                self.props.insert(index, prop);
                None
            }
        }
    }

    /// Removes the property with this identifier, of whatever type.
    pub fn remove(&mut self, id: u16) -> Option<PropValue> {
        self.position(id).ok().map(|index| self.props.remove(index).value)
    }

    /// Sets every property of `other`.
    pub fn merge(&mut self, other: Self) {
        for prop in other.props {
            self.set(prop.tag, prop.value);
        }
    }

    /// Keeps the properties for which `keep` answers true.
    pub fn retain(&mut self, keep: impl FnMut(&Prop) -> bool) {
        self.props.retain(keep);
    }

    fn position(&self, id: u16) -> Result<usize, usize> {
        // Lists are mostly built in ascending order, so the end is looked at first.
        match self.props.last() {
            Some(last) if last.tag.id() < id => Err(self.props.len()),
            _ => self.props.binary_search_by_key(&id, |prop| prop.tag.id()),
        }
    }
}

impl FromIterator<Prop> for PropList {
    fn from_iter<I: IntoIterator<Item = Prop>>(props: I) -> Self {
        let mut list = Self::new();
        for prop in props {
            list.set(prop.tag, prop.value);
        }
        list
    }
}

impl IntoIterator for PropList {
    type Item = Prop;
    type IntoIter = std::vec::IntoIter<Prop>;

    fn into_iter(self) -> Self::IntoIter {
        self.props.into_iter()
    }
}

impl<'a> IntoIterator for &'a PropList {
    type Item = &'a Prop;
    type IntoIter = std::slice::Iter<'a, Prop>;

    fn into_iter(self) -> Self::IntoIter {
        self.props.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: PropTag = PropTag::new(0x0037, PropType::UNICODE);
    const SIZE: PropTag = PropTag::new(0x0E08, PropType::LONG);

    #[test]
    fn one_property_per_identifier_in_ascending_order() {
        let mut list = PropList::new();
        list.set(SIZE, 7);
        list.set(SUBJECT, "a");
        assert_eq!(list.set(SUBJECT, PropValue::String8("b".into())), Some("a".into()));
        assert_eq!(list.tags().map(|tag| tag.0).collect::<Vec<_>>(), [0x0037_001E, 0x0E08_0003]);
        assert_eq!(list.text(SUBJECT), Some("b"));
        assert_eq!(list.long(SIZE), Some(7));
        assert_eq!(list.value(SUBJECT.with_type(PropType::LONG)), None);
        assert!(list.value(SUBJECT.with_type(PropType::UNSPECIFIED)).is_some());
        assert_eq!(list.remove(0x0037), Some(PropValue::String8("b".into())));
        assert!(!list.contains_id(0x0037) && list.contains_id(0x0E08));
    }
}
