//! `LoggedOn`: a session for the length of one verb, ended in good order whatever happens in between.

use crate::cli::Global;
use crate::dialogs::TerminalDialogs;
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::output::Output;
use mapi::object::MsgStore;
use mapi::{Account, Home, LogonOptions, Mapi, ProfAdmin, Session};
use mapi_defs::flags::{LogoffFlags, LogonFlags, OpenFlags};
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::{PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_PROVIDER_DISPLAY};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, FileTime};
use std::sync::Arc;

/// Whether a verb sends mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mail {
    /// A session with transports and a spooler.
    Yes,
    /// MAPI_NO_MAIL.
    No,
}

/// Whether a verb makes the default profile where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FirstUse {
    /// The profile is made, and said so.
    CreatesProfile,
    /// A missing profile is an error.
    NeedsProfile,
}

/// MAPI initialised and the home found, without a session.
pub(crate) struct Ready {
    pub(crate) home: Home,
    // Uninitialises last of all.
    mapi: Mapi,
}

impl Ready {
    /// Initialises MAPI with the built-in services.
    pub(crate) fn new(global: &Global) -> Outcome<Self> {
        mapi_services::register();
        let mapi = Mapi::initialize()?;
        let home = Home::locate(global.home.as_deref()).map_err(no_home)?;
        Ok(Self { home, mapi })
    }

    /// Opens the administration of profiles.
    pub(crate) fn profiles(&self) -> Outcome<ProfAdmin> {
        Ok(ProfAdmin::new(&self.home)?)
    }
}

/// A session.
pub(crate) struct LoggedOn {
    pub(crate) session: Session,
    /// Heard from the logon on, so that a signal never cuts a session short.
    pub(crate) interrupt: Interrupt,
    read_only: bool,
    store: Option<String>,
    // Ends after the session.
    ready: Ready,
}

impl LoggedOn {
    /// Logs on to the profile that the command line names, else to the default one.
    pub(crate) fn new(global: &Global, mail: Mail, first: FirstUse, output: Output) -> Outcome<Self> {
        let interrupt = Interrupt::listen()?;
        let ready = Ready::new(global)?;
        if first == FirstUse::CreatesProfile && global.profile.is_none() && !global.read_only {
            create_default_profile(&ready, output)?;
        }
        let options = match &global.profile {
            Some(name) => LogonOptions::profile(name),
            None => LogonOptions::default_profile(),
        };
        let options = options.home(&ready.home);
        let options = if mail == Mail::No { options.no_mail() } else { options };
        let options = match TerminalDialogs::new(&interrupt, output) {
            Some(dialogs) => options.with(LogonFlags::UI).dialogs(Arc::new(dialogs)),
            None => options,
        };
        let session = Session::logon(options).map_err(|error| no_profile(error, global))?;
        Ok(Self { session, interrupt, read_only: global.read_only, store: global.store.clone(), ready })
    }

    /// Opens the default store, or the one that the command line names; with `--read-only` so that nothing can
    /// be written.
    pub(crate) fn store(&self) -> Outcome<MsgStore> {
        if !self.read_only && self.store.is_none() {
            return Ok(self.session.open_default_store()?);
        }
        let stores = self.session.stores()?;
        let row = match &self.store {
            Some(name) => stores.iter().find(|row| is_called(row, name)),
            None => stores.iter().find(|row| is_default(row)).or(stores.first()),
        };
        let missing = || {
            let known: Vec<&str> = stores.iter().filter_map(|row| row.text(PR_PROVIDER_DISPLAY)).collect();
            let failure = Failure::new(ErrorCode::NOT_FOUND, "the profile has no such store");
            failure.with_hint(format!("its stores are: {}", known.join(", ")))
        };
        let id = row.and_then(|row| row.binary(PR_ENTRYID)).ok_or_else(missing)?;
        let flags = if self.read_only { OpenFlags::NONE } else { OpenFlags::MODIFY };
        Ok(self.session.open_msg_store(&EntryId::from_bytes(id), flags)?)
    }

    /// The present moment, by the session's clock.
    pub(crate) fn now(&self) -> FileTime {
        self.session.now()
    }

    /// Logs off and returns the closing account.
    pub(crate) fn end(self) -> Outcome<Account> {
        let account = self.session.logoff(LogoffFlags::NONE)?;
        Ok(self.ended(account))
    }

    /// Logs off unless the person at the terminal says no, because mail waits; the session is then as it was.
    pub(crate) fn end_if_confirmed(self) -> Outcome<Result<Account, Self>> {
        match self.session.logoff(LogoffFlags::UI) {
            Ok(account) => Ok(Ok(self.ended(account))),
            Err(error) if error.code() == ErrorCode::USER_CANCEL => Ok(Err(self)),
            Err(error) => Err(error.into()),
        }
    }

    fn ended(self, account: Account) -> Account {
        drop(self.session);
        drop(self.ready.mapi);
        account
    }

    /// Logs off and says on stderr, in one line, how the session ended.
    pub(crate) fn end_with_a_line(self, output: Output) -> Outcome {
        let account = self.end()?;
        output.session_end(&account.to_json());
        Ok(())
    }
}

fn is_called(row: &Row, name: &str) -> bool {
    let names = [PR_PROVIDER_DISPLAY, PR_DISPLAY_NAME].map(|tag| row.text(tag));
    names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_default(row: &Row) -> bool {
    matches!(row.value(PR_DEFAULT_STORE), Some(PropValue::Boolean(true)))
}

/// Refuses what only makes sense where something is written.
pub(crate) fn refuse_when_read_only(global: &Global) -> Outcome {
    if global.read_only {
        return Err(Failure::new(ErrorCode::NO_ACCESS, "nothing is written with --read-only"));
    }
    Ok(())
}

fn no_home(error: mapi_defs::Error) -> Failure {
    Failure::from(error).with_hint(
        "name a folder of your own that you may write, with --home or MAPI_HOME; a link to it has to be your own",
    )
}

fn create_default_profile(ready: &Ready, output: Output) -> Outcome {
    let (name, is_new) = mapi_services::default_profile(&ready.home)?;
    if is_new {
        let rows = ready.profiles()?.services(&name)?.services();
        let built_in = mapi_services::default_services().into_iter().map(|service| service.name);
        let services = match rows.iter().map(|row| row.name.clone()).eq(built_in) {
            true => "a store, local delivery and an address book".to_owned(),
            false => rows.into_iter().map(|row| row.display_name).collect::<Vec<_>>().join(", "),
        };
        output.say(&format!("created the profile {name:?} with {services}"));
    }
    Ok(())
}

/// Why a logon failed, with what to do about it.
pub(crate) fn no_profile(error: mapi_defs::Error, global: &Global) -> Failure {
    let is_missing = error.code() == ErrorCode::LOGON_FAILED;
    let failure = Failure::from(error);
    match &global.profile {
        None if is_missing => failure.with_hint(
            "`mapi profile create Default` makes one, `mapi profile default NAME` chooses one there is",
        ),
        _ => failure,
    }
}
