//! Libraries for tests: files whose text says what a loader finds in them, and that loader.
//!
//! A library's text is the name of a script, and words for what it has: `entry`, `store`, `transport`,
//! `address_book`.

use super::{Book, RecordingStore, Script, Transport};
use mapi::provider::{Library, LibraryFile, LibraryLoader, ProviderFactory, register_loader};
use mapi::{Error, ErrorCode, Result};
use mapi_defs::prop::tags::PR_RESOURCE_TYPE;
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

static SCRIPTS: LazyLock<Mutex<HashMap<String, Arc<Script>>>> = LazyLock::new(Mutex::default);

/// Writes a library and returns the script by which its parts tell what is called.
pub(crate) fn write_library(path: &Path, has: &str) -> Arc<Script> {
    register_loader(Arc::new(Loader));
    let script = Arc::new(Script::default());
    let name = path.to_str().unwrap().to_owned();
    SCRIPTS.lock().unwrap().insert(name.clone(), script.clone());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{name}\n{has}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

struct Loader;

impl LibraryLoader for Loader {
    fn load(&self, file: &LibraryFile, entry_name: Option<&str>) -> Result<Library> {
        let mut text = String::new();
        let failed = |detail: String| Error::new(ErrorCode::CALL_FAILED, "test", detail);
        let open = fs::File::open(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file.file())));
        open.and_then(|mut open| open.read_to_string(&mut text))
            .map_err(|error| failed(error.to_string()))?;
        let (name, has) = text.split_once('\n').ok_or_else(|| failed("it is no library".to_owned()))?;
        let script = SCRIPTS.lock().unwrap()[name].clone();
        script.call(&format!("load {entry_name:?}"))?;
        let entry: Option<Arc<dyn MessageService>> = match entry_name {
            Some("ServiceEntry") if has.contains("entry") => Some(Arc::new(Entry(script.clone()))),
            Some(name) => return Err(Error::new(ErrorCode::NOT_FOUND, "test", format!("no entry {name}"))),
            None => None,
        };
        let (ms, xp, ab) = (script.clone(), script.clone(), script);
        let all = [
            ("store", ProviderFactory::store(move || Arc::new(RecordingStore::new(&ms)))),
            ("transport", ProviderFactory::transport(move || Arc::new(Transport::new(&xp, "xp provider")))),
            ("address_book", ProviderFactory::address_book(move || Arc::new(Book::new(&ab, "ab provider")))),
        ];
        let providers = all.into_iter().filter(|(word, _)| has.contains(word)).map(|(_, factory)| factory);
        Ok(Library { entry, providers: providers.collect() })
    }
}

/// An entry that writes down its context, its properties, and the providers it finds.
struct Entry(Arc<Script>);

impl MessageService for Entry {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        let context = call.context;
        let providers = match context {
            ServiceContext::Install | ServiceContext::Uninstall => 0,
            _ => {
                let table = call.providers.provider_table()?;
                let rows = table.query_rows(100)?;
                rows.iter().filter(|row| row.long(PR_RESOURCE_TYPE).is_some()).count()
            }
        };
        let props = call.props.len();
        self.0.call(&format!("entry {} with {props} props and {providers} providers", context.value()))
    }
}
