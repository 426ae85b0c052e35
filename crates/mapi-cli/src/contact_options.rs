//! Options of `mapi contact` and `mapi list`. What the verbs do is `commands/contact.rs` and `resolve.rs`.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// `contact`.
#[derive(Subcommand, Debug)]
pub(crate) enum Contact {
    /// List the people and lists of the address books
    List,
    /// Add a person or a distribution list to the personal address book
    Add {
        /// The name
        name: String,
        /// The address; of a list its members, by name or address
        #[arg(required = true)]
        addresses: Vec<String>,
        /// Make a distribution list
        #[arg(long)]
        list: bool,
    },
    /// Put the cards of vCard files into the personal address book; a card that is there is changed
    Import {
        /// The files, or - for standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write people and lists as vCards
    Export {
        /// Their names, addresses or entry identifiers; without one the whole personal address book
        names: Vec<String>,
        /// The file, or - for standard output; a folder, or a name that ends in /, gets a file for each
        #[arg(short, long, default_value = "-")]
        output: PathBuf,
        /// The version of the format
        #[arg(long = "vcard", value_name = "VERSION", default_value = "3.0")]
        version: CardVersion,
    },
    /// Show what is known of a person or a list
    Show {
        /// The name, address or entry identifier
        name: String,
        /// As the dialog of its address book has it, page by page
        #[arg(long)]
        details: bool,
    },
    /// Remove people and lists from the personal address book
    Remove {
        /// Their names, addresses or entry identifiers
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// Versions of vCard that are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CardVersion {
    /// 3.0, which most programs read
    #[value(name = "3.0")]
    V3,
    /// 4.0
    #[value(name = "4.0")]
    V4,
}

/// `list`.
#[derive(Subcommand, Debug)]
pub(crate) enum List {
    /// Say which people a distribution list stands for, lists within it taken apart
    Expand {
        /// Its name or entry identifier
        name: String,
    },
}
