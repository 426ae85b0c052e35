//! The property model in one page.
//!
//! Everything in MAPI is an object with properties. A property is a [`PropTag`] (a 16-bit
//! identifier and a 16-bit [`PropType`]) with a [`PropValue`]; an object holds at most one property
//! per identifier, whatever its type ([`PropList`]). Identifiers from 0x8000 to 0xFFFE are local to
//! one store or file and stand for a [`NamedProp`]; they must be translated by name whenever a
//! property moves from one object to another.

pub mod collation;
pub mod compare;
pub mod list;
pub mod named;
pub mod ptype;
pub mod tag;
pub mod tags;
pub mod value;

pub use list::{Prop, PropList, PropProblem};
pub use named::{Name, NamedProp};
pub use ptype::PropType;
pub use tag::PropTag;
pub use value::PropValue;
