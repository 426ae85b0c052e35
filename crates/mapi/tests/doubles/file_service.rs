//! A service that keeps a file in the profile's folder.

use mapi::provider::{Registration, register};
use mapi::{Error, ErrorCode, NewService, Result};
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::PR_COMMENT;
use mapi_spi::provider::service::{MessageService, ServiceContext};
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Registers the service and says how a profile is made with it.
pub(crate) fn file_service() -> Vec<NewService> {
    let service =
        Registration { display_name: "Files".into(), service: Arc::new(FileService), providers: Vec::new() };
    register("FILES", service);
    vec![NewService::named("FILES")]
}

/// A service that makes a file in the profile's folder, as a store does, and takes it away again.
struct FileService;

impl MessageService for FileService {
    fn service_entry(&self, context: ServiceContext, props: &mut PropList) -> Result<()> {
        let file = |props: &PropList| props.text(FILE).map(str::to_owned);
        let failed = |error: std::io::Error| Error::new(ErrorCode::DISK_ERROR, "test", error.to_string());
        match context {
            ServiceContext::Create => {
                let path = Path::new(props.text(DATA_FOLDER).unwrap()).join("store");
                fs::write(&path, "content").map_err(failed)?;
                props.set(FILE, path.to_str().unwrap());
                if props.text(PR_COMMENT) == Some("fail") {
                    return Err(Error::new(ErrorCode::UNCONFIGURED, "test", "as the test said"));
                }
                Ok(())
            }
            ServiceContext::Delete => fs::remove_file(file(props).unwrap()).map_err(failed),
            _ => Ok(()),
        }
    }
}
