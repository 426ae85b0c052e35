//! Trace information of messages, a property's bytes (MAPIDEFS.H, EDKMDB.H).
//! Nothing here makes or reads a trace.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::FILETIME;

/// A step of a message's way.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TRACEENTRY {
    pub lAction: i32,
    pub ftArrivalTime: FILETIME,
    pub ftDeferredTime: FILETIME,
    pub rgchADMDName: [u8; 20],
    pub rgchCountryName: [u8; 4],
    pub rgchPRMDId: [u8; 20],
    pub rgchAttADMDName: [u8; 20],
    pub rgchAttCountryName: [u8; 4],
    pub rgchAttPRMDId: [u8; 19],
    pub bAdditionalActions: u8,
}

/// Counted steps.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TRACEINFO {
    pub cEntries: u32,
    pub rgtraceentry: [TRACEENTRY; 1],
}

/// A step within one system.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct INTTRACEENTRY {
    pub lAction: i32,
    pub ftArrivalTime: FILETIME,
    pub ftDeferredTime: FILETIME,
    pub rgchADMDName: [u8; 20],
    pub rgchCountryName: [u8; 4],
    pub rgchPRMDId: [u8; 20],
    pub rgchAttADMDName: [u8; 20],
    pub rgchAttCountryName: [u8; 4],
    pub rgchAttPRMDId: [u8; 20],
    pub rgchMTAName: [u8; 36],
    pub rgchAttMTAName: [u8; 35],
    pub bAdditionalActions: u8,
}

/// Counted steps within one system.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct INTTRACEINFO {
    pub cEntries: u32,
    pub rgIntTraceEntry: [INTTRACEENTRY; 1],
}
