//! `Restriction`: a condition on rows or objects (SRestriction, RES_*).
//!
//! Only the tree is here. `evaluate/` asks whether an object meets it, `text.rs` writes it for people
//! and `parse/` reads that again. Its SQL is the store's.

pub mod evaluate;
mod moment;
pub mod parse;
mod text;

pub use evaluate::Subject;
pub use parse::ParseError;

use crate::prop::{PropTag, PropValue};

/// How deep a condition may be nested, the outermost counting as one.
///
/// Whoever makes a tree out of foreign bytes or text refuses a deeper one before it has made it.
pub const DEPTH: usize = 128;

/// A condition.
#[derive(Clone, PartialEq, Debug)]
pub enum Restriction {
    /// RES_AND: all hold; true for none.
    And(Vec<Restriction>),
    /// RES_OR: any holds; false for none.
    Or(Vec<Restriction>),
    /// RES_NOT: does not hold.
    Not(Box<Restriction>),
    /// RES_CONTENT: text or bytes contain, begin with or are a value.
    Content {
        /// Where the value has to stand.
        fuzzy: Fuzzy,
        /// How loosely text is compared.
        loose: Loose,
        /// The property searched.
        tag: PropTag,
        /// The value searched for.
        value: PropValue,
    },
    /// RES_PROPERTY: a property compares with a value.
    Property {
        /// The comparison.
        op: RelOp,
        /// The property.
        tag: PropTag,
        /// The value.
        value: PropValue,
    },
    /// RES_COMPAREPROPS: two properties compare.
    CompareProps {
        /// The comparison.
        op: RelOp,
        /// The left property.
        left: PropTag,
        /// The right property.
        right: PropTag,
    },
    /// RES_BITMASK: bits of a PT_LONG are zero, or are not.
    BitMask {
        /// True (BMR_NEZ) where any bit must be set; false (BMR_EQZ) where none may.
        nonzero: bool,
        /// The property.
        tag: PropTag,
        /// The bits.
        mask: u32,
    },
    /// RES_SIZE: a property's size in bytes compares.
    Size {
        /// The comparison.
        op: RelOp,
        /// The property.
        tag: PropTag,
        /// The size in bytes.
        bytes: u32,
    },
    /// RES_EXIST: the object has the property.
    Exist(PropTag),
    /// RES_SUBRESTRICTION: any recipient or attachment meets the condition.
    Sub {
        /// PR_MESSAGE_RECIPIENTS or PR_MESSAGE_ATTACHMENTS.
        tag: PropTag,
        /// The condition.
        restriction: Box<Restriction>,
    },
    /// RES_COMMENT: carries properties along; holds as its inner condition does.
    Comment {
        /// The properties carried.
        props: Vec<crate::prop::Prop>,
        /// The condition; true where there is none.
        restriction: Option<Box<Restriction>>,
    },
    /// RES_COUNT: the first `count` rows that meet the condition.
    Count {
        /// How many.
        count: u32,
        /// The condition.
        restriction: Box<Restriction>,
    },
}

/// Where RES_CONTENT wants its value (low half of ulFuzzyLevel).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fuzzy {
    /// FL_FULLSTRING: the whole value.
    FullString,
    /// FL_SUBSTRING: anywhere.
    SubString,
    /// FL_PREFIX: at the beginning.
    Prefix,
}

/// How loosely RES_CONTENT compares text (high half of ulFuzzyLevel).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Loose {
    /// FL_IGNORECASE.
    pub ignore_case: bool,
    /// FL_IGNORENONSPACE: accents do not count.
    pub ignore_nonspace: bool,
    /// FL_LOOSE: whatever a person would call the same.
    pub loose: bool,
}

/// A comparison (RELOP_*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RelOp {
    /// RELOP_LT.
    Less,
    /// RELOP_LE.
    LessOrEqual,
    /// RELOP_GT.
    Greater,
    /// RELOP_GE.
    GreaterOrEqual,
    /// RELOP_EQ.
    Equal,
    /// RELOP_NE.
    NotEqual,
    /// RELOP_RE: text like a pattern.
    Like,
    /// RELOP_MEMBER_OF_DL.
    MemberOfDl,
}
