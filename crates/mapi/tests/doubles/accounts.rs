//! Accounts for tests: services that they are made of, a helper that writes down what a manager asks, and
//! a sink that writes down what it is told.

use super::{Script, registration};
use mapi::account::{
    Account, AccountEvent, AccountHelper, AccountInitFlags, AccountManager, AccountNotify, AccountValue,
    LentSession, NewAccount,
};
use mapi::provider::{AccountService, Registration, register};
use mapi::{Error, ErrorCode, Home, Mapi, ProfAdmin, Result, Session};
use mapi_defs::Guid;
use mapi_defs::flags::AccountInitFlags as F;
use mapi_defs::guids::{
    CLSID_OLK_IMAP4_ACCOUNT, CLSID_OLK_LDAP_ACCOUNT, CLSID_OLK_MAPI_ACCOUNT, CLSID_OLK_POP3_ACCOUNT,
};
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PROP_ACCT_ID, PROP_ACCT_NAME, PROP_ACCT_USER_EMAIL_ADDR, PROP_INET_SERVER,
    PROP_INET_USER,
};
use mapi_defs::prop::{PropList, PropTag, PropType};
use std::any::Any;
use std::sync::{Arc, Mutex, Once};

/// What a fixture's section says of its server.
pub(crate) const SERVER: PropTag = PropTag::new(0x6790, PropType::UNICODE);
/// What a fixture's section says of the user there.
pub(crate) const USER: PropTag = PropTag::new(0x6793, PropType::UNICODE);

/// The fixtures' services by the type of account they are for.
pub(crate) const SERVICES: [(&str, Guid); 3] = [
    ("TEST-IMAP4", CLSID_OLK_IMAP4_ACCOUNT),
    ("TEST-POP3SMTP", CLSID_OLK_POP3_ACCOUNT),
    ("TEST-LDAP", CLSID_OLK_LDAP_ACCOUNT),
];
/// The service that says it is one of an Exchange server.
pub(crate) const EXCHANGE: &str = "MSEMS";

struct Fixture(Guid);

impl AccountService for Fixture {
    fn account_type(&self) -> Option<Guid> {
        Some(self.0)
    }

    fn sends(&self) -> bool {
        true
    }

    fn governed(&self) -> &[PropTag] {
        &[SERVER, USER]
    }

    fn service_props(&self, account: &PropList) -> PropList {
        let mut props = PropList::new();
        let pairs = [(PROP_INET_SERVER, SERVER), (PROP_INET_USER, USER), (PROP_ACCT_NAME, PR_DISPLAY_NAME)];
        for (from, to) in pairs {
            if let Some(text) = account.text(from) {
                props.set(to, text);
            }
        }
        props
    }

    fn account_props(&self, section: &PropList) -> PropList {
        let mut props = PropList::new();
        if let Some(server) = section.text(SERVER) {
            props.set(PROP_INET_SERVER, server);
        }
        props
    }
}

/// A service whose entry keeps what it is configured with.
struct Keeping;

impl mapi_spi::provider::service::MessageService for Keeping {
    fn service_entry(&self, call: &mapi_spi::provider::service::ServiceCall<'_>) -> Result<()> {
        use mapi_spi::provider::service::ServiceContext;
        if call.props.iter().any(|prop| prop.value.as_text() == Some("refuse.example")) {
            return Err(Error::new(ErrorCode::UNCONFIGURED, "Keeping", "this server is refused"));
        }
        match call.context {
            ServiceContext::Configure => call.save(&call.configured()?),
            _ => Ok(()),
        }
    }
}

/// A home with the profile "Work" and the fixtures' services.
pub(crate) struct Desk {
    pub(crate) _folder: tempfile::TempDir,
    pub(crate) home: Home,
    pub(crate) admin: ProfAdmin,
    pub(crate) mapi: Mapi,
}

impl Desk {
    pub(crate) fn new() -> Self {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(|| {
            let script = Arc::<Script>::default();
            for (name, account_type) in SERVICES {
                let with = |known: Registration| known.entry(Keeping).account(Fixture(account_type));
                register(name, with(registration(&script)));
            }
            register(EXCHANGE, registration(&script).entry(Keeping));
            register("TEST-PLAIN", registration(&script).entry(Keeping));
        });
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let admin = ProfAdmin::new(&home).unwrap();
        admin.create_profile("Work", &[]).unwrap();
        Self { _folder: folder, home, admin, mapi }
    }

    /// A manager that was initialised with a helper of no session, and flags 1.
    pub(crate) fn manager(&self) -> AccountManager {
        self.manager_with(F::NOSYNCH_MAPI_ACCTS)
    }

    pub(crate) fn manager_with(&self, flags: AccountInitFlags) -> AccountManager {
        let manager = AccountManager::new(&self.home);
        manager.init(Some(Arc::new(LentSession::without_session("Work"))), flags).unwrap();
        manager
    }
}

/// A new account of a type.
pub(crate) fn new_account(account_type: Guid, name: &str) -> NewAccount {
    let mut props = PropList::new();
    props.set(PROP_ACCT_NAME, name);
    props.set(PROP_INET_SERVER, "mail.example");
    props.set(PROP_INET_USER, "ann");
    if account_type != CLSID_OLK_LDAP_ACCOUNT {
        props.set(PROP_ACCT_USER_EMAIL_ADDR, "ann@example.org");
    }
    let service = (account_type == CLSID_OLK_MAPI_ACCOUNT).then(|| "TEST-PLAIN".to_owned());
    NewAccount { account_type, props, service }
}

/// The account of an identifier.
pub(crate) fn find(manager: &AccountManager, id: u32) -> Result<Account> {
    manager.find_account(PROP_ACCT_ID, &AccountValue::Long(id))
}

/// The name of an account, as it is now.
pub(crate) fn name(account: &Account) -> String {
    account.prop(PROP_ACCT_NAME).unwrap().as_text().unwrap().to_owned()
}

/// What a manager asks of a helper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Identity(usize),
    Session,
    HandsOff,
    Placeholder,
}

/// What a helper answers when it is asked who it is.
pub(crate) type Identity = Box<dyn Fn(&mut [u16], &mut u32) -> Result<()> + Send + Sync>;
/// What it answers when it is asked for a session.
pub(crate) type Bring = Box<dyn Fn() -> Result<Option<Arc<dyn Any + Send + Sync>>> + Send + Sync>;
/// What it answers when it is told to let go.
type HandsOff = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// A helper that writes down what it is asked, and answers as a test tells it.
pub(crate) struct RecordingHelper {
    asked: Mutex<Vec<Asked>>,
    pub(crate) identity: Mutex<Identity>,
    pub(crate) bring: Mutex<Bring>,
    pub(crate) hands_off: Mutex<HandsOff>,
    /// Told when the helper is let go.
    released: Mutex<Option<std::sync::mpsc::Sender<Vec<Asked>>>>,
}

impl RecordingHelper {
    /// A helper of the profile "Work" that has no session.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            asked: Mutex::default(),
            identity: Mutex::new(Box::new(named("Work"))),
            bring: Mutex::new(Box::new(|| Err(not_implemented()))),
            hands_off: Mutex::new(Box::new(|| Err(not_implemented()))),
            released: Mutex::default(),
        })
    }

    /// One that lends a session.
    pub(crate) fn lending(session: &Arc<Session>) -> Arc<Self> {
        let helper = Self::new();
        let session = session.clone();
        *helper.bring.lock().unwrap() = Box::new(move || Ok(Some(session.clone())));
        helper
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, what: Asked) -> usize {
        self.asked().into_iter().filter(|asked| *asked == what).count()
    }

    /// Hears what was asked by the time the helper is let go.
    pub(crate) fn on_release(&self) -> std::sync::mpsc::Receiver<Vec<Asked>> {
        let (told, hear) = std::sync::mpsc::channel();
        *self.released.lock().unwrap() = Some(told);
        hear
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap().push(asked);
    }
}

impl Drop for RecordingHelper {
    fn drop(&mut self) {
        let asked = self.asked();
        if let Some(told) = self.released.lock().unwrap().take() {
            told.send(asked).unwrap_or(());
        }
    }
}

/// An honest answer to GetIdentity.
pub(crate) fn named(profile: &'static str) -> impl Fn(&mut [u16], &mut u32) -> Result<()> + Send + Sync {
    move |name, length| LentSession::without_session(profile).identity(name, length)
}

pub(crate) fn not_implemented() -> Error {
    Error::new(ErrorCode::E_NOTIMPL, "RecordingHelper", "there is none")
}

pub(crate) fn failed() -> Error {
    Error::new(ErrorCode::CALL_FAILED, "RecordingHelper", "as the test said")
}

impl AccountHelper for RecordingHelper {
    fn placeholder1(&self) -> Result<()> {
        self.note(Asked::Placeholder);
        Err(not_implemented())
    }

    fn identity(&self, name: &mut [u16], length: &mut u32) -> Result<()> {
        self.note(Asked::Identity(name.len()));
        self.identity.lock().unwrap()(name, length)
    }

    fn mapi_session(&self) -> Result<Option<Arc<dyn Any + Send + Sync>>> {
        self.note(Asked::Session);
        self.bring.lock().unwrap()()
    }

    fn hands_off_session(&self) -> Result<()> {
        self.note(Asked::HandsOff);
        self.hands_off.lock().unwrap()()
    }
}

/// A sink that writes down what it is told.
#[derive(Default)]
pub(crate) struct RecordingNotify {
    told: Mutex<Vec<(u32, u32, u32)>>,
}

impl RecordingNotify {
    /// The events told since this was asked last, each with its account.
    pub(crate) fn told(&self) -> Vec<(u32, u32)> {
        std::mem::take(&mut *self.told.lock().unwrap())
            .into_iter()
            .map(|(event, id, _)| (event, id))
            .collect()
    }
}

impl AccountNotify for RecordingNotify {
    fn notify(&self, event: AccountEvent, account: u32, flags: u32) -> Result<()> {
        assert_eq!(flags, 0);
        self.told.lock().unwrap().push((event.value(), account, flags));
        Err(failed())
    }
}
