//! What members, host, lookers-on and keepers of a shared session say to one another, as bytes.
//!
//! A frame is a head of five bytes (length of what follows, little-endian, and the version) and a
//! JSON object. Nothing here reads or writes: connections are `wire.rs`. What arrives is untrusted:
//! no length is believed before it was compared with [`FRAME_LIMIT`], and no byte makes this panic.

use serde_json::{Value, json};

/// The version that this speaks.
pub(super) const VERSION: u8 = 1;
/// Bytes of a frame behind its head, at most.
pub(super) const FRAME_LIMIT: usize = 4_096;
/// Bytes of the head.
pub(super) const HEAD: usize = 5;
/// Characters of an account that one frame carries, escapes and all.
pub(super) const PIECE_CHARACTERS: usize = 512;
/// Hex digits of an identity.
const ID_DIGITS: usize = 8;

/// One thing said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// The first word of whoever connects to a host.
    Hello(Role),
    /// The host's answer: the session, and who closed it to joiners.
    Welcome { profile: String, epoch: u64, closed_by: Option<String> },
    /// The host's other answer: nobody may join any more.
    Refused,
    /// The answer to a version that is not spoken here.
    OtherVersion,
    /// A member logs off with MAPI_LOGOFF_SHARED.
    Close,
    /// The host's answer: the session is closed to joiners, and the others are being told.
    Closed,
    /// To every other member: this one asks you to log off.
    Closing { by: String },
    /// To a member: how many objects are open?
    Report,
    /// Its answer.
    Open { objects: u64 },
    /// Who is a member?
    List,
    /// One of the answers.
    Member(MemberRow),
    /// The end of the answers.
    Listed,
    /// To a keeper: end the session.
    End(EndRequest),
    /// A piece of its closing account; the connection's end is the end of it.
    Account { piece: String },
}

/// Who connects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A session that is being logged on.
    Joiner { id: String, no_mail: bool },
    /// A member that has lost its host.
    Member { id: String, no_mail: bool },
    /// Somebody who asks who is there.
    Observer,
}

/// One member, as a host lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct MemberRow {
    pub(super) id: String,
    pub(super) pid: u32,
    pub(super) no_mail: bool,
    /// Objects that it has open; `None` where it did not answer in time.
    pub(super) objects: Option<u64>,
}

/// How a session that is kept by a process shall end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndRequest {
    /// Whether every other member is told (MAPI_LOGOFF_SHARED).
    pub shared: bool,
    /// What becomes of mail that waits.
    pub queue: QueueEnd,
}

/// What becomes of mail that waits when a kept session ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueEnd {
    /// It is sent first, for at most so many milliseconds.
    Wait(u64),
    /// It stays queued, and whoever runs a spooler sends it.
    Background,
    /// It stays queued.
    Leave,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// The length is above [`FRAME_LIMIT`].
    TooLong,
    /// Another version than [`VERSION`].
    Version,
    /// No frame of this version.
    Malformed,
}

/// A frame as bytes; `None` where it would exceed [`FRAME_LIMIT`].
pub(super) fn encode(frame: &Frame) -> Option<Vec<u8>> {
    let body = body(frame).to_string();
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= FRAME_LIMIT)?;
    let mut bytes = Vec::with_capacity(HEAD + body.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.push(VERSION);
    bytes.extend_from_slice(body.as_bytes());
    Some(bytes)
}

/// Takes the first frame out of what has arrived; `None` where some of it is still to come.
///
/// # Errors
/// Bytes that are no frame; nothing behind them can be read either.
pub(super) fn take(arrived: &mut Vec<u8>) -> Result<Option<Frame>, Fault> {
    let Some((length, rest)) = arrived.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Fault::TooLong)?;
    if length > FRAME_LIMIT {
        return Err(Fault::TooLong);
    }
    let Some((version, rest)) = rest.split_first() else { return Ok(None) };
    if *version != VERSION {
        return Err(Fault::Version);
    }
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let frame = serde_json::from_slice(body).ok().and_then(|body| frame(&body)).ok_or(Fault::Malformed)?;
    arrived.drain(..HEAD + length);
    Ok(Some(frame))
}

/// True for what can be the identity of a session: it also names files.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn body(frame: &Frame) -> Value {
    match frame {
        Frame::Hello(Role::Joiner { id, no_mail }) => json!({"is": "join", "id": id, "no_mail": no_mail}),
        Frame::Hello(Role::Member { id, no_mail }) => json!({"is": "rejoin", "id": id, "no_mail": no_mail}),
        Frame::Hello(Role::Observer) => json!({"is": "observe"}),
        Frame::Welcome { profile, epoch, closed_by } => {
            json!({"is": "welcome", "profile": profile, "epoch": epoch, "closed_by": closed_by})
        }
        Frame::Refused => json!({"is": "refused"}),
        Frame::OtherVersion => json!({"is": "other_version"}),
        Frame::Close => json!({"is": "close"}),
        Frame::Closed => json!({"is": "closed"}),
        Frame::Closing { by } => json!({"is": "closing", "by": by}),
        Frame::Report => json!({"is": "report"}),
        Frame::Open { objects } => json!({"is": "open", "objects": objects}),
        Frame::List => json!({"is": "list"}),
        Frame::Member(row) => json!({
            "is": "member", "id": row.id, "pid": row.pid, "no_mail": row.no_mail, "objects": row.objects,
        }),
        Frame::Listed => json!({"is": "listed"}),
        Frame::End(EndRequest { shared, queue }) => {
            let (queue, wait) = match queue {
                QueueEnd::Wait(milliseconds) => ("wait", *milliseconds),
                QueueEnd::Background => ("background", 0),
                QueueEnd::Leave => ("leave", 0),
            };
            json!({"is": "end", "shared": shared, "queue": queue, "wait": wait})
        }
        Frame::Account { piece } => json!({"is": "account", "piece": piece}),
    }
}

fn frame(body: &Value) -> Option<Frame> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let id = |name: &str| text(name).filter(|id| is_id(id));
    let flag = |name: &str| body.get(name)?.as_bool();
    let number = |name: &str| body.get(name)?.as_u64();
    Some(match body.get("is")?.as_str()? {
        "join" => Frame::Hello(Role::Joiner { id: id("id")?, no_mail: flag("no_mail")? }),
        "rejoin" => Frame::Hello(Role::Member { id: id("id")?, no_mail: flag("no_mail")? }),
        "observe" => Frame::Hello(Role::Observer),
        "welcome" => Frame::Welcome {
            profile: text("profile")?,
            epoch: number("epoch")?,
            closed_by: if body.get("closed_by")?.is_null() { None } else { Some(id("closed_by")?) },
        },
        "refused" => Frame::Refused,
        "other_version" => Frame::OtherVersion,
        "close" => Frame::Close,
        "closed" => Frame::Closed,
        "closing" => Frame::Closing { by: id("by")? },
        "report" => Frame::Report,
        "open" => Frame::Open { objects: number("objects")? },
        "list" => Frame::List,
        "member" => Frame::Member(MemberRow {
            id: id("id")?,
            pid: u32::try_from(number("pid")?).ok()?,
            no_mail: flag("no_mail")?,
            objects: if body.get("objects")?.is_null() { None } else { Some(number("objects")?) },
        }),
        "listed" => Frame::Listed,
        "end" => Frame::End(EndRequest {
            shared: flag("shared")?,
            queue: match text("queue")?.as_str() {
                "wait" => QueueEnd::Wait(number("wait")?),
                "background" => QueueEnd::Background,
                "leave" => QueueEnd::Leave,
                _ => return None,
            },
        }),
        "account" => Frame::Account { piece: text("piece")? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Frame> {
        let id = || "0123abcd".to_owned();
        let row = |objects| MemberRow { id: id(), pid: u32::MAX, no_mail: true, objects };
        let end = |queue| Frame::End(EndRequest { shared: true, queue });
        let welcome =
            |closed_by| Frame::Welcome { profile: "Ä \"quoted\"".into(), epoch: u64::MAX, closed_by };
        vec![
            Frame::Hello(Role::Joiner { id: id(), no_mail: false }),
            Frame::Hello(Role::Member { id: id(), no_mail: true }),
            Frame::Hello(Role::Observer),
            welcome(None),
            welcome(Some(id())),
            Frame::Refused,
            Frame::OtherVersion,
            Frame::Close,
            Frame::Closed,
            Frame::Closing { by: id() },
            Frame::Report,
            Frame::Open { objects: 7 },
            Frame::List,
            Frame::Member(row(None)),
            Frame::Member(row(Some(3))),
            Frame::Listed,
            end(QueueEnd::Wait(60_000)),
            end(QueueEnd::Background),
            end(QueueEnd::Leave),
            Frame::Account { piece: "\u{1}\u{7f}ÿ".repeat(PIECE_CHARACTERS / 3) },
        ]
    }

    #[test]
    fn every_frame_comes_back_whole_and_in_pieces() {
        let mut all = Vec::new();
        for frame in samples() {
            let bytes = encode(&frame).unwrap();
            for cut in 0..bytes.len() {
                assert_eq!(take(&mut bytes[..cut].to_vec()), Ok(None), "{frame:?} cut at {cut}");
            }
            all.extend(bytes);
        }
        for frame in samples() {
            assert_eq!(take(&mut all), Ok(Some(frame)));
        }
        assert_eq!((take(&mut all), all.len()), (Ok(None), 0));
    }

    #[test]
    fn what_is_no_frame_is_refused_by_its_head_alone() {
        let head = |length: u32, version: u8| [&length.to_le_bytes()[..], &[version]].concat();
        assert_eq!(take(&mut head(u32::MAX, VERSION)), Err(Fault::TooLong));
        assert_eq!(take(&mut head(FRAME_LIMIT as u32 + 1, VERSION)), Err(Fault::TooLong));
        assert_eq!(take(&mut head(FRAME_LIMIT as u32, VERSION)), Ok(None));
        assert_eq!(take(&mut head(2, 2)), Err(Fault::Version));
        for body in ["", "{}", "[]", r#"{"is":"join","id":"../../etc","no_mail":false}"#, r#"{"is":7}"#] {
            let mut bytes = head(body.len() as u32, VERSION);
            bytes.extend(body.as_bytes());
            assert_eq!(take(&mut bytes), Err(Fault::Malformed), "{body}");
        }
        assert_eq!(encode(&Frame::Account { piece: "x".repeat(FRAME_LIMIT) }), None);
        assert!(encode(&Frame::Account { piece: "\u{1}".repeat(PIECE_CHARACTERS) }).is_some());
    }

    /// `MAPI_FRAMES` mutants (50,000 by default) of `MAPI_SEED`: whatever arrives, what is taken is a
    /// frame that can be said again, and what is kept stays bounded.
    #[test]
    fn no_damage_makes_the_reader_panic_or_keep_more_than_a_frame() {
        let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
        let (mutants, seed): (u64, u64) = (number("MAPI_FRAMES", 50_000), number("MAPI_SEED", 0x5EED_0034));
        let originals: Vec<Vec<u8>> = samples().iter().map(|frame| encode(frame).unwrap()).collect();
        let mut random = Random(seed);
        let (mut taken, mut refused, mut waiting) = (0_u64, 0_u64, 0_u64);
        for _ in 0..mutants {
            let mut bytes = damaged(&originals, &mut random);
            loop {
                let before = bytes.len();
                match take(&mut bytes) {
                    Ok(Some(frame)) => {
                        taken += 1;
                        assert!(bytes.len() < before);
                        let mut again = encode(&frame).expect("a frame that fitted fits again");
                        assert_eq!(take(&mut again), Ok(Some(frame)));
                    }
                    Ok(None) => {
                        waiting += 1;
                        assert!(bytes.len() < HEAD + FRAME_LIMIT, "{} bytes are kept", bytes.len());
                        break;
                    }
                    Err(_) => {
                        refused += 1;
                        break;
                    }
                }
            }
        }
        println!(
            "figure: damaged frames = {mutants}, seed {seed:#x}: {taken} frames read, {refused} refused, \
             {waiting} unfinished, 0 panics"
        );
        assert!(taken > 0 && refused > 0 && waiting > 0, "the damage is too small or too great");
        assert_eq!(refused + waiting, mutants);
    }

    /// One to three frames, damaged in up to four places.
    fn damaged(originals: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
        let pick = |random: &mut Random| originals[random.below(originals.len())].clone();
        let mut bytes = pick(random);
        for _ in 0..random.below(3) {
            bytes.extend(pick(random));
        }
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len().max(1));
            match random.below(8) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..(at + random.below(9)).min(bytes.len()))),
                2 => drop(bytes.splice(at..at, (0..random.below(9)).map(|_| b'"').collect::<Vec<_>>())),
                3 => {
                    let number = [0, 1, 4_096, 4_097, i32::MAX as u32, u32::MAX][random.below(6)];
                    bytes.iter_mut().zip(number.to_le_bytes()).for_each(|(byte, new)| *byte = new);
                }
                4 => bytes.extend(std::iter::repeat_n(b'[', random.below(300))),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << random.below(8);
                    }
                }
            }
        }
        bytes
    }

    /// Numbers that only look random (xorshift64*).
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
        }
    }
}
