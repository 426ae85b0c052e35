//! `StoreProvider`: logs on to store files (IMSProvider, IMSLogon).

use crate::engine::sqlite::{Settings, SqliteEngine};
use crate::entry_id::PROVIDER;
use crate::logon::Logon;
use crate::open::open_entry;
use crate::store::Store;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropTag, tags};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::spooler::{lease_of, section};
use mapi_spi::support::Support;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a lock of another program is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The provider of message stores in SQLite files.
#[derive(Clone, Debug)]
pub struct StoreProvider {
    settings: Settings,
}

impl Default for StoreProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl StoreProvider {
    /// A provider with [`PATIENCE`].
    pub const fn new() -> Self {
        Self { settings: Settings { patience: PATIENCE, max_pages: None } }
    }

    /// Waits this long for another program's lock before it answers `MAPI_E_TIMEOUT`.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Keeps store files to this many pages of 4 KiB, as a disk of that size would.
    #[must_use]
    pub const fn with_max_pages(mut self, pages: u32) -> Self {
        self.settings.max_pages = Some(pages);
        self
    }
}

impl MsProvider for StoreProvider {
    fn name(&self) -> &str {
        "OpenMAPI message store"
    }

    fn has_shutdown(&self) -> bool {
        false
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        Some(self)
    }

    fn logon(&self, how: StoreLogon) -> Result<(Arc<dyn MsLogon>, Arc<dyn MsgStore>)> {
        const CALL: &str = "MsProvider::logon";
        if how.flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        let path = file_of(&*how.support)?;
        let wants = how.flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS) || how.is_spooler;
        let opened = if wants { SqliteEngine::open(&path, self.settings) } else { self.read_only(&path) };
        let mut refusal = (!wants).then_some(ErrorCode::NO_ACCESS);
        let engine = match opened {
            Err(error)
                if !how.flags.contains(OpenFlags::MODIFY)
                    && !how.is_spooler
                    && matches!(error.code(), ErrorCode::NO_ACCESS | ErrorCode::NOT_ENOUGH_DISK) =>
            {
                refusal = Some(error.code());
                self.read_only(&path)?
            }
            other => other?,
        };
        let logon =
            Arc::new(Logon::new(engine, how.support.clone(), lease_of(&path), refusal, how.is_spooler));
        if !how.entry_id.is_empty() && how.entry_id != logon.store_entry_id() {
            let detail = "the file holds another store than the one asked for";
            return Err(Error::new(ErrorCode::NOT_FOUND, CALL, detail));
        }
        describe(&*how.support, &logon)?;
        let store = Store::new(logon.clone());
        Ok((Arc::new(ProviderLogon { logon }), store))
    }
}

/// Nothing is kept back that a fast shutdown would have to save.
impl ProviderShutdown for StoreProvider {
    fn query_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }

    /// What was saved is on disk, and what was not is not the store's yet.
    fn do_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl StoreProvider {
    fn read_only(&self, path: &Path) -> Result<Arc<SqliteEngine>> {
        SqliteEngine::open_read_only(path, self.settings)
    }
}

/// The file that the logon's section of the profile names.
fn file_of(support: &dyn Support) -> Result<PathBuf> {
    const CALL: &str = "MsProvider::logon";
    let unconfigured = || Error::new(ErrorCode::UNCONFIGURED, CALL, "the section names no store file");
    let section = match support.profile_section(None) {
        Err(error) if error.code() == ErrorCode::NOT_FOUND => return Err(unconfigured()),
        other => other?,
    };
    let file = section.props(Some(&[section::FILE]))?;
    let file = file.first().and_then(|prop| prop.value.as_text()).filter(|file| !file.is_empty());
    file.map(PathBuf::from).ok_or_else(unconfigured)
}

/// Writes down in the profile which store the section stands for, where it does not say so yet.
fn describe(support: &dyn Support, logon: &Logon) -> Result<()> {
    const WANTED: [PropTag; 3] = [tags::PR_ENTRYID, tags::PR_RECORD_KEY, tags::PR_DISPLAY_NAME];
    let section = support.profile_section(None)?;
    let (name, _, _) = logon.engine("MsProvider::logon")?.store()?;
    let wanted = [
        Prop::new(WANTED[0], logon.store_entry_id().as_bytes().to_vec()),
        Prop::new(WANTED[1], logon.store_uid().0.to_vec()),
        Prop::new(WANTED[2], name),
    ];
    if section.props(Some(&WANTED))? == wanted {
        return Ok(());
    }
    let written =
        section.set_props(&wanted).and_then(|_| section.save_changes(mapi_defs::flags::SaveFlags::NONE));
    match written {
        // A profile that cannot be written is as good for reading mail as any other.
        Err(error) if matches!(error.code(), ErrorCode::NO_ACCESS | ErrorCode::NO_SUPPORT) => Ok(()),
        other => other,
    }
}

/// One logon of the provider.
struct ProviderLogon {
    logon: Arc<Logon>,
}

impl MsLogon for ProviderLogon {
    fn uids(&self) -> Vec<MapiUid> {
        vec![PROVIDER]
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open_entry(&self.logon, id, flags, "MsLogon::open_entry")
    }

    fn logoff(&self) -> Result<()> {
        self.logon.leave();
        self.logon.end();
        Ok(())
    }
}
