//! The named constants that a value may be made of (`SERVICE_SINGLE_COPY|SERVICE_NO_PRIMARY_IDENTITY`).
//!
//! Services and providers reuse the same bits of PR_RESOURCE_FLAGS with different meanings, so each
//! constant says whose it is. How values are written is `value.rs`.

use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE};

/// Whose section it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Owner {
    Service,
    Provider,
    Extra,
}

/// A constant: its name, its value, where it belongs, and in whose section.
pub(super) struct Constant {
    pub(super) name: &'static str,
    pub(super) value: i32,
    tag: PropTag,
    pub(super) owner: Owner,
}

const fn service(name: &'static str, value: i32) -> Constant {
    Constant { name, value, tag: PR_RESOURCE_FLAGS, owner: Owner::Service }
}

const fn provider(name: &'static str, value: i32) -> Constant {
    Constant { name, value, tag: PR_RESOURCE_FLAGS, owner: Owner::Provider }
}

const fn resource(name: &'static str, value: i32) -> Constant {
    Constant { name, value, tag: PR_RESOURCE_TYPE, owner: Owner::Provider }
}

const CONSTANTS: [Constant; 27] = [
    service("SERVICE_DEFAULT_STORE", 0x1),
    service("SERVICE_SINGLE_COPY", 0x2),
    service("SERVICE_CREATE_WITH_STORE", 0x4),
    service("SERVICE_PRIMARY_IDENTITY", 0x8),
    service("SERVICE_NO_PRIMARY_IDENTITY", 0x20),
    provider("STATUS_DEFAULT_OUTBOUND", 0x1),
    provider("STATUS_DEFAULT_STORE", 0x2),
    provider("STATUS_PRIMARY_IDENTITY", 0x4),
    provider("STATUS_SIMPLE_STORE", 0x8),
    provider("STATUS_XP_PREFER_LAST", 0x10),
    provider("STATUS_NO_PRIMARY_IDENTITY", 0x20),
    provider("STATUS_NO_DEFAULT_STORE", 0x40),
    provider("STATUS_TEMP_SECTION", 0x80),
    provider("STATUS_OWN_STORE", 0x100),
    provider("HOOK_INBOUND", 0x200),
    provider("HOOK_OUTBOUND", 0x400),
    provider("STATUS_NEED_IPM_TREE", 0x800),
    provider("STATUS_PRIMARY_STORE", 0x1000),
    provider("STATUS_SECONDARY_STORE", 0x2000),
    resource("MAPI_STORE_PROVIDER", 33),
    resource("MAPI_AB", 34),
    resource("MAPI_AB_PROVIDER", 35),
    resource("MAPI_TRANSPORT_PROVIDER", 36),
    resource("MAPI_SPOOLER", 37),
    resource("MAPI_PROFILE_PROVIDER", 38),
    resource("MAPI_SUBSYSTEM", 39),
    resource("MAPI_HOOK_PROVIDER", 40),
];

/// The constant of a name, in either case.
pub(super) fn constant(name: &str) -> Option<&'static Constant> {
    CONSTANTS.iter().find(|constant| constant.name.eq_ignore_ascii_case(name))
}

/// A value in words, where all of it has words.
pub(super) fn in_words(tag: PropTag, value: i32, owner: Owner) -> Option<String> {
    let mut fit = CONSTANTS.iter().filter(|known| known.tag.id() == tag.id() && known.owner == owner);
    if tag.id() == PR_RESOURCE_TYPE.id() {
        return fit.find(|known| known.value == value).map(|known| known.name.to_owned());
    }
    let mut left = value;
    let mut names = Vec::new();
    for known in fit.filter(|known| value & known.value != 0) {
        names.push(known.name);
        left &= !known.value;
    }
    (left == 0 && !names.is_empty()).then(|| names.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_words_only_where_all_of_it_is() {
        let words = |value, owner| in_words(PR_RESOURCE_FLAGS, value, owner);
        assert_eq!(words(0x22, Owner::Service).unwrap(), "SERVICE_SINGLE_COPY|SERVICE_NO_PRIMARY_IDENTITY");
        assert_eq!(words(0x22, Owner::Provider).unwrap(), "STATUS_DEFAULT_STORE|STATUS_NO_PRIMARY_IDENTITY");
        assert_eq!(words(0, Owner::Service), None);
        assert_eq!(words(0x10, Owner::Service), None);
        assert_eq!(in_words(PR_RESOURCE_TYPE, 36, Owner::Provider).unwrap(), "MAPI_TRANSPORT_PROVIDER");
        assert_eq!(in_words(PR_RESOURCE_TYPE, 7, Owner::Provider), None);
    }
}
