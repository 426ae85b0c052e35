//! The contract of transport providers, as tests over any of them.
//!
//! Each test is a public function that takes a maker of fixtures and panics where the provider breaks
//! its contract; [`run_all`] runs them all. Messages come from a store in memory, queued and locked as
//! the spooler has them.

#![allow(clippy::unwrap_used, reason = "a suite panics where a provider breaks its contract")]

use crate::clock::FakeClock;
use crate::memory::MemoryProvider;
use crate::ms_provider::{self, Open};
use crate::support::{Asked, RecordingSupport};
use crate::transport::takes;
use mapi_defs::flags::SaveFlags;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{ErrorCode, Result};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::{
    RecipientOutcome, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Makes a transport whose other side takes whatever it is given.
pub type Make<'make> = &'make dyn Fn() -> Fixture;

/// Lets a message with this subject arrive.
pub type Receive = Box<dyn Fn(&str)>;

/// One test of the contract.
pub type Test = fn(Make<'_>);

/// Every test by its name.
pub const ALL: &[(&str, Test)] = &[
    ("address_types_cover_those_who_are_taken", address_types_cover_those_who_are_taken),
    ("outcomes_are_of_untaken_recipients", outcomes_are_of_untaken_recipients),
    ("recipients_of_others_are_left_to_them", recipients_of_others_are_left_to_them),
    ("a_message_is_submitted_for_the_rest", a_message_is_submitted_for_the_rest),
    ("a_submitted_message_is_as_it_was", a_submitted_message_is_as_it_was),
    ("notifications_come_at_any_time", notifications_come_at_any_time),
    ("the_status_row_says_how_it_is", the_status_row_says_how_it_is),
    ("what_is_received_is_handed_in", what_is_received_is_handed_in),
    ("everything_ends_at_logoff", everything_ends_at_logoff),
    ("logoff_may_come_while_a_message_is_sent", logoff_may_come_while_a_message_is_sent),
    ("logons_end_one_by_one", logons_end_one_by_one),
];

/// Runs every test, each over a fixture of its own, and says on standard error which one runs.
///
/// # Panics
/// - The provider breaks its contract.
pub fn run_all(make: Make<'_>) {
    for (name, test) in ALL {
        eprintln!("xp_provider::{name}");
        test(make);
    }
}

/// A transport provider and what it is tried with.
pub struct Fixture {
    /// The provider.
    pub provider: Arc<dyn XpProvider>,
    /// What its section of the profile holds.
    pub section: PropList,
    /// Recipients that the transport takes, two or more.
    pub own: Vec<Recipient>,
    /// Recipients that it does not take.
    pub foreign: Vec<Recipient>,
    /// Lets a message with this subject arrive, where the transport receives.
    pub receive: Option<Receive>,
    clock: FakeClock,
    spoolers: RefCell<Vec<Arc<Open>>>,
    store: ms_provider::Fixture,
    kept: Vec<Box<dyn Any>>,
}

impl Fixture {
    /// A transport that needs nothing in its section, takes `own` and leaves `foreign`.
    pub fn new(provider: Arc<dyn XpProvider>, own: Vec<Recipient>, foreign: Vec<Recipient>) -> Self {
        assert!(own.len() > 1, "a fixture has two recipients of its own");
        let store = ms_provider::Fixture::new(MemoryProvider::new());
        let (section, clock) = (PropList::new(), store.clock.clone());
        let (receive, spoolers, kept) = (None, RefCell::default(), Vec::new());
        Self { provider, section, own, foreign, receive, clock, spoolers, store, kept }
    }

    /// Gives the provider's section a property.
    #[must_use]
    pub fn with(mut self, tag: PropTag, value: impl Into<PropValue>) -> Self {
        self.section.set(tag, value);
        self
    }

    /// Says how a message arrives.
    #[must_use]
    pub fn receiving(mut self, receive: impl Fn(&str) + 'static) -> Self {
        self.receive = Some(Box::new(receive));
        self
    }

    /// Keeps something as long as the fixture.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    fn logon(&self) -> (Arc<dyn XpLogon>, TransportLogonFlags, Arc<RecordingSupport>) {
        let support = RecordingSupport::new(self.clock.clone(), self.section.clone());
        support.deliver_to(self.spooler().store.clone());
        let (logon, flags) = self.provider.logon(support.clone(), TransportLogonIn::NONE).unwrap();
        (logon, flags, support)
    }

    /// A logon of the spooler that lasts as long as the fixture.
    fn spooler(&self) -> Arc<Open> {
        let open = Arc::new(self.store.open_as_spooler());
        self.spoolers.borrow_mut().push(open.clone());
        open
    }

    /// A message in the queue, open and locked as the spooler has it, of which `taken` are served.
    fn message(&self, untaken: &[Recipient], taken: &[Recipient]) -> Arc<dyn Message> {
        let client = self.store.open();
        let message = client.outbox().create_message(false).unwrap();
        let props = [Prop::new(PR_SUBJECT, "lunch"), Prop::new(PR_BODY, "at noon")];
        assert_eq!(message.set_props(&props).unwrap(), []);
        let rows = untaken.iter().chain(taken).cloned().collect();
        message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = ms_provider::entry_id(&*message);
        message.submit().unwrap();
        let spooler = self.spooler();
        let message = spooler.message(&id);
        let mut rows = message.recipients().unwrap();
        for (at, row) in rows.iter_mut().enumerate() {
            row.props.set(PR_RESPONSIBILITY, at >= untaken.len());
        }
        message.modify_recipients(ModifyRecipients::Modify, rows).unwrap();
        spooler.store.set_lock_state(&*message, true).unwrap();
        message
    }
}

fn rows_of(outcomes: &[RecipientOutcome]) -> BTreeSet<u32> {
    let rows: BTreeSet<u32> = outcomes.iter().map(|outcome| outcome.row_id).collect();
    assert_eq!(rows.len(), outcomes.len(), "one outcome for each recipient: {outcomes:?}");
    rows
}

fn first_rows(message: &dyn Message, count: usize) -> BTreeSet<u32> {
    message.recipients().unwrap().iter().take(count).map(|row| row.row_id).collect()
}

#[track_caller]
fn code<T>(answer: Result<T>) -> ErrorCode {
    answer.err().unwrap_or_else(|| panic!("the call succeeded where it has to fail")).code()
}

/// AddressTypes names everybody whom the transport takes, whenever it is asked.
pub fn address_types_cover_those_who_are_taken(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let types = logon.address_types().unwrap();
    assert!(fixture.own.iter().all(|row| takes(&types, row)), "{types:?}");
    assert_eq!(logon.address_types().unwrap(), types, "asked again");
    logon.logoff().unwrap();
}

/// Exactly those whose PR_RESPONSIBILITY is false and who are the transport's, each once.
pub fn outcomes_are_of_untaken_recipients(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let served = fixture.own.clone();
    let message = fixture.message(&fixture.own, &served);
    let outcomes = logon.submit_message(&*message, 1).unwrap();
    assert_eq!(rows_of(&outcomes), first_rows(&*message, fixture.own.len()), "the served ones are done with");
    logon.end_message(1).unwrap();
    logon.logoff().unwrap();
}

/// Recipients of other transports are not mentioned; where there are no others, NOT_ME.
pub fn recipients_of_others_are_left_to_them(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let served = fixture.message(&fixture.own[..1], &[]);
    let mut rows = served.recipients().unwrap();
    rows[0].props.set(PR_RESPONSIBILITY, true);
    served.modify_recipients(ModifyRecipients::Modify, rows).unwrap();
    assert_eq!(code(logon.submit_message(&*served, 2)), ErrorCode::NOT_ME, "everybody is served");
    if !fixture.foreign.is_empty() {
        let all: Vec<Recipient> = fixture.own.iter().chain(&fixture.foreign).cloned().collect();
        let mixed = fixture.message(&all, &[]);
        let outcomes = logon.submit_message(&*mixed, 3).unwrap();
        assert_eq!(rows_of(&outcomes), first_rows(&*mixed, fixture.own.len()));
        let foreign = fixture.message(&fixture.foreign, &[]);
        assert_eq!(code(logon.submit_message(&*foreign, 4)), ErrorCode::NOT_ME);
    }
    logon.logoff().unwrap();
}

/// A second submit of the same message serves those that the first has left.
pub fn a_message_is_submitted_for_the_rest(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let message = fixture.message(&fixture.own, &[]);
    assert_eq!(rows_of(&logon.submit_message(&*message, 5).unwrap()).len(), fixture.own.len());
    logon.end_message(5).unwrap();
    let mut rows = message.recipients().unwrap();
    rows[1..].iter_mut().for_each(|row| drop(row.props.set(PR_RESPONSIBILITY, true)));
    message.modify_recipients(ModifyRecipients::Modify, rows).unwrap();
    let outcomes = logon.submit_message(&*message, 6).unwrap();
    assert_eq!(rows_of(&outcomes), first_rows(&*message, 1));
    logon.end_message(6).unwrap();
    logon.logoff().unwrap();
}

/// What becomes of the message is the spooler's business.
pub fn a_submitted_message_is_as_it_was(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let message = fixture.message(&fixture.own, &[]);
    let before = mapi_spi::copy::message_object(&*message).unwrap();
    logon.submit_message(&*message, 7).unwrap();
    logon.end_message(7).unwrap();
    let after = mapi_spi::copy::message_object(&*message).unwrap();
    assert_eq!(after.recipients, before.recipients, "PR_RESPONSIBILITY is set by the spooler");
    assert_eq!(after.properties, before.properties);
    logon.logoff().unwrap();
}

/// Beginnings, endings, and the cancelling of a message that nobody knows.
pub fn notifications_come_at_any_time(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    logon.notify(TransportNotify::BeginOutbound).unwrap();
    logon.notify(TransportNotify::BeginOutboundFlush).unwrap();
    logon.notify(TransportNotify::CancelMessage(4_711)).unwrap();
    logon.notify(TransportNotify::EndOutboundFlush).unwrap();
    for inbound in [TransportNotify::BeginInbound, TransportNotify::EndInbound] {
        if let Err(error) = logon.notify(inbound) {
            assert_eq!(error.code(), ErrorCode::NO_SUPPORT, "a transport may not receive: {error}");
        }
    }
    logon.notify(TransportNotify::EndOutbound).unwrap();
    logon.notify(TransportNotify::BeginOutbound).unwrap();
    let message = fixture.message(&fixture.own, &[]);
    assert!(logon.submit_message(&*message, 8).is_ok(), "begun again");
    logon.logoff().unwrap();
}

/// Every transport has a row in the status table as long as it is logged on.
pub fn the_status_row_says_how_it_is(make: Make<'_>) {
    const AVAILABLE: i32 = 1;
    let fixture = make();
    let (logon, _, support) = fixture.logon();
    let row = || {
        let rows = support.asked().into_iter().rev();
        rows.filter_map(|asked| if let Asked::StatusRow(columns) = asked { Some(columns) } else { None })
            .next()
    };
    let shown = row().unwrap_or_else(|| panic!("a transport makes a status row"));
    assert!(shown.text(PR_DISPLAY_NAME).is_some_and(|name| !name.is_empty()), "{shown:?}");
    assert!(shown.long(PR_STATUS_CODE).is_some_and(|status| status & AVAILABLE != 0), "{shown:?}");
    logon.logoff().unwrap();
}

/// Poll and StartMessage; or NO_SUPPORT.
pub fn what_is_received_is_handed_in(make: Make<'_>) {
    let fixture = make();
    let (logon, flags, _) = fixture.logon();
    let client = fixture.store.open();
    let message = client.inbox().create_message(false).unwrap();
    match &fixture.receive {
        None => {
            assert!(!flags.poll, "who receives nothing wants no Poll");
            assert_eq!(code(logon.poll()), ErrorCode::NO_SUPPORT);
            assert_eq!(code(logon.start_message(&*message, &mut 1)), ErrorCode::NO_SUPPORT);
        }
        Some(receive) => {
            logon.notify(TransportNotify::BeginInbound).unwrap();
            receive("from outside");
            if flags.poll {
                assert!(logon.poll().unwrap() > 0);
            }
            logon.start_message(&*message, &mut 1).unwrap();
            assert_eq!(ms_provider::text(&*message, PR_SUBJECT), "from outside");
            assert_eq!(ms_provider::subjects(&*client.inbox()), ["from outside"], "filled and saved");
            if flags.poll {
                assert_eq!(logon.poll().unwrap(), 0);
            }
        }
    }
    logon.logoff().unwrap();
}

/// INVALID_OBJECT from then on; a second logoff changes nothing.
pub fn everything_ends_at_logoff(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let message = fixture.message(&fixture.own, &[]);
    logon.notify(TransportNotify::BeginOutbound).unwrap();
    logon.logoff().unwrap();
    assert_eq!(code(logon.submit_message(&*message, 9)), ErrorCode::INVALID_OBJECT);
    assert_eq!(code(logon.address_types()), ErrorCode::INVALID_OBJECT);
    // Any answer will do, as long as there is one.
    logon.logoff().ok();
    fixture.provider.shutdown().unwrap();
}

/// The call in process returns, and the next is refused.
pub fn logoff_may_come_while_a_message_is_sent(make: Make<'_>) {
    let fixture = make();
    let (logon, ..) = fixture.logon();
    let message = fixture.message(&fixture.own, &[]);
    let (begun, wait_begun) = channel();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for reference in 10.. {
                begun.send(()).unwrap();
                match logon.submit_message(&*message, reference) {
                    Ok(outcomes) => assert_eq!(rows_of(&outcomes).len(), fixture.own.len()),
                    Err(error) => return error.code(),
                }
            }
            unreachable!("a reference has as many numbers as there are")
        });
        wait_begun.recv().unwrap();
        wait_begun.recv().unwrap();
        logon.logoff().unwrap();
        let last = sending.join().unwrap();
        let ends = [ErrorCode::INVALID_OBJECT, ErrorCode::USER_CANCEL, ErrorCode::CANCEL, ErrorCode::WAIT];
        assert!(ends.contains(&last), "{last}");
    });
}

/// Several logons of one provider know nothing of one another.
pub fn logons_end_one_by_one(make: Make<'_>) {
    let fixture = make();
    let ((one, ..), (two, ..)) = (fixture.logon(), fixture.logon());
    one.logoff().unwrap();
    let message = fixture.message(&fixture.own, &[]);
    assert_eq!(rows_of(&two.submit_message(&*message, 11).unwrap()).len(), fixture.own.len());
    two.logoff().unwrap();
    let (again, ..) = fixture.logon();
    assert!(again.address_types().is_ok(), "logged on anew");
    again.logoff().unwrap();
}
