//! The sample transport in Rust (`samples/rust-transport`).

use crate::compile::{here, library_folder};
use mapi::provider::Installation;
use mapi::{
    Home, LogoffFlags, LogonOptions, Mapi, MsgStore, NewService, Object, ProfAdmin, Recipient, RecipientType,
    Session,
};
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::tags::{PR_BODY, PR_SUBJECT};
use mapi_spi::message::ModifyRecipients;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

const LIBRARY: &str = "libfolder_transport.so";
const LONG: Duration = Duration::from_secs(60);

/// The sample with what describes it, and the folder that its mail goes through.
fn home_with_transport(folder: &Path) -> Home {
    mapi_services::register();
    let mail = folder.join("mail");
    fs::create_dir(&mail).unwrap();
    let library = folder.join(LIBRARY);
    fs::copy(library_folder().join(LIBRARY), &library).unwrap();
    fs::set_permissions(&library, fs::Permissions::from_mode(0o755)).unwrap();
    let inf = fs::read_to_string(here("../../samples/rust-transport/folder_transport.inf")).unwrap();
    let inf = inf.replace("/var/spool/folder-transport", mail.to_str().unwrap());
    fs::write(folder.join("folder_transport.inf"), inf).unwrap();
    fs::set_permissions(folder.join("folder_transport.inf"), fs::Permissions::from_mode(0o644)).unwrap();
    let home = Home::at(&folder.join("home")).unwrap();
    let installed = Installation::of(&home).install(library.to_str().unwrap()).unwrap();
    assert_eq!(installed.services, ["FOLDER"]);
    let services = [mapi_services::STORE, "FOLDER"].map(NewService::named);
    ProfAdmin::new(&home).unwrap().create_profile("P", &services).unwrap();
    home
}

fn submit(store: &MsgStore, subject: &str) {
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.set(PR_BODY, "through the folder").unwrap();
    let mut row = Recipient::default();
    row.props.set(Recipient::TYPE, RecipientType::To.value());
    row.props.set(Recipient::ADDRTYPE, "FOLDER");
    row.props.set(Recipient::EMAIL_ADDRESS, "ann");
    row.props.set(Recipient::DISPLAY_NAME, "Ann");
    message.modify_recipients(ModifyRecipients::Add, vec![row]).unwrap();
    message.submit().unwrap();
}

fn subjects(folder: &mapi::Folder) -> Vec<String> {
    let rows = folder.contents_table(TableFlags::NONE).unwrap().query_all_rows(&[PR_SUBJECT]).unwrap();
    rows.iter().map(|row| row.text(PR_SUBJECT).unwrap().to_owned()).collect()
}

pub(crate) fn mail_goes_out_and_comes_in_through_the_sample_transport() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = home_with_transport(folder.path());
    let session = Session::logon(LogonOptions::profile("P").home(&home)).unwrap();
    let store = session.open_default_store().unwrap();
    submit(&store, "Grüße");
    assert!(session.flush_queues(LONG).unwrap(), "the queue is empty");
    assert_eq!(subjects(&store.sent_items().unwrap()), ["Grüße"]);
    assert!(session.fetch(None, LONG).unwrap());
    let inbox = store.inbox().unwrap();
    assert_eq!(subjects(&inbox), ["Grüße"]);
    let id = &inbox.message_ids().unwrap()[0];
    let arrived = store.open_message(id, mapi::OpenFlags::NONE).unwrap();
    assert_eq!(arrived.text(PR_BODY).unwrap().as_deref(), Some("through the folder"));
    assert_eq!(fs::read_dir(folder.path().join("mail")).unwrap().count(), 0, "nothing waits any more");
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    let end = account.providers.iter().find(|end| end.name == LIBRARY).unwrap();
    assert_eq!((end.kind, end.result), ("transport", Ok(())), "{account:?}");
}
