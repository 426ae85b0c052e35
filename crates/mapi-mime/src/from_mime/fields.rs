//! The fields of one header as they stand in the bytes: name and raw value, nothing decoded.
//!
//! What a value says is read in `values.rs`; where headers begin and end is found in `entities.rs`.

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'x> {
    /// The name as written.
    pub(crate) name: &'x str,
    /// All lines of the field, with its name.
    pub(crate) lines: &'x [u8],
    /// The value with its folds, without the last line end.
    pub(crate) value: &'x [u8],
}

/// The fields of a header in their order; lines that are no field are passed over.
pub(crate) fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (lines, behind) = rest.split_at(field_end(rest));
            rest = behind;
            if let Some(field) = field(lines) {
                return Some(field);
            }
        }
        None
    })
}

/// The name of the field that a line begins, if it begins one.
pub(crate) fn field_name(line: &[u8]) -> Option<&str> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|byte| matches!(byte, 33..=126));
    if is_name { str::from_utf8(name).ok() } else { None }
}

fn field(lines: &[u8]) -> Option<Field<'_>> {
    let name = field_name(lines)?;
    let colon = memchr::memchr(b':', lines)?;
    let value = lines.get(colon.saturating_add(1)..)?.trim_ascii_end();
    Some(Field { name, lines, value })
}

/// Where the first field ends: before the first line that does not begin with white space.
fn field_end(header: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', header)
        .map(|place| place.saturating_add(1))
        .find(|next| !matches!(header.get(*next), Some(b' ' | b'\t')))
        .unwrap_or(header.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_belong_to_their_field() {
        let header = b"A: 1\r\n\t2\r\nno field\r\nB : x\nC:\nlast: y";
        let found: Vec<(&str, &[u8])> = fields(header).map(|field| (field.name, field.value)).collect();
        assert_eq!(found, [("A", &b" 1\r\n\t2"[..]), ("B", b" x"), ("C", b""), ("last", b" y")]);
        assert_eq!(fields(header).next().unwrap().lines, b"A: 1\r\n\t2\r\n");
    }
}
