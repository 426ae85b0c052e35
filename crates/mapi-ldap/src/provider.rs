//! `LdapProvider` and its logons (IABProvider, IABLogon). A logon connects and logs on, so that whoever
//! configured it wrongly hears of it at once.

use crate::connections::{Access, Connections};
use crate::container::{LdapContainer, LdapList, read_only};
use crate::deadlines::Deadlines;
use crate::directory::Directory;
use crate::entry::{self, DIST_LIST};
use crate::entry_id::{self, Meaning};
use crate::members::members;
use crate::object::{LdapObject, Person};
use crate::resolve::as_recipient;
use crate::root_entry::RootEntry;
use crate::schema::{ACTIVE_DIRECTORY, INET_ORG_PERSON};
use crate::settings::Settings;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::PR_OBJECT_TYPE;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::AbContainer;
use mapi_spi::container::Opened;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::support::Support;
use std::borrow::Cow;
use std::sync::Arc;

/// The provider's name in messages and accounts.
pub const PROVIDER_NAME: &str = "LDAP Directory";

/// The provider of LDAP directories. Each of its logons is one directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct LdapProvider {
    /// How long each stage of a dialogue may take.
    pub deadlines: Deadlines,
}

impl AbProvider for LdapProvider {
    fn name(&self) -> &str {
        PROVIDER_NAME
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        Some(self)
    }

    /// Logs on at the server.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the section lacks something, or the server does not say which tree is meant.
    /// - `MAPI_E_NETWORK_ERROR`, `MAPI_E_TIMEOUT`: the server cannot be reached, is not who it should be, or
    ///   does not answer.
    /// - `MAPI_E_LOGON_FAILED`: it refuses TLS, or who logs on.
    /// - `MAPI_E_CORRUPT_DATA`: what it says is no LDAP.
    fn logon(&self, support: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>> {
        const CALL: &str = "LdapProvider::logon";
        let settings = Settings::read(&*support.profile_section(None)?)?;
        let directory = connect(settings, self.deadlines, CALL)?;
        Ok(Arc::new(Logon { directory: Arc::new(directory) }))
    }
}

/// Connects, encrypts and logs on, and hears which tree is meant.
///
/// # Errors
/// Those of [`AbProvider::logon`].
pub(crate) fn connect(settings: Settings, deadlines: Deadlines, call: &'static str) -> Result<Directory> {
    let unconfigured = |detail: String| Error::new(ErrorCode::UNCONFIGURED, call, detail);
    let endpoint = settings.server.endpoint().map_err(|fault| unconfigured(fault.to_string()))?;
    let access = Access { endpoint, user: settings.server.user, deadlines };
    let connections = Connections::default();
    let root = RootEntry::read(&connections, &access, call)?;
    let base = match (settings.base, &root.bases[..]) {
        (Some(base), _) => base,
        (None, [first, ..]) => first.clone(),
        (None, []) => return Err(unconfigured("neither profile nor server names a base".to_owned())),
    };
    let usual = if root.is_active_directory { &ACTIVE_DIRECTORY } else { &INET_ORG_PERSON };
    let uid = entry_id::identity(&access.endpoint.host, &base);
    let name = settings.name.unwrap_or_else(|| PROVIDER_NAME.to_owned());
    let (schema, follows) = (settings.schema.unwrap_or(usual), settings.follows);
    Ok(Directory { access, name, base, schema, uid, follows, connections })
}

/// Nothing is kept back that a fast shutdown would have to save.
impl ProviderShutdown for LdapProvider {
    fn query_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }

    fn do_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }
}

struct Logon {
    directory: Arc<Directory>,
}

impl AbLogon for Logon {
    fn uids(&self) -> Vec<MapiUid> {
        vec![self.directory.uid]
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open(&self.directory, id, flags)
    }

    fn open_container(&self, id: &EntryId, _flags: OpenFlags) -> Result<Arc<dyn AbContainer>> {
        const CALL: &str = "AbLogon::open_container";
        let directory = self.directory.clone();
        match entry_id::read(directory.uid, id)? {
            Meaning::Container => Ok(Arc::new(LdapContainer::new(directory, id.is_empty()))),
            Meaning::DistList(name) | Meaning::MailUser(name) => match open_named(&directory, &name)? {
                Object::List(list) => Ok(Arc::new(list)),
                Object::Person(_) => Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the entry is no container")),
            },
        }
    }

    fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        match entry_id::read(self.directory.uid, id)? {
            Meaning::DistList(name) | Meaning::MailUser(name) => {
                let rows = members(&self.directory, &name)?;
                let recipient = |(row_id, props)| Recipient { row_id, props: as_recipient(props) };
                Ok((0..).zip(&rows).map(recipient).collect())
            }
            Meaning::Container => {
                Err(Error::new(ErrorCode::NOT_FOUND, "AbLogon::expand_list", "the entry is no list"))
            }
        }
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        entry_id::compare(self.directory.uid, one, other)
    }

    /// Says farewell; whoever waits for an answer gets `MAPI_E_INVALID_OBJECT`.
    fn logoff(&self) -> Result<()> {
        self.directory.connections.end();
        Ok(())
    }
}

/// Opens an object by its identifier; nothing can be changed.
pub(crate) fn open(directory: &Arc<Directory>, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
    if flags.intersects(OpenFlags::MODIFY) && !flags.intersects(OpenFlags::BEST_ACCESS) {
        return Err(read_only("AbLogon::open_entry"));
    }
    match entry_id::read(directory.uid, id)? {
        Meaning::Container => {
            Ok(Opened::Object(Arc::new(LdapContainer::new(directory.clone(), id.is_empty()))))
        }
        Meaning::MailUser(name) | Meaning::DistList(name) => Ok(match open_named(directory, &name)? {
            Object::Person(person) => Opened::Object(Arc::new(person)),
            Object::List(list) => Opened::Object(Arc::new(list)),
        }),
    }
}

enum Object {
    Person(LdapObject<Person>),
    List(LdapList),
}

/// Opens what has this name in the directory. What it is the directory says, not the identifier.
fn open_named(directory: &Arc<Directory>, name: &str) -> Result<Object> {
    const CALL: &str = "AbLogon::open_entry";
    let attributes = directory.schema.attributes().into_iter().map(Cow::Borrowed).collect();
    let entry = directory.entry(CALL, name, attributes)?;
    let props = entry::props(directory.uid, directory.schema, &entry).ok_or_else(|| {
        Error::new(ErrorCode::NOT_FOUND, CALL, "the server answers with an entry without a name")
    })?;
    if props.long(PR_OBJECT_TYPE) == Some(DIST_LIST) {
        return Ok(Object::List(LdapList::new(directory.clone(), entry.name, props)));
    }
    Ok(Object::Person(LdapObject { props, kind: Person }))
}
