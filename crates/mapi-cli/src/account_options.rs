//! Options of `mapi account`. What the verbs do is `commands/account.rs`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `account`.
#[derive(Subcommand, Debug)]
pub(crate) enum Account {
    /// List the accounts of the profile
    List {
        /// Give services that have no account one first, and remove accounts whose services are gone
        #[arg(long)]
        sync: bool,
    },
    /// Add an account: find its servers, try them, and make the services it needs
    Add(Box<Add>),
    /// Show an account
    Show {
        /// Its number, name or address
        account: String,
    },
    /// Change an account; its servers are tried first
    Set {
        /// Its number, name or address
        account: String,
        /// Settings; password is named without a value and read from standard input
        #[arg(value_name = "KEY=VALUE", required = true)]
        settings: Vec<String>,
        /// Do not try the servers
        #[arg(long)]
        no_test: bool,
    },
    /// Remove an account with its services; mail stays
    Remove {
        /// Its number, name or address
        account: String,
    },
    /// Show or set the order of mail accounts; the first is the default
    Order {
        /// The accounts, first to last; those that are not named follow as they are
        accounts: Vec<String>,
    },
}

/// `account add`.
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// The mail address; of a directory its server, or a mail address whose domain names it
    pub(crate) address: String,
    /// What the account is called; else the address
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The person's name on outgoing mail
    #[arg(long, value_name = "NAME")]
    pub(crate) display_name: Option<String>,
    /// How mail is fetched; else as the servers that are found say. An address book is ldap
    #[arg(long, visible_alias = "type", value_enum)]
    pub(crate) protocol: Option<Protocol>,
    /// The server mail is fetched from, or the directory
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) incoming: Option<String>,
    /// How that is encrypted
    #[arg(long, value_enum)]
    pub(crate) incoming_security: Option<Security>,
    /// The server mail is handed to
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) outgoing: Option<String>,
    /// How that is encrypted
    #[arg(long, value_enum)]
    pub(crate) outgoing_security: Option<Security>,
    /// The user's name at the servers; else as they are known to want it
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Take the servers from a provider's autoconfig file
    #[arg(long, value_name = "FILE")]
    pub(crate) autoconfig: Option<PathBuf>,
    /// Ask this name server in place of the system's which servers there are
    #[arg(long, value_name = "ADDRESS[:PORT]", conflicts_with = "no_dns")]
    pub(crate) name_server: Option<String>,
    /// Ask no name server
    #[arg(long)]
    pub(crate) no_dns: bool,
    /// Take servers of another domain, too, where the DNS names them
    #[arg(long)]
    pub(crate) accept_servers: bool,
    /// Of a directory, the name below which everything is; else what it names first
    #[arg(long, value_name = "NAME")]
    pub(crate) base: Option<String>,
    /// Read the password from standard input, a line
    #[arg(long, conflicts_with = "password_command")]
    pub(crate) password: bool,
    /// A program with its arguments that says the password, parted by spaces or as a JSON array
    #[arg(long, value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,
    /// Nobody logs on at the outgoing server
    #[arg(long)]
    pub(crate) no_login: bool,
    /// A PEM file of authorities to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) authorities: Option<PathBuf>,
    /// Do not try the servers
    #[arg(long)]
    pub(crate) no_test: bool,
}

/// How mail is fetched.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protocol {
    /// It stays at the server, and is seen here
    Imap,
    /// It comes here
    Pop3,
    /// Not at all: the account only sends
    None,
    /// It is no mail, but an address book
    Ldap,
}

/// How a connection is encrypted.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Security {
    /// From the first byte
    Tls,
    /// By STARTTLS, or not at all
    Starttls,
    /// By STARTTLS where it is offered
    Opportunistic,
    /// Never
    Plain,
}
