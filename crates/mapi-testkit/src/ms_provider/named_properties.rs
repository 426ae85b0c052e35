//! Named properties: identifiers of names, and names of identifiers.

use super::*;
use mapi_defs::Guid;
use mapi_defs::prop::{NamedProp, PropType};

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("names_get_identifiers_and_keep_them", names_get_identifiers_and_keep_them),
    ("names_differ_by_set_kind_and_spelling", names_differ_by_set_kind_and_spelling),
    ("unknown_names_and_identifiers_are_nobodys", unknown_names_and_identifiers_are_nobodys),
    ("named_properties_hold_values", named_properties_hold_values),
];

const SET: Guid = Guid::from_fields(0x1234_5678, 1, 2, *b"somebody");

/// The same name has the same identifier on every object of the store and in every logon.
pub fn names_get_identifiers_and_keep_them(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let names = [NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Keywords"), NamedProp::id(SET, 0x8205)];
    let message = open.inbox().create_message(false).unwrap();
    let ids = message.ids(&names, true).unwrap();
    let known: Vec<u16> = ids.iter().map(|id| id.unwrap()).collect();
    assert!(known.iter().all(|id| (PropTag::NAMED_FIRST..=PropTag::NAMED_LAST).contains(id)), "{known:?}");
    assert_ne!(known[0], known[1]);
    assert_eq!(message.ids(&names, true).unwrap(), ids, "asked again");
    assert_eq!(open.store.ids(&names, false).unwrap(), ids, "asked of the store");
    assert_eq!(open.inbox().ids(&names, false).unwrap(), ids, "asked of a folder");
    drop((message, open));
    let open = fixture.open();
    assert_eq!(open.store.ids(&names, false).unwrap(), ids, "asked in another logon");
    let back: Vec<Option<NamedProp>> = names.iter().cloned().map(Some).collect();
    assert_eq!(open.store.names(&known).unwrap(), back);
}

/// Names are compared exactly, and each set has its own.
pub fn names_differ_by_set_kind_and_spelling(make: Make<'_>) {
    let open = make().open();
    let names = [
        NamedProp::text(SET, "Tone"),
        NamedProp::text(SET, "tone"),
        NamedProp::text(SET, "1"),
        NamedProp::id(SET, 1),
        NamedProp::id(Guid::PS_PUBLIC_STRINGS, 1),
    ];
    let ids = open.store.ids(&names, true).unwrap();
    for (at, id) in ids.iter().enumerate() {
        assert!(id.is_some());
        assert!(!ids[at + 1..].contains(id), "{:?}", names[at]);
    }
}

/// Without `create` nothing is made.
pub fn unknown_names_and_identifiers_are_nobodys(make: Make<'_>) {
    let open = make().open();
    let name = [NamedProp::text(SET, "nowhere")];
    assert_eq!(open.store.ids(&name, false).unwrap(), [None]);
    assert_eq!(open.store.ids(&name, false).unwrap(), [None], "asking made nothing");
    assert_eq!(open.store.names(&[0xFFF0]).unwrap(), [None]);
}

/// A named property is set, read, found by its name elsewhere, and moves with its message.
pub fn named_properties_hold_values(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let name = [NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Keywords")];
    let message = open.inbox().create_message(false).unwrap();
    let id = message.ids(&name, true).unwrap()[0].unwrap();
    let tag = PropTag::new(id, PropType::MV_UNICODE);
    set(&*message, tag, PropValue::MvUnicode(vec!["food".into(), "friends".into()]));
    save(&*message);
    let entry_id = entry_id(&*message);
    drop((message, open));
    let open = fixture.open();
    let message = open.message(&entry_id);
    let named: Vec<PropTag> = message.prop_list().unwrap().into_iter().filter(|tag| tag.is_named()).collect();
    assert_eq!(named, [tag]);
    assert_eq!(message.names(&[id]).unwrap(), [Some(name[0].clone())]);
    assert_eq!(value(&*message, tag), PropValue::MvUnicode(vec!["food".into(), "friends".into()]));
}
