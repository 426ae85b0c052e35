//! The wall between C and Rust: every slot and every export passes through here.
//!
//! Catches panics, asks whether the object lives, turns errors into numbers, keeps the last error for
//! GetLastError and writes one trace event. What a call does is its own body's.

use crate::verify;
use mapi_defs::{Error, ErrorCode, Result, Warning};
use mapi_spi::gate::Gate;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use windows_core::HRESULT;

/// Runs the body of an export that belongs to no object, and answers its HRESULT.
pub fn entry<A: Answer>(call: &'static str, body: impl FnOnce() -> Result<A>) -> HRESULT {
    report(call, run(call, body)).0
}

/// Runs the body of an interface's method: refused once the object has ended, and its error kept.
pub fn slot<A: Answer>(
    object: &impl Guarded,
    call: &'static str,
    body: impl FnOnce() -> Result<A>,
) -> HRESULT {
    // What waits for sinks of this thread is told before the call enters a gate, so a sink may log off.
    crate::export::advise_sink::dispatch();
    let outcome = run(call, || {
        let pass = object.life().map(Gate::enter).transpose()?;
        let answer = body();
        drop(pass);
        answer
    });
    let (number, error) = report(call, outcome);
    if let Some(error) = error {
        object.last_error().keep(error);
    }
    number
}

/// Runs the body of an export that answers something other than an HRESULT; `fallback` stands for any
/// error.
pub fn value<T>(call: &'static str, fallback: T, body: impl FnOnce() -> Result<T>) -> T {
    match run(call, body) {
        Ok(value) => {
            tracing::trace!(target: "mapi::call", call);
            value
        }
        Err(error) => {
            tracing::debug!(target: "mapi::call", call, %error);
            fallback
        }
    }
}

/// An object behind slots: how it ends, and where its last error is kept.
pub trait Guarded {
    /// The gate of the logon it belongs to; `None` for objects that belong to none.
    fn life(&self) -> Option<&Gate>;
    /// Where its last error is kept.
    fn last_error(&self) -> &LastError;
    /// Refuses a call that would not reach the object, where the object has ended and has no gate of its own.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object has ended.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// The error behind the last failing call on one object, for GetLastError.
#[derive(Debug, Default)]
pub struct LastError(Mutex<Option<Error>>);

impl LastError {
    /// Nothing has failed.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Keeps an error in place of the one before.
    pub fn keep(&self, error: Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// The words of the kept error, where it has this number.
    pub fn words(&self, number: i32) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|error| error.code().as_u32() == number as u32).map(ToString::to_string)
    }
}

/// What a successful body answers, as a number with bit 31 clear.
pub trait Answer {
    /// The number.
    fn number(self) -> u32;
}

impl Answer for () {
    fn number(self) -> u32 {
        0
    }
}

impl Answer for Warning {
    fn number(self) -> u32 {
        self.as_u32()
    }
}

impl Answer for Option<Warning> {
    fn number(self) -> u32 {
        self.map_or(0, Warning::as_u32)
    }
}

/// S_FALSE: a success that found nothing more.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Answer for Nothing {
    fn number(self) -> u32 {
        1
    }
}

/// Runs a body behind the wall; a panic becomes `MAPI_E_CALL_FAILED`.
fn run<T>(call: &'static str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    let _under_way = verify::enter(call);
    // What a panic may have left half done is behind locks that ignore poison and are whole at every
    // step, so nothing torn is seen afterwards.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let words = words_of(&*payload).to_owned();
        // Dropping a payload may panic again, and would then leave the wall.
        if let Err(again) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
            let _left = std::mem::ManuallyDrop::new(again);
        }
        tracing::error!(target: "mapi::panic", call, "a call panicked: {words}");
        Err(Error::new(ErrorCode::CALL_FAILED, call, "the call panicked"))
    })
}

fn words_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

fn report<A: Answer>(call: &'static str, outcome: Result<A>) -> (HRESULT, Option<Error>) {
    match outcome {
        Ok(answer) => {
            let number = answer.number();
            tracing::trace!(target: "mapi::call", call, number);
            (HRESULT(number as i32), None)
        }
        Err(error) => {
            tracing::debug!(target: "mapi::call", call, %error);
            (HRESULT(error.code().as_u32() as i32), Some(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        gate: Gate,
        last: LastError,
    }

    impl Guarded for Thing {
        fn life(&self) -> Option<&Gate> {
            Some(&self.gate)
        }
        fn last_error(&self) -> &LastError {
            &self.last
        }
    }

    #[test]
    fn a_panic_becomes_call_failed_and_the_object_goes_on() {
        let thing = Thing { gate: Gate::new(1), last: LastError::new() };
        let number = slot(&thing, "IThing::Fall", || -> Result<()> { panic!("told by the test: {}", 1) });
        assert_eq!(number.0 as u32, 0x8000_4005);
        assert_eq!(thing.gate.inside(), 0, "the pass was given back");
        assert!(thing.last.words(number.0).unwrap().contains("IThing::Fall"));
        assert_eq!(slot(&thing, "IThing::Stand", || Ok(())).0, 0);
        assert!(thing.last.words(0x8004_010Fu32 as i32).is_none(), "only the error asked for is told");
    }

    #[test]
    fn an_ended_object_refuses_before_its_body_runs() {
        let thing = Thing { gate: Gate::new(2), last: LastError::new() };
        thing.gate.close();
        let number = slot(&thing, "IThing::Call", || -> Result<()> { unreachable!("the gate is closed") });
        assert_eq!(number.0 as u32, ErrorCode::INVALID_OBJECT.as_u32());
    }

    #[test]
    fn answers_become_their_numbers() {
        assert_eq!(entry("f", || Ok(Warning::ERRORS_RETURNED)).0, 0x0004_0380);
        assert_eq!(entry("f", || Ok(Nothing)).0, 1);
        assert_eq!(entry("f", || Ok(None::<Warning>)).0, 0);
        assert_eq!(value("f", 7, || Err(Error::new(ErrorCode::NOT_FOUND, "f", ""))), 7);
        assert_eq!(value("f", 7, || panic!("{}", "told by the test")), 7);
    }
}
