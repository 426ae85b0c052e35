//! The address types of the session's transports, and the message options that go with one
//! (EnumAdrTypes, MessageOptions, QueryDefaultMessageOpt).
//!
//! Options are registered by no transport (RegisterOptions is not part of the contract), so there are
//! none for any address type.

use super::Session;
use super::deadline::unpanicked;
use crate::object::Message;
use mapi_defs::prop::Prop;
use mapi_defs::{Error, ErrorCode, Result};

impl Session {
    /// The address types that the session's transports take, in transport order, each once
    /// (EnumAdrTypes). Without mail there are none.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn enum_adr_types(&self) -> Result<Vec<String>> {
        let core = self.core();
        let _pass = core.enter()?;
        let transports = core.logons.table().transports.clone();
        let mut types: Vec<String> = Vec::new();
        for transport in transports {
            match unpanicked(|| transport.logon.address_types()) {
                Ok(said) => {
                    for one in said.types {
                        if !types.iter().any(|known| known.eq_ignore_ascii_case(&one)) {
                            types.push(one);
                        }
                    }
                }
                Err(error) => tracing::warn!(session = core.id, %error, "a transport tells no address types"),
            }
        }
        Ok(types)
    }

    /// Lets a person set the options of a message for an address type (MessageOptions).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the address type has no options; always.
    pub fn message_options(&self, address_type: &str, message: &Message) -> Result<()> {
        let _pass = self.core().enter()?;
        let _ = message;
        Err(no_options("Session::message_options", address_type))
    }

    /// The options that messages of an address type have unless they say otherwise
    /// (QueryDefaultMessageOpt).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the address type has no options; always.
    pub fn query_default_message_opt(&self, address_type: &str) -> Result<Vec<Prop>> {
        let _pass = self.core().enter()?;
        Err(no_options("Session::query_default_message_opt", address_type))
    }
}

fn no_options(call: &'static str, address_type: &str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, format!("no transport has options for {address_type:?}"))
}
