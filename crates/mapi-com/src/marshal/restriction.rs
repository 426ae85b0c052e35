//! Restrictions and sort orders, both ways.
//! What they mean is in `mapi_defs::restriction` and `mapi_defs::sort`.
#![allow(non_snake_case, reason = "values for members of C structures carry the members' names")]

use super::block::{Allocator, Writer};
use super::prop::{prop, props, put_prop, put_props};
use super::{array, invalid};
use crate::abi::{
    SAndRestriction, SBitMaskRestriction, SCommentRestriction, SComparePropsRestriction, SContentRestriction,
    SCountRestriction, SExistRestriction, SNotRestriction, SOrRestriction, SPropValue, SPropertyRestriction,
    SRestriction, SRestriction_res, SSizeRestriction, SSortOrder, SSortOrderSet, SSubRestriction,
};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::restriction::{DEPTH, Fuzzy, Loose, RelOp, Restriction};
use mapi_defs::sort::{Direction, SortColumn, SortOrder};
use mapi_defs::{Error, ErrorCode, Result};
use std::ptr::{addr_of, null_mut};

/// Most conditions in one restriction.
const MOST_NODES: usize = 1 << 16;

const FL_IGNORECASE: u32 = 0x0001_0000;
const FL_IGNORENONSPACE: u32 = 0x0002_0000;
const FL_LOOSE: u32 = 0x0004_0000;

/// Reads a restriction; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_TOO_COMPLEX`: deeper than 128 or more than 65,536 conditions, or a kind that is none.
/// - `MAPI_E_INVALID_PARAMETER`: a pointer or count cannot be used.
///
/// # Safety
/// A pointer that is not NULL leads to a restriction, and so does each pointer in it.
pub unsafe fn restriction(pointer: *const SRestriction, call: &'static str) -> Result<Option<Restriction>> {
    if pointer.is_null() {
        return Ok(None);
    }
    let mut reader = Reader { left: MOST_NODES, call };
    // SAFETY: the promise is the caller's own.
    unsafe { reader.read(pointer, 0) }.map(Some)
}

struct Reader {
    left: usize,
    call: &'static str,
}

impl Reader {
    /// # Safety
    /// The pointer leads to a restriction, and so does each pointer in it.
    unsafe fn read(&mut self, pointer: *const SRestriction, depth: usize) -> Result<Restriction> {
        let call = self.call;
        let too_complex = |what| Error::new(ErrorCode::TOO_COMPLEX, call, what);
        self.left = self.left.checked_sub(1).ok_or_else(|| too_complex("too many conditions"))?;
        if depth >= DEPTH {
            return Err(too_complex("conditions too deep in one another"));
        }
        // SAFETY: the caller promises a restriction there, and that the member that `rt` names counts.
        unsafe {
            let one = &array(pointer, 1, call)?[0];
            let res = &one.res;
            Ok(match one.rt {
                0 => Restriction::And(self.many(res.resAnd.lpRes, res.resAnd.cRes, depth)?),
                1 => Restriction::Or(self.many(res.resOr.lpRes, res.resOr.cRes, depth)?),
                2 => Restriction::Not(self.below(res.resNot.lpRes, depth)?),
                3 => self.content(&res.resContent)?,
                4 => Restriction::Property {
                    op: relation(res.resProperty.relop, call)?,
                    tag: PropTag(res.resProperty.ulPropTag),
                    value: self.value(res.resProperty.lpProp)?,
                },
                5 => Restriction::CompareProps {
                    op: relation(res.resCompareProps.relop, call)?,
                    left: PropTag(res.resCompareProps.ulPropTag1),
                    right: PropTag(res.resCompareProps.ulPropTag2),
                },
                6 => Restriction::BitMask {
                    nonzero: match res.resBitMask.relBMR {
                        0 => false,
                        1 => true,
                        _ => return Err(invalid(call, "a bit mask is neither of the two")),
                    },
                    tag: PropTag(res.resBitMask.ulPropTag),
                    mask: res.resBitMask.ulMask,
                },
                7 => Restriction::Size {
                    op: relation(res.resSize.relop, call)?,
                    tag: PropTag(res.resSize.ulPropTag),
                    bytes: res.resSize.cb,
                },
                8 => Restriction::Exist(PropTag(res.resExist.ulPropTag)),
                9 => Restriction::Sub {
                    tag: PropTag(res.resSub.ulSubObject),
                    restriction: self.below(res.resSub.lpRes, depth)?,
                },
                // RES_COMMENT, and RES_ANNOTATION of the same shape and meaning.
                10 | 12 => {
                    let comment = res.resComment;
                    let below = comment.lpRes;
                    Restriction::Comment {
                        props: props(comment.lpProp, comment.cValues, call)?,
                        restriction: if below.is_null() { None } else { Some(self.below(below, depth)?) },
                    }
                }
                11 => Restriction::Count {
                    count: res.resCount.ulCount,
                    restriction: self.below(res.resCount.lpRes, depth)?,
                },
                _ => return Err(too_complex("a condition of no known kind")),
            })
        }
    }

    /// # Safety
    /// As [`Reader::read`], for each of `count` restrictions.
    unsafe fn many(
        &mut self,
        pointer: *const SRestriction,
        count: u32,
        depth: usize,
    ) -> Result<Vec<Restriction>> {
        // SAFETY: the promise is the caller's own.
        let each = unsafe { array(pointer, count, self.call) }?;
        // SAFETY: as above.
        each.iter().map(|one| unsafe { self.read(one, depth + 1) }).collect()
    }

    /// # Safety
    /// As [`Reader::read`].
    unsafe fn below(&mut self, pointer: *const SRestriction, depth: usize) -> Result<Box<Restriction>> {
        // SAFETY: the promise is the caller's own.
        unsafe { self.read(pointer, depth + 1) }.map(Box::new)
    }

    /// # Safety
    /// The pointer leads to a property value.
    unsafe fn value(&self, pointer: *const SPropValue) -> Result<PropValue> {
        // SAFETY: the promise is the caller's own.
        Ok(unsafe { prop(&array(pointer, 1, self.call)?[0], self.call) }?.value)
    }

    /// # Safety
    /// The structure leads to a property value.
    unsafe fn content(&self, content: &SContentRestriction) -> Result<Restriction> {
        let level = content.ulFuzzyLevel;
        Ok(Restriction::Content {
            fuzzy: fuzzy(level).ok_or_else(|| invalid(self.call, "a fuzzy level is none"))?,
            loose: loose(level),
            tag: PropTag(content.ulPropTag),
            // SAFETY: the promise is the caller's own.
            value: unsafe { self.value(content.lpProp) }?,
        })
    }
}

/// The part of a text that a fuzzy level means (FL_FULLSTRING, FL_SUBSTRING, FL_PREFIX).
pub fn fuzzy(level: u32) -> Option<Fuzzy> {
    match level & 0xFFFF {
        0 => Some(Fuzzy::FullString),
        1 => Some(Fuzzy::SubString),
        2 => Some(Fuzzy::Prefix),
        _ => None,
    }
}

/// The looseness of a fuzzy level (FL_IGNORECASE, FL_IGNORENONSPACE, FL_LOOSE).
pub fn loose(level: u32) -> Loose {
    Loose {
        ignore_case: level & FL_IGNORECASE != 0,
        ignore_nonspace: level & FL_IGNORENONSPACE != 0,
        loose: level & FL_LOOSE != 0,
    }
}

/// A relation by its number (RELOP_*).
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: no such relation.
pub fn relation(number: u32, call: &'static str) -> Result<RelOp> {
    RELATIONS
        .iter()
        .find(|(known, _)| *known == number)
        .map(|(_, op)| *op)
        .ok_or_else(|| invalid(call, "a relation is none"))
}

const RELATIONS: [(u32, RelOp); 8] = [
    (0, RelOp::Less),
    (1, RelOp::LessOrEqual),
    (2, RelOp::Greater),
    (3, RelOp::GreaterOrEqual),
    (4, RelOp::Equal),
    (5, RelOp::NotEqual),
    (6, RelOp::Like),
    (100, RelOp::MemberOfDl),
];

fn relation_number(op: RelOp) -> u32 {
    RELATIONS.iter().find(|(_, known)| *known == op).map_or(4, |(number, _)| *number)
}

/// Makes a restriction in one buffer.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`.
pub fn c_restriction(allocator: Allocator, restriction: &Restriction) -> Result<*mut SRestriction> {
    allocator.buffer(|writer| put_restrictions(writer, std::slice::from_ref(restriction)))
}

fn put_restrictions(writer: &mut Writer, each: &[Restriction]) -> Result<*mut SRestriction> {
    super::prop::put_each(writer, each, put_restriction)
}

fn put_restriction(writer: &mut Writer, one: &Restriction) -> Result<SRestriction> {
    let mut res = SRestriction_res {
        resComment: SCommentRestriction { cValues: 0, lpRes: null_mut(), lpProp: null_mut() },
    };
    let rt = match one {
        Restriction::And(each) => {
            let lpRes = put_restrictions(writer, each)?;
            res.resAnd = SAndRestriction { cRes: each.len() as u32, lpRes };
            0
        }
        Restriction::Or(each) => {
            let lpRes = put_restrictions(writer, each)?;
            res.resOr = SOrRestriction { cRes: each.len() as u32, lpRes };
            1
        }
        Restriction::Not(below) => {
            res.resNot = SNotRestriction { ulReserved: 0, lpRes: put_below(writer, below)? };
            2
        }
        Restriction::Content { fuzzy, loose, tag, value } => {
            let lpProp = put_one(writer, *tag, value)?;
            let ulFuzzyLevel = level(*fuzzy, *loose);
            res.resContent = SContentRestriction { ulFuzzyLevel, ulPropTag: tag.0, lpProp };
            3
        }
        Restriction::Property { op, tag, value } => {
            let lpProp = put_one(writer, *tag, value)?;
            res.resProperty = SPropertyRestriction { relop: relation_number(*op), ulPropTag: tag.0, lpProp };
            4
        }
        Restriction::CompareProps { op, left, right } => {
            let relop = relation_number(*op);
            res.resCompareProps = SComparePropsRestriction { relop, ulPropTag1: left.0, ulPropTag2: right.0 };
            5
        }
        Restriction::BitMask { nonzero, tag, mask } => {
            let relBMR = u32::from(*nonzero);
            res.resBitMask = SBitMaskRestriction { relBMR, ulPropTag: tag.0, ulMask: *mask };
            6
        }
        Restriction::Size { op, tag, bytes } => {
            res.resSize = SSizeRestriction { relop: relation_number(*op), ulPropTag: tag.0, cb: *bytes };
            7
        }
        Restriction::Exist(tag) => {
            res.resExist = SExistRestriction { ulReserved1: 0, ulPropTag: tag.0, ulReserved2: 0 };
            8
        }
        Restriction::Sub { tag, restriction } => {
            res.resSub = SSubRestriction { ulSubObject: tag.0, lpRes: put_below(writer, restriction)? };
            9
        }
        Restriction::Comment { props, restriction } => {
            let lpProp = put_props(writer, props)?;
            let lpRes = restriction.as_ref().map_or(Ok(null_mut()), |below| put_below(writer, below))?;
            res.resComment = SCommentRestriction { cValues: props.len() as u32, lpRes, lpProp };
            10
        }
        Restriction::Count { count, restriction } => {
            res.resCount = SCountRestriction { ulCount: *count, lpRes: put_below(writer, restriction)? };
            11
        }
    };
    Ok(SRestriction { rt, res })
}

fn put_below(writer: &mut Writer, below: &Restriction) -> Result<*mut SRestriction> {
    put_restrictions(writer, std::slice::from_ref(below))
}

fn put_one(writer: &mut Writer, tag: PropTag, value: &PropValue) -> Result<*mut SPropValue> {
    let value = put_prop(writer, &Prop { tag, value: value.clone() })?;
    writer.put(&[value])
}

fn level(fuzzy: Fuzzy, loose: Loose) -> u32 {
    let part = match fuzzy {
        Fuzzy::FullString => 0,
        Fuzzy::SubString => 1,
        Fuzzy::Prefix => 2,
    };
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    part | bit(loose.ignore_case, FL_IGNORECASE)
        | bit(loose.ignore_nonspace, FL_IGNORENONSPACE)
        | bit(loose.loose, FL_LOOSE)
}

/// Reads a sort order; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: misaligned, more categories than columns, more expanded than
///   categories, or a direction that is none.
///
/// # Safety
/// A pointer that is not NULL leads to a sort order with as many columns as it says.
pub unsafe fn sort_order(pointer: *const SSortOrderSet, call: &'static str) -> Result<Option<SortOrder>> {
    if pointer.is_null() {
        return Ok(None);
    }
    if !pointer.is_aligned() {
        return Err(invalid(call, "a sort order is misaligned"));
    }
    // SAFETY: the array goes on behind its first element, as the caller promises.
    let (columns, categories, expanded) = unsafe {
        let columns = array(addr_of!((*pointer).aSort).cast::<SSortOrder>(), (*pointer).cSorts, call)?;
        (columns, (*pointer).cCategories as usize, (*pointer).cExpanded as usize)
    };
    if categories > columns.len() || expanded > categories {
        return Err(invalid(call, "a sort order has more categories than columns"));
    }
    let column = |column: &SSortOrder| {
        let direction = match column.ulOrder {
            0 => Direction::Ascending,
            1 => Direction::Descending,
            2 => Direction::Combine,
            4 => Direction::CategoryMax,
            8 => Direction::CategoryMin,
            _ => return Err(invalid(call, "a direction is none")),
        };
        Ok(SortColumn { tag: PropTag(column.ulPropTag), direction })
    };
    let columns = columns.iter().map(column).collect::<Result<_>>()?;
    Ok(Some(SortOrder { columns, categories, expanded }))
}

/// Makes a sort order in one buffer.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub fn c_sort_order(allocator: Allocator, order: &SortOrder) -> Result<*mut SSortOrderSet> {
    let mut words = vec![order.columns.len() as u32, order.categories as u32, order.expanded as u32];
    for column in &order.columns {
        let direction = match column.direction {
            Direction::Ascending => 0,
            Direction::Descending => 1,
            Direction::Combine => 2,
            Direction::CategoryMax => 4,
            Direction::CategoryMin => 8,
        };
        words.extend([column.tag.0, direction]);
    }
    words.resize(words.len().max(5), 0);
    allocator.buffer(|writer| writer.put(&words).map(|place| place.cast()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory;
    use mapi_defs::prop::tags::{PR_MESSAGE_RECIPIENTS, PR_MESSAGE_SIZE, PR_SUBJECT};

    #[test]
    fn every_kind_survives_the_way_to_c_and_back() {
        let size = Restriction::Size { op: RelOp::Greater, tag: PR_SUBJECT, bytes: 9 };
        let all = Restriction::And(vec![
            Restriction::Or(vec![]),
            Restriction::Not(Box::new(size.clone())),
            Restriction::Content {
                fuzzy: Fuzzy::Prefix,
                loose: Loose { ignore_case: true, ignore_nonspace: false, loose: true },
                tag: PR_SUBJECT,
                value: "Re:".into(),
            },
            Restriction::Property { op: RelOp::MemberOfDl, tag: PR_MESSAGE_SIZE, value: 7.into() },
            Restriction::CompareProps { op: RelOp::NotEqual, left: PR_SUBJECT, right: PR_SUBJECT },
            Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_SIZE, mask: 6 },
            Restriction::Exist(PR_SUBJECT),
            Restriction::Sub { tag: PR_MESSAGE_RECIPIENTS, restriction: Box::new(size.clone()) },
            Restriction::Comment { props: vec![Prop::new(PR_SUBJECT, "x")], restriction: None },
            Restriction::Comment { props: vec![], restriction: Some(Box::new(size.clone())) },
            Restriction::Count { count: 3, restriction: Box::new(size) },
        ]);
        let block = c_restriction(Allocator::OURS, &all).unwrap();
        // SAFETY: the block holds what was just laid out.
        assert_eq!(unsafe { restriction(block, "t") }.unwrap(), Some(all));
        assert!(memory::free(block.cast()), "one block");
    }

    #[test]
    fn a_restriction_that_leads_to_itself_is_too_complex() {
        let mut own = SRestriction {
            rt: 2,
            res: SRestriction_res { resNot: SNotRestriction { ulReserved: 0, lpRes: null_mut() } },
        };
        own.res.resNot.lpRes = &raw mut own;
        // SAFETY: the pointer leads to a restriction: this one.
        let refused = unsafe { restriction(&raw const own, "t") }.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TOO_COMPLEX);
        own.rt = 99;
        // SAFETY: the kind is refused before the union is read.
        assert_eq!(unsafe { restriction(&raw const own, "t") }.unwrap_err().code(), ErrorCode::TOO_COMPLEX);
        own.rt = 0;
        own.res.resAnd = SAndRestriction { cRes: u32::MAX, lpRes: &raw mut own };
        // SAFETY: the count is refused before an element is read.
        assert!(unsafe { restriction(&raw const own, "t") }.is_err());
    }

    #[test]
    fn sort_orders_survive_and_impossible_ones_are_refused() {
        let mut order =
            SortOrder::by(PR_SUBJECT, Direction::Descending).then(PR_MESSAGE_SIZE, Direction::Ascending);
        order.categories = 1;
        let block = c_sort_order(Allocator::OURS, &order).unwrap();
        // SAFETY: the block holds what was just laid out.
        assert_eq!(unsafe { sort_order(block, "t") }.unwrap(), Some(order));
        // SAFETY: the block is ours.
        unsafe { (*block).cCategories = 3 };
        // SAFETY: as above.
        assert!(unsafe { sort_order(block, "t") }.is_err());
        memory::free(block.cast());
    }
}
