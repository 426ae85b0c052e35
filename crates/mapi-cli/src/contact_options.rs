//! Options of `mapi contact` and `mapi list`. What the verbs do is `commands/contact.rs` and `resolve.rs`.

use clap::Subcommand;

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
    /// Remove people and lists from the personal address book
    Remove {
        /// Their names, addresses or entry identifiers
        #[arg(required = true)]
        names: Vec<String>,
    },
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
