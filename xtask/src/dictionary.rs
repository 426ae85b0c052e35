//! `data/*.tsv` as rows: properties, codes and GUIDs, read and checked.
//!
//! Not the Rust made of them: that is in `codegen`. A file has comment lines (`#`), one line of
//! column names, and rows of exactly as many cells.

use std::collections::HashSet;
use std::path::Path;

/// One property of `data/tags.tsv`.
pub(crate) struct Property {
    /// Canonical name (`PidTagSubject`), or the header's name where the reference has no page.
    pub(crate) name: String,
    /// The names in headers and on pages, the most usual first.
    pub(crate) aliases: Vec<String>,
    /// The identifier; `None` for named properties and where no public source gives one.
    pub(crate) id: Option<u16>,
    /// `PT_UNICODE`, or a number such as `0x00FD`.
    pub(crate) ptype: String,
    pub(crate) kind: Kind,
    /// The name of the property set, for named properties.
    pub(crate) set: String,
    /// LID or text, for named properties.
    pub(crate) key: String,
    pub(crate) area: String,
    pub(crate) source: String,
}

/// How a property is addressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// By a fixed identifier.
    Tag,
    /// By a property set and a number.
    Lid,
    /// By a property set and a text.
    Name,
    /// By an identifier of the Account Management API, which has its own number space.
    Account,
}

/// One code of `data/codes.tsv`.
pub(crate) struct Code {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) value: u32,
    pub(crate) kind: CodeKind,
    pub(crate) meaning: String,
    pub(crate) hint: String,
    pub(crate) source: String,
}

/// Which family of numbers a code belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum CodeKind {
    /// A plain success, such as `S_FALSE`.
    Success,
    /// A success that says something: bit 31 clear.
    Warning,
    /// A failure: bit 31 set.
    Error,
    /// Simple MAPI's small numbers.
    Simple,
}

/// One GUID of `data/guids.tsv`.
pub(crate) struct GuidRow {
    pub(crate) name: String,
    /// The four written fields: eight, four, four and sixteen hex digits.
    pub(crate) fields: [String; 4],
    pub(crate) kind: String,
    pub(crate) source: String,
    pub(crate) note: String,
}

/// All three files.
pub(crate) struct Dictionary {
    pub(crate) properties: Vec<Property>,
    pub(crate) codes: Vec<Code>,
    pub(crate) guids: Vec<GuidRow>,
}

impl Dictionary {
    /// Reads `data/` below the repository's root.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let properties =
            rows(root, "tags.tsv", 11)?.iter().map(|row| property(row)).collect::<Result<_, _>>()?;
        let codes = rows(root, "codes.tsv", 7)?.iter().map(|row| code(row)).collect::<Result<_, _>>()?;
        let guids = rows(root, "guids.tsv", 5)?.iter().map(|row| guid(row)).collect::<Result<_, _>>()?;
        let dictionary = Self { properties, codes, guids };
        dictionary.check()?;
        Ok(dictionary)
    }

    /// The GUID of a property set.
    pub(crate) fn set(&self, name: &str) -> Option<&GuidRow> {
        self.guids.iter().find(|row| row.name == name && row.kind == "property-set")
    }

    fn check(&self) -> Result<(), String> {
        for property in &self.properties {
            let named = matches!(property.kind, Kind::Lid | Kind::Name);
            if named && self.set(&property.set).is_none() {
                return Err(format!(
                    "{}: property set {:?} is not in guids.tsv",
                    property.name, property.set
                ));
            }
            if named && property.id.is_some() {
                return Err(format!("{}: a named property has no fixed identifier", property.name));
            }
        }
        let mut seen = HashSet::new();
        for name in self.codes.iter().map(|row| &row.name).chain(self.guids.iter().map(|row| &row.name)) {
            if !seen.insert(name) {
                return Err(format!("{name} stands twice"));
            }
        }
        Ok(())
    }
}

pub(crate) fn rows(root: &Path, file: &str, columns: usize) -> Result<Vec<Vec<String>>, String> {
    let path = root.join("data").join(file);
    let text = std::fs::read_to_string(&path).map_err(|fault| format!("data/{file}: {fault}"))?;
    split(&text, columns).map_err(|fault| format!("data/{file}: {fault}"))
}

fn split(text: &str, columns: usize) -> Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    for (number, line) in lines.skip(1) {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        if cells.len() != columns {
            return Err(format!("line {}: {} cells instead of {columns}", number + 1, cells.len()));
        }
        rows.push(cells);
    }
    Ok(rows)
}

fn property(row: &[String]) -> Result<Property, String> {
    let kind = match row[4].as_str() {
        "tag" => Kind::Tag,
        "lid" => Kind::Lid,
        "name" => Kind::Name,
        "account" => Kind::Account,
        other => return Err(format!("{}: unknown kind {other:?}", row[0])),
    };
    let id = match row[2].as_str() {
        "" => None,
        text => Some(u16::try_from(hex(text)?).map_err(|_| format!("{}: identifier too large", row[0]))?),
    };
    if row[9].is_empty() {
        return Err(format!("{}: no source", row[0]));
    }
    Ok(Property {
        name: row[0].clone(),
        aliases: list(&row[1]),
        id,
        ptype: row[3].clone(),
        kind,
        set: row[5].clone(),
        key: row[6].clone(),
        area: row[7].clone(),
        source: row[9].clone(),
    })
}

fn code(row: &[String]) -> Result<Code, String> {
    let value = hex(&row[2])?;
    let kind = match row[3].as_str() {
        "success" => CodeKind::Success,
        "warning" => CodeKind::Warning,
        "error" => CodeKind::Error,
        "simple" => CodeKind::Simple,
        other => return Err(format!("{}: unknown kind {other:?}", row[0])),
    };
    if (kind == CodeKind::Error) != (value & 0x8000_0000 != 0) {
        return Err(format!("{}: bit 31 does not fit the kind", row[0]));
    }
    if row[4].is_empty() || row[6].is_empty() {
        return Err(format!("{}: no meaning or no source", row[0]));
    }
    Ok(Code {
        name: row[0].clone(),
        aliases: list(&row[1]),
        value,
        kind,
        meaning: row[4].clone(),
        hint: row[5].clone(),
        source: row[6].clone(),
    })
}

fn guid(row: &[String]) -> Result<GuidRow, String> {
    let parts: Vec<&str> = row[1].trim_matches(['{', '}']).split('-').collect();
    let hex_only = row[1].chars().filter(|c| c.is_ascii_hexdigit()).count() == 32;
    if parts.iter().map(|part| part.len()).ne([8, 4, 4, 4, 12]) || !hex_only {
        return Err(format!("{}: {} is no GUID", row[0], row[1]));
    }
    Ok(GuidRow {
        name: row[0].clone(),
        fields: [parts[0].into(), parts[1].into(), parts[2].into(), format!("{}{}", parts[3], parts[4])],
        kind: row[2].clone(),
        source: row[3].clone(),
        note: row[4].clone(),
    })
}

fn list(cell: &str) -> Vec<String> {
    cell.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn hex(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").ok_or_else(|| format!("{text:?} does not begin with 0x"))?;
    u32::from_str_radix(digits, 16).map_err(|_| format!("{text:?} is no hexadecimal number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary() -> Dictionary {
        Dictionary::read(&crate::root()).unwrap()
    }

    /// The pages whose file name begins with `stem`, over all rows.
    fn pages(dictionary: &Dictionary, stem: &str) -> HashSet<String> {
        let sources = dictionary.properties.iter().flat_map(|row| row.source.split(';'));
        sources.filter(|source| source.starts_with(stem)).map(str::to_owned).collect()
    }

    /// The reference has 635 pages `pidtag…-canonical-property.md` and three more with other endings.
    #[test]
    fn every_page_of_the_reference_is_covered() {
        let dictionary = dictionary();
        let tags = pages(&dictionary, "pidtag");
        let regular = tags.iter().filter(|page| page.ends_with("-canonical-property.md")).count();
        assert_eq!((regular, tags.len()), (635, 638));
        assert_eq!(pages(&dictionary, "pidlid").len(), 278);
        assert_eq!(pages(&dictionary, "pidname").len(), 51);
        assert_eq!(pages(&dictionary, "auxiliary/pid").len(), 4);
    }

    #[test]
    fn one_row_a_page() {
        let dictionary = dictionary();
        let with_page = dictionary.properties.iter().filter(|row| row.source.starts_with("pid"));
        let names: Vec<&str> = with_page.map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), 638 + 278 + 51);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    }

    /// PidTagOrgEmailAddress: its page leaves the identifier open, and no header has the name.
    #[test]
    fn one_page_alone_has_no_tag() {
        let without: Vec<String> = dictionary()
            .properties
            .into_iter()
            .filter(|row| row.id.is_none() && row.kind == Kind::Tag)
            .map(|row| row.name)
            .collect();
        assert_eq!(without, ["PidTagOrgEmailAddress"]);
    }

    #[test]
    fn rows_are_refused_when_they_do_not_fit() {
        assert!(split("a\tb\n1\t2\n1\n", 2).unwrap_err().contains("line 3"));
        let code_row = |cells: [&str; 7]| code(&cells.map(str::to_owned)).err();
        assert!(code_row(["E_X", "", "0x1", "error", "m", "", "s"]).unwrap().contains("bit 31"));
        assert!(code_row(["E_X", "", "80000001", "error", "m", "", "s"]).unwrap().contains("0x"));
        assert_eq!(code_row(["E_X", "", "0x80000001", "error", "m", "", "s"]), None);
        let guid_row = |text: &str| guid(&["N", text, "class", "s", ""].map(str::to_owned)).err();
        assert!(guid_row("{00020328-0000-0000-C000-00000000004}").is_some());
        assert_eq!(guid_row("{00020328-0000-0000-C000-000000000046}"), None);
    }
}
