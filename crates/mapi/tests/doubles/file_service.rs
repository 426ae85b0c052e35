//! A service that keeps a file in the profile's folder.

use mapi::provider::{Registration, register};
use mapi::{Error, ErrorCode, NewService, Result};
use mapi_defs::prop::tags::PR_COMMENT;
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use std::fs;
use std::path::Path;

/// Registers the service and says how a profile is made with it.
pub(crate) fn file_service() -> Vec<NewService> {
    register("FILES", Registration::new("Files").entry(FileService));
    vec![NewService::named("FILES")]
}

/// A service that makes a file in the profile's folder, as a store does, and takes it away again.
struct FileService;

impl MessageService for FileService {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        let failed = |error: std::io::Error| Error::new(ErrorCode::DISK_ERROR, "test", error.to_string());
        let mut props = call.configured()?;
        match call.context {
            ServiceContext::Create => {
                let path = Path::new(props.text(DATA_FOLDER).unwrap()).join("store");
                fs::write(&path, "content").map_err(failed)?;
                props.set(FILE, path.to_str().unwrap());
                call.save(&props)?;
                if props.text(PR_COMMENT) == Some("fail") {
                    return Err(Error::new(ErrorCode::CALL_FAILED, "test", "as the test said"));
                }
                Ok(())
            }
            ServiceContext::Configure => call.save(&props),
            ServiceContext::Delete => fs::remove_file(props.text(FILE).unwrap()).map_err(failed),
            _ => Ok(()),
        }
    }
}
