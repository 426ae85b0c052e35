//! The provider interfaces: `store.rs` (IMSProvider, IMSLogon), `transport.rs` (IXPProvider,
//! IXPLogon), `address_book.rs` (IABProvider, IABLogon), `service.rs` (MSGSERVICEENTRY), `shutdown.rs` (IMAPIProviderShutdown).
//!
//! Each provider's life is: `logon`, any number of times → each logon's `logoff`, once → `shutdown`, once.

pub mod address_book;
pub mod service;
pub mod shutdown;
pub mod store;
pub mod transport;
