//! Identifiers of stores as sessions take them: a store provider's own, with the provider's name in front of it
//! (WrapStoreEntryID). What is done with them is `stores.rs`.

use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Guid};

/// The UID at the head of them (muidStoreWrap).
const WRAPPED: MapiUid = Guid::from_fields(0x10BB_A138, 0xE505, 0x1A10, *b"\xA1\xBB\x08\x00\x2B\x2A\x56\xC2");
/// The provider's own identifier begins at a multiple of this, from the beginning of the whole.
const ALIGNED: usize = 4;

/// Makes an identifier that [`Session::open_msg_store`](super::Session::open_msg_store) takes of a store
/// provider's own (WrapStoreEntryID). `service` is the name of the provider's service, or of its library.
///
/// A zero within the name would end it early and is left out.
pub fn wrap_store_entry_id(service: &str, id: &EntryId) -> EntryId {
    let mut body = vec![0, 0];
    body.extend(service.bytes().filter(|byte| *byte != 0).chain([0]));
    body.resize(body.len().next_multiple_of(ALIGNED), 0);
    body.extend_from_slice(id.as_bytes());
    EntryId::new(WRAPPED, &body)
}

/// The service's or library's name and the provider's own identifier; `None` for any other identifier.
pub(super) fn unwrap(id: &EntryId) -> Option<(String, EntryId)> {
    let body = id.body();
    let named = body.strip_prefix(&[0, 0]).filter(|_| id.provider() == Some(WRAPPED))?;
    let end = named.iter().position(|byte| *byte == 0)?;
    let name = str::from_utf8(&named[..end]).ok().filter(|name| !name.is_empty())?;
    let own = body.get((end + 3).next_multiple_of(ALIGNED)..)?;
    Some((name.to_owned(), EntryId::from_bytes(own)))
}

/// What a session calls a store of its profile before the store has said its own identifier.
pub(super) fn of_section(provider: MapiUid) -> EntryId {
    EntryId::new(WRAPPED, &provider.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_unwrapped_and_nothing_else_is() {
        for (name, own) in [("STORE", &b"own"[..]), ("a", b""), ("library.so", b"\0\0\0\0rest")] {
            let id = wrap_store_entry_id(name, &EntryId::from_bytes(own));
            let whole = id.as_bytes();
            assert_eq!((whole.len() - own.len()) % ALIGNED, 0, "{name}");
            assert_eq!(unwrap(&id), Some((name.to_owned(), EntryId::from_bytes(own))));
            for cut in 0..whole.len() - own.len() {
                assert_eq!(unwrap(&EntryId::from_bytes(&whole[..cut])), None, "{name} {cut}");
            }
        }
        assert_eq!(unwrap(&of_section(Guid([0; 16]))), None, "no name");
        assert_eq!(unwrap(&EntryId::new(Guid([1; 16]), b"\0\0STORE\0")), None, "another provider's");
    }
}
