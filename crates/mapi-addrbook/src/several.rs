//! Several values as one: each four octets of its length, lowest first, and its octets.

/// Puts values together; one too long for its length to be written is empty.
pub(crate) fn write<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        // A value that long does not fit into memory beside the others.
        bytes.extend_from_slice(&u32::try_from(value.len()).unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(value);
    }
    bytes
}

/// The values; what is damaged, and what comes after it, is left out.
pub(crate) fn read(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (value, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(value)
    })
}

/// The values as texts.
pub(crate) fn texts(bytes: &[u8]) -> Vec<String> {
    read(bytes).map_while(|value| str::from_utf8(value).ok().map(str::to_owned)).collect()
}
