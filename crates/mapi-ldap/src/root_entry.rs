//! `RootEntry`: what a directory says of itself (the root DSE of RFC 4512 5.1).

use crate::connections::{Access, Connections};
use crate::directory::by_name;
use mapi_defs::Error;
use std::borrow::Cow;

/// What the directory says of itself and everybody may read (the root DSE).
pub(crate) struct RootEntry {
    /// The names of its trees; the first is the one that it holds to be usual.
    pub(crate) bases: Vec<String>,
    /// True for Microsoft's directory.
    pub(crate) is_active_directory: bool,
}

impl RootEntry {
    /// What LDAP_CAP_ACTIVE_DIRECTORY_OID says.
    const ACTIVE_DIRECTORY: &[u8] = b"1.2.840.113556.1.4.800";

    /// Asks for it. A server that does not show it says nothing of itself.
    pub(crate) fn read(
        connections: &Connections,
        access: &Access,
        call: &'static str,
    ) -> Result<Self, Error> {
        const ASKED: [&str; 3] = ["defaultNamingContext", "namingContexts", "supportedCapabilities"];
        let search = by_name("", ASKED.map(Cow::Borrowed).to_vec());
        let found =
            connections.with(access, call, |connection| connection.look_up(std::slice::from_ref(&search)))?;
        let entry = found.into_iter().find_map(|(entry, _)| entry);
        let mut answer = Self { bases: Vec::new(), is_active_directory: false };
        if let Some(entry) = entry {
            let names = ["defaultNamingContext", "namingContexts"].into_iter();
            answer.bases = names.flat_map(|name| entry.texts(name)).map(str::to_owned).collect();
            let mut capabilities = entry.values("supportedCapabilities");
            answer.is_active_directory = capabilities.any(|value| value == Self::ACTIVE_DIRECTORY);
        }
        Ok(answer)
    }
}
