//! `sequence`: UIDs as a command names them (RFC 9051 sequence-set).

/// The UIDs, neighbours joined.
pub(super) fn sequence(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}:{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn neighbours_are_joined() {
        assert_eq!(super::sequence(&[1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(super::sequence(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }
}
