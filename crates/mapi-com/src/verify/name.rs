//! What interfaces and their methods are called, from the project's own tables. Looked up only to tell a
//! mistake or to name a new object.

use windows_core::GUID;

const SLOTS: &str = include_str!("../../../../data/slots.tsv");
const GUIDS: &str = include_str!("../../../../data/guids.tsv");

/// The name of an interface, `IMAPITable`; `None` for one that MAPI does not have.
pub(super) fn interface(iid: &GUID) -> Option<&'static str> {
    let wanted = format!("{{{iid:?}}}");
    GUIDS.lines().find_map(|line| {
        let mut cells = line.split('\t');
        let name = cells.next()?.strip_prefix("IID_")?;
        (cells.next()? == wanted).then_some(name)
    })
}

/// The name of a method, `IMAPIProp::SetProps`: of the interface that adds it.
pub(super) fn method(interface: &str, slot: usize) -> String {
    let found = SLOTS.lines().find_map(|line| {
        let mut cells = line.split('\t');
        let here = cells.next()? == interface && cells.next()?.parse() == Ok(slot);
        if !here {
            return None;
        }
        let method = cells.next()?;
        Some(format!("{}::{method}", cells.next()?))
    });
    found.unwrap_or_else(|| format!("{interface}, method {slot}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interfaces::{IMAPIFolder, IMAPITable};
    use windows_core::{IUnknown, Interface};

    #[test]
    fn interfaces_and_methods_have_their_names() {
        assert_eq!(interface(&IMAPITable::IID), Some("IMAPITable"));
        assert_eq!(interface(&IMAPIFolder::IID), Some("IMAPIFolder"));
        assert_eq!(interface(&IUnknown::IID), Some("IUnknown"));
        assert_eq!(interface(&GUID::zeroed()), None);
        assert_eq!(method("IMAPITable", 19), "IMAPITable::QueryRows");
        assert_eq!(method("IMAPIFolder", 8), "IMAPIProp::SetProps");
        assert_eq!(method("IThing", 8), "IThing, method 8");
    }
}
