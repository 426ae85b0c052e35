//! Containers and lists of an address book provider in a library (IABContainer, IDistList).

use super::container::{c_id, c_ids};
use super::prop::Foreign;
use super::{Block, given, told};
use crate::abi::{ADRLIST, FlagList, SRowSet};
use crate::export::message::recipient;
use crate::interfaces::{IABContainer, IMAPIProp};
use crate::marshal::block::{Allocator, buffer};
use crate::marshal::row::{c_rows, free_rows, rows};
use crate::marshal::text::MAPI_UNICODE;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::PR_ROWID;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::{AbContainer, Resolution};
use mapi_spi::prop::MapiProp;
use std::mem::offset_of;
use std::ptr::{addr_of, addr_of_mut, null_mut};
use std::sync::Arc;

const MAPI_UNRESOLVED: u32 = 0;
const MAPI_AMBIGUOUS: u32 = 1;
const MAPI_RESOLVED: u32 = 2;

impl AbContainer for Foreign<IABContainer> {
    fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        const CALL: &str = "IABContainer::ResolveNames";
        if recipients.len() != flags.len() {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "not a flag for each recipient"));
        }
        let given: Vec<Vec<Prop>> =
            recipients.iter().map(|row| row.props.iter().cloned().collect()).collect();
        let list = List(c_rows(Allocator::OURS, given.iter().map(Vec::as_slice))?);
        let states = c_flags(flags)?;
        // SAFETY: the object is held by `self`; list and flags are ours.
        let answer =
            unsafe { self.0.ResolveNames(null_mut(), MAPI_UNICODE, list.0.cast::<ADRLIST>(), states.0) };
        told(answer, CALL)?;
        // SAFETY: the list was made here, and a provider replaces rows of it by buffers of ours.
        let found = unsafe { rows(list.0, CALL) }?.unwrap_or_default();
        for (place, row) in found.into_iter().enumerate().take(recipients.len()) {
            // SAFETY: the block has a flag for each recipient.
            let state = unsafe { *addr_of!((*states.0).ulFlag).cast::<u32>().add(place) };
            let before = flags[place];
            flags[place] = match state {
                MAPI_RESOLVED => Resolution::Resolved,
                MAPI_AMBIGUOUS => Resolution::Ambiguous,
                _ => Resolution::Unresolved,
            };
            if before != Resolution::Resolved && state == MAPI_RESOLVED {
                let mut row = recipient(row);
                row.props.remove(PR_ROWID.id());
                recipients[place].props.merge(row.props);
            }
        }
        Ok(())
    }

    fn create_entry(&self, template: &EntryId, flags: u32) -> Result<Arc<dyn MapiProp>> {
        const CALL: &str = "IABContainer::CreateEntry";
        let ((bytes, id), mut made): (_, Option<IMAPIProp>) = (c_id(template), None);
        // SAFETY: the object is held by `self`; identifier and place are ours.
        told(unsafe { self.0.CreateEntry(bytes, id, flags, (&mut made).into()) }, CALL)?;
        Ok(Arc::new(Foreign(given(made, CALL)?)))
    }

    fn delete_entries(&self, ids: &[EntryId]) -> Result<()> {
        let list = c_ids(ids)?;
        // SAFETY: the object is held by `self`; the list is ours.
        told(unsafe { self.0.DeleteEntries(list.0, 0) }, "IABContainer::DeleteEntries")
    }
}

/// An address list of ours, freed with its rows.
struct List(*mut SRowSet);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list was made here.
        unsafe { free_rows(self.0) };
    }
}

fn c_flags(flags: &[Resolution]) -> Result<Block<FlagList>> {
    let words: Vec<u32> = flags
        .iter()
        .map(|flag| match flag {
            Resolution::Unresolved => MAPI_UNRESOLVED,
            Resolution::Ambiguous => MAPI_AMBIGUOUS,
            Resolution::Resolved => MAPI_RESOLVED,
        })
        .collect();
    let bytes = (offset_of!(FlagList, ulFlag) + 4 * words.len()).max(size_of::<FlagList>());
    let block = Block(buffer(|writer| Ok(writer.reserve::<u32>(bytes.div_ceil(4))?.cast::<FlagList>()))?);
    // SAFETY: the block has the head and room for every word.
    unsafe {
        addr_of_mut!((*block.0).cFlags).write(words.len() as u32);
        words.as_ptr().copy_to_nonoverlapping(addr_of_mut!((*block.0).ulFlag).cast(), words.len());
    }
    Ok(block)
}
