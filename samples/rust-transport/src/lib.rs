//! A transport provider in Rust, in a library of its own: mail to addresses of the type FOLDER is put into a
//! folder as files, and what lies there is handed in again.
//!
//! A file is the subject, a line for each recipient, an empty line and the text. The folder stands in the
//! provider's section of the profile, in the property 0x6601.

use mapi_defs::flags::{SaveFlags, TransportLogonIn};
use mapi_defs::prop::tags::{PR_BODY, PR_MESSAGE_CLASS, PR_SUBJECT};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportLogonFlags, XpLogon, XpProvider,
};
use mapi_spi::spooler::DELIVERY_KEY;
use mapi_spi::support::Support;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mapi_com::export_transport_provider!(FolderTransport);

/// Where the folder stands in the provider's section.
pub const FOLDER: PropTag = PropTag::new(0x6601, PropType::STRING8);
/// The address type that the transport takes.
pub const ADDRESS_TYPE: &str = "FOLDER";

/// The provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderTransport;

impl XpProvider for FolderTransport {
    fn name(&self) -> &str {
        "Folder transport"
    }

    /// The spooler keeps to what `how` says: it neither polls nor submits before it may.
    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        let section = support.profile_section(None)?;
        let folder = text(&*section, FOLDER)?.filter(|folder| !folder.is_empty()).ok_or_else(|| {
            Error::new(ErrorCode::UNCONFIGURED, "FolderTransport::logon", "property 0x6601 names no folder")
        })?;
        let logon = FolderLogon { folder: PathBuf::from(folder) };
        Ok((Arc::new(logon), TransportLogonFlags { idle: false, poll: true }))
    }
}

struct FolderLogon {
    folder: PathBuf,
}

impl XpLogon for FolderLogon {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes { types: vec![ADDRESS_TYPE.to_owned()], ..AddressTypes::default() })
    }

    fn submit_message(&self, message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        let own = |row: &Recipient| {
            row.props.boolean(Recipient::RESPONSIBILITY) != Some(true)
                && row
                    .props
                    .text(Recipient::ADDRTYPE)
                    .is_some_and(|kind| kind.eq_ignore_ascii_case(ADDRESS_TYPE))
        };
        let rows: Vec<Recipient> = message.recipients()?.into_iter().filter(own).collect();
        if rows.is_empty() {
            return Err(Error::new(
                ErrorCode::NOT_ME,
                "FolderTransport::submit_message",
                "no recipient of FOLDER",
            ));
        }
        let mut lines = vec![text(message, PR_SUBJECT)?.unwrap_or_default().replace('\n', " ")];
        lines.extend(
            rows.iter().filter_map(|row| row.props.text(Recipient::EMAIL_ADDRESS)).map(str::to_owned),
        );
        lines.push(String::new());
        lines.push(text(message, PR_BODY)?.unwrap_or_default());
        self.put(&lines.join("\n"))
            .map_err(|error| disk("FolderTransport::submit_message", &self.folder, error))?;
        let sent = |row: Recipient| RecipientOutcome {
            row_id: row.row_id,
            state: RecipientState::Sent,
            reply: "it lies in the folder".to_owned(),
        };
        Ok(rows.into_iter().map(sent).collect())
    }

    fn poll(&self) -> Result<u32> {
        Ok(u32::try_from(self.waiting()?.len()).unwrap_or(u32::MAX))
    }

    fn start_message(&self, message: &dyn Message, _reference: &mut u32) -> Result<()> {
        const CALL: &str = "FolderTransport::start_message";
        let Some(path) = self.waiting()?.into_iter().next() else { return Ok(()) };
        let lines = fs::read_to_string(&path).map_err(|error| disk(CALL, &path, error))?;
        let (head, body) = lines.split_once("\n\n").unwrap_or((lines.as_str(), ""));
        let subject = head.lines().next().unwrap_or_default();
        let key = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        message.set_props(&[
            Prop::new(PR_MESSAGE_CLASS, "IPM.Note"),
            Prop::new(PR_SUBJECT, subject),
            Prop::new(PR_BODY, body),
            Prop::new(DELIVERY_KEY, PropValue::Binary(key)),
        ])?;
        message.save_changes(SaveFlags::NONE)?;
        // The message is in the store by now; handed in once more, its key tells.
        fs::remove_file(&path).map_err(|error| disk(CALL, &path, error))
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}

impl FolderLogon {
    /// Writes a file whole before it has its name.
    fn put(&self, words: &str) -> io::Result<()> {
        let number = 1 + self
            .names()?
            .iter()
            .filter_map(|name| name.split('.').next()?.parse().ok())
            .max()
            .unwrap_or(0u64);
        let (aside, path) = (self.folder.join(".new"), self.folder.join(format!("{number:08}.mail")));
        fs::write(&aside, words)?;
        fs::File::open(&aside)?.sync_all()?;
        fs::rename(&aside, path)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.folder)?.collect::<io::Result<Vec<_>>>()?;
        Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn waiting(&self) -> Result<Vec<PathBuf>> {
        let names = self.names().map_err(|error| disk("FolderTransport::poll", &self.folder, error))?;
        let mut names: Vec<String> = names.into_iter().filter(|name| name.ends_with(".mail")).collect();
        names.sort();
        Ok(names.into_iter().map(|name| self.folder.join(name)).collect())
    }
}

/// A text of either width.
fn text(object: &(impl MapiProp + ?Sized), tag: PropTag) -> Result<Option<String>> {
    let found = object.props(Some(&[tag.unicode()]))?.into_iter().next();
    Ok(found.and_then(|prop| prop.value.as_text().map(str::to_owned)))
}

fn disk(call: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorCode::DISK_ERROR, call, format!("{}: {error}", path.display()))
}
