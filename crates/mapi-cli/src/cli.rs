//! The command line: verbs, arguments and options. What the verbs do is in `commands/`.

use crate::account_options::Account;
use crate::contact_options::{Contact, List};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Outlook's message system, without Outlook.
#[derive(Parser, Debug)]
#[command(name = "mapi", version = VERSION, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The version with the schema numbers of the files it reads and writes.
///
/// One line each; `--json` takes it apart at its line ends, commas and spaces.
pub(crate) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nfeatures: store local smtp imap addrbook msg mime rtf\nschemas: profile 1, store 2"
);

/// Options that every verb takes.
#[derive(Args, Clone, Default, Debug)]
pub(crate) struct Global {
    /// One folder that holds everything; else MAPI_HOME, else the XDG folders
    #[arg(long, value_name = "DIR", env = "MAPI_HOME", global = true, hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,
    /// The profile; else the default one
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) profile: Option<String>,
    /// Print exactly one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print one JSON object a line on standard output
    #[arg(long, global = true, conflicts_with = "json")]
    pub(crate) jsonl: bool,
    /// Print no messages and no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Open stores and files so that nothing can be written
    #[arg(long, global = true)]
    pub(crate) read_only: bool,
    /// The store of this name, as an account brings one along; else the default store
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) store: Option<String>,
    /// Overwrite files that exist
    #[arg(long, global = true)]
    pub(crate) force: bool,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Convert files to another format
    Convert(Convert),
    /// Show a file: headers, best body, attachments
    Show {
        /// A .msg or .eml file, or - for standard input
        file: PathBuf,
    },
    /// Print every property of a file or of a store entry
    Props {
        /// A .msg or .eml file, - for standard input, or a path or entry identifier in the store
        file: PathBuf,
        /// Show longer values as their length and SHA-256
        #[arg(long, value_name = "N")]
        max_bytes: Option<usize>,
    },
    /// Say in what two files or store entries differ: exit code 0 where in nothing, else 1
    Diff(Diff),
    /// Say what is wrong with a file, and whether it can be repaired: exit code 65 where something is
    Check(Check),
    /// List the attachments of a file, or save them
    Attachments {
        /// A .msg or .eml file, or - for standard input
        file: PathBuf,
        /// Save them into this folder
        #[arg(long, short, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Say what a tag, a property name, a code or a GUID stands for
    Lookup {
        /// 0x0037, PR_SUBJECT, PidTagSubject, MAPI_E_LOGON_FAILED, 0x80040111, {GUID} …
        query: String,
    },
    /// Work on profiles
    #[command(subcommand)]
    Profile(Profile),
    /// Work on the message services of a profile, and of this computer
    #[command(subcommand)]
    Service(Service),
    /// Work on the mail accounts of a profile
    #[command(subcommand)]
    Account(Account),
    /// Work on people and distribution lists of the address books
    #[command(subcommand)]
    Contact(Contact),
    /// Say which entry of the address books a name stands for
    Resolve {
        /// The name, a part of it, or an address
        name: String,
    },
    /// Look into distribution lists
    #[command(subcommand)]
    List(List),
    /// Say what is configured, what would fail and why, and what waits
    Doctor,
    /// Work on stores
    #[command(subcommand)]
    Store(Store),
    /// List folders and messages
    Ls {
        /// /Inbox/Project A, or an entry identifier
        #[arg(default_value = "/")]
        path: String,
    },
    /// Print a message
    Cat {
        /// /Inbox/Subject, or an entry identifier
        path: String,
    },
    /// Print what happens in the store, by whichever program, as it happens
    ///
    /// With --json one object a line: the first is {"event":"watching"}, then for each event
    /// {"event":"created|deleted|modified|moved|copied|new_mail","kind":"folder|message|store","entry_id":"…",
    /// "parent_id":"…","old_parent_id":"…" of what moved, "subject" or "name" of what is still there}. An event
    /// "modified" of the store stands for everything that was missed. The last line on standard error is the
    /// account of the session's end.
    Watch(Watch),
    /// Create a folder
    Mkdir {
        /// /Inbox/Project A
        path: String,
        /// Create the folders above as well, and none that exists
        #[arg(long, short)]
        parents: bool,
    },
    /// Move folders and messages
    Mv(Transfer),
    /// Copy folders and messages
    Cp(Transfer),
    /// Delete folders and messages
    Rm {
        /// What to delete
        #[arg(required = true)]
        paths: Vec<String>,
        /// Delete a folder with everything in it
        #[arg(long, short)]
        recursive: bool,
        /// Delete for good, not to be restored
        #[arg(long)]
        hard: bool,
    },
    /// Bring files into the store
    Import {
        /// .msg and .eml files, mbox files and Maildirs
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The folder they go to
        #[arg(long, value_name = "PATH", default_value = "/Inbox")]
        to: String,
    },
    /// Write messages of the store into files
    Export {
        /// A folder, a message or an entry identifier
        path: String,
        /// The folder the files go to
        #[arg(long, short, value_name = "DIR", default_value = ".")]
        output: PathBuf,
        /// The format
        #[arg(long, value_enum, default_value_t = Format::Eml)]
        to: Format,
    },
    /// Send messages
    Send(Box<Send>),
    /// Take a message from standard input into the queue, as cron, mutt and git expect of sendmail
    ///
    /// The same under the name sendmail, by a link. -t takes the recipients of the message, -i lets a line of one
    /// dot be, -f names the sender, -odi waits. The exit code is one of sysexits, and 0 once the message is in
    /// the queue; `mapi spool` sends it, and is started where none runs.
    Sendmail {
        /// [-t] [-i] [-f ADDRESS] [-F NAME] [ADDRESS…]
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION|ADDRESS")]
        arguments: Vec<String>,
    },
    /// Take what waits at the mail servers into the stores of the accounts; it stays at the servers as well
    ///
    /// Each message arrives once, however often this is interrupted or repeated. Exit code 75 where some is left
    /// when the time is over.
    Fetch(Fetch),
    /// Take messages that a mail server hands over, or one on standard input, into the Inbox
    ///
    /// A server is answered once the store has the message. With --jsonl the first line is
    /// {"event":"listening","address":"…"}. Without --lmtp and --smtp one message is read from standard input, as
    /// a pipe of a mail server writes it; exit code 75 keeps it in that server's queue.
    Receive(Receive),
    /// Look at the outgoing queue
    #[command(subcommand)]
    Queue(Queue),
    /// Start, list and end sessions that others may join
    #[command(subcommand)]
    Session(Session),
    /// Send and fetch the mail of every profile, or of the one named, until it is ended
    ///
    /// One for each home. With --json one object a line: {"event":"ready","pid":…,"profiles":[…]}, then for
    /// each profile {"event":"logged_on"|"queue"|"ended"|"failed"|"restarting","profile":"…",…}; "queue" has
    /// "sent", "queued", "in_doubt" and "refused". SIGTERM and SIGINT end it in order, with exit code 0.
    Spool(Spool),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Explain a verb, or an error code
    Help {
        /// A verb, or the word error
        topic: Option<String>,
        /// The code: MAPI_E_NOT_FOUND or 0x8004010F
        code: Option<String>,
    },
}

/// `convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// .msg or .eml files, or - for standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Eml)]
    pub(crate) to: Format,
    /// A folder, a file, or - for standard output
    #[arg(long, short, value_name = "DIR|FILE|-")]
    pub(crate) output: Option<PathBuf>,
    /// What to do where something cannot be carried over
    #[arg(long, value_enum, default_value_t = Loss::Warn)]
    pub(crate) loss: Loss,
}

/// `diff`.
#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// A .msg or .eml file, - for standard input, or a path or entry identifier in the store
    #[arg(value_name = "A")]
    pub(crate) left: PathBuf,
    /// What to compare it with
    #[arg(value_name = "B")]
    pub(crate) right: PathBuf,
    /// Show longer values as their length and SHA-256
    #[arg(long, value_name = "N")]
    pub(crate) max_bytes: Option<usize>,
}

/// `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// A .msg, .eml or winmail.dat file, or - for standard input
    pub(crate) file: PathBuf,
    /// Write everything that can be read into a new file of its kind
    #[arg(long, requires = "output")]
    pub(crate) repair: bool,
    /// The new file
    #[arg(long, short, value_name = "FILE", requires = "repair")]
    pub(crate) output: Option<PathBuf>,
}

/// Formats that can be written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// Internet mail
    Eml,
    /// The HTML body
    Html,
    /// The body as plain text
    Txt,
    /// Every property
    Json,
    /// An Outlook message file
    Msg,
    /// winmail.dat: not written yet
    Tnef,
    /// A calendar entry: not written yet
    Ics,
    /// A vCard of a contact or a distribution list
    Vcf,
}

impl Format {
    /// The file name ending.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Eml => "eml",
            Self::Html => "html",
            Self::Txt => "txt",
            Self::Json => "json",
            Self::Msg => "msg",
            Self::Tnef => "dat",
            Self::Ics => "ics",
            Self::Vcf => "vcf",
        }
    }
}

/// What to do about losses.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// Say so
    Warn,
    /// Fail with exit code 65
    Fail,
}

/// `profile`.
#[derive(Subcommand, Debug)]
pub(crate) enum Profile {
    /// List the profiles
    List,
    /// Create a profile with the embedded services
    Create {
        /// Its name
        name: String,
    },
    /// Show what a profile is made of
    Show {
        /// Its name; else the default profile
        name: Option<String>,
    },
    /// Copy a profile
    Copy {
        /// The profile
        from: String,
        /// The new name
        to: String,
    },
    /// Rename a profile
    Rename {
        /// The profile
        from: String,
        /// The new name
        to: String,
    },
    /// Delete a profile
    Delete {
        /// The profile
        name: String,
    },
    /// Say which profile is the default, or choose it
    Default {
        /// The profile
        name: Option<String>,
    },
    /// Write a profile as one JSON document, without its secrets
    Export {
        /// The profile; else the default one
        name: Option<String>,
        /// The file, or - for standard output
        #[arg(long, short, value_name = "FILE|-", default_value = "-")]
        output: PathBuf,
        /// Write the passwords too, into a new file of their own that nobody else can read
        #[arg(long, value_name = "FILE")]
        passwords: Option<PathBuf>,
    },
    /// Make a profile of an exported document
    Import {
        /// The document, or - for standard input
        file: PathBuf,
        /// The new profile's name; else the one in the document
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Take over programs to be run and files outside the profile as well
        #[arg(long)]
        trust: bool,
        /// The file of passwords that was written with it
        #[arg(long, value_name = "FILE")]
        passwords: Option<PathBuf>,
    },
}

/// `service`.
#[derive(Subcommand, Debug)]
pub(crate) enum Service {
    /// List the services of the profile
    List {
        /// List the services that could be added
        #[arg(long)]
        available: bool,
    },
    /// Add a service to the profile
    Add {
        /// Its name, as `service list --available` shows it
        name: String,
        /// Settings; a secret is named without a value and read from standard input
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Configure a service of the profile; without settings, show what it has
    Configure {
        /// Its name or UID
        name: String,
        /// Settings, by their name, PR_ name or tag; a secret is named without a value and read from
        /// standard input
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Remove a service from the profile
    Remove {
        /// Its name or UID
        name: String,
    },
    /// Show or set the order in which transports are offered mail
    Order {
        /// The services, first to last; those that are not named follow as they are
        names: Vec<String>,
    },
    /// Put the services of a library on this computer, for this user
    Install {
        /// The library's file, or its name in the providers' folder
        library: String,
    },
    /// Take a service from this computer again; the service may refuse
    Uninstall {
        /// Its name
        name: String,
    },
}

/// `store`.
#[derive(Subcommand, Debug)]
pub(crate) enum Store {
    /// Create a store file
    Create {
        /// The file
        file: PathBuf,
        /// The name people see
        #[arg(long, default_value = "Personal Folders")]
        name: String,
    },
    /// Check a store file, the default store where none is named
    Check {
        /// The file
        file: Option<PathBuf>,
    },
}

/// `session`.
#[derive(Subcommand, Debug)]
pub(crate) enum Session {
    /// Log on and stay, so that others may join; print the session's identity
    Start {
        /// Without transports and spooler
        #[arg(long)]
        no_mail: bool,
        /// Stay in this very process
        #[arg(long)]
        foreground: bool,
        /// Let go of the terminal once the session is there
        #[arg(long, hide = true, requires = "foreground")]
        detached: bool,
    },
    /// List the members of shared sessions
    List,
    /// End a session that `session start` keeps, and print its closing account
    End {
        /// Its identity; else the only one there is
        id: Option<String>,
        /// Ask every other member to log off as well
        #[arg(long)]
        shared: bool,
        #[command(flatten)]
        way: QueueWay,
    },
}

/// What becomes of mail that waits.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct QueueWay {
    /// Send it first, for at most this long (60s, 5m); the default
    #[arg(long, value_name = "TIME")]
    pub(crate) wait: Option<String>,
    /// Wait for nothing: what is ready to go goes by itself
    #[arg(long)]
    pub(crate) background: bool,
    /// Leave it in the queue
    #[arg(long)]
    pub(crate) leave: bool,
}

/// `spool`.
#[derive(Args, Debug)]
pub(crate) struct Spool {
    /// Have it started with each login, by a unit of systemd
    #[arg(long, conflicts_with = "uninstall")]
    pub(crate) install: bool,
    /// Take that unit away again
    #[arg(long)]
    pub(crate) uninstall: bool,
    /// Let go of the terminal once it works
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    /// Work for one profile, as long as this process is there
    #[arg(long, hide = true, value_name = "PID")]
    pub(crate) worker: Option<u32>,
}

/// `mv` and `cp`.
#[derive(Args, Debug)]
pub(crate) struct Transfer {
    /// What, and last where to
    #[arg(required = true, num_args = 2..)]
    pub(crate) paths: Vec<String>,
}

/// `watch`.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// A folder or a message; else the whole store
    #[arg(default_value = "/")]
    pub(crate) path: String,
    /// End after so many events
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// End after this time (60s, 5m); with --count, fail unless there were so many by then
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
}

/// `queue`.
#[derive(Subcommand, Debug)]
pub(crate) enum Queue {
    /// List what waits to be sent
    List,
    /// Show one message that waits
    Show {
        /// Its entry identifier
        entry_id: String,
    },
    /// Send what waits now, whatever it waits for
    Flush {
        /// For at most this long (60s, 5m)
        #[arg(long, value_name = "TIME", default_value = "60s")]
        wait: String,
    },
    /// Keep messages from being sent until they are released
    Hold {
        /// Their entry identifiers
        #[arg(required = true)]
        entry_ids: Vec<String>,
    },
    /// Let messages go that were held, or that the spooler has set aside
    Release {
        /// Their entry identifiers
        #[arg(required = true)]
        entry_ids: Vec<String>,
    },
    /// Take a message back; it stays where it is and can be changed
    Cancel {
        /// Its entry identifier
        entry_id: String,
    },
}

/// `fetch`.
#[derive(Args, Debug)]
pub(crate) struct Fetch {
    /// The accounts, by the name or UID that `mapi service list` shows; else all
    pub(crate) accounts: Vec<String>,
    /// For at most this long (60s, 5m)
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(crate) wait: String,
}

/// `receive`.
#[derive(Args, Debug)]
pub(crate) struct Receive {
    /// Listen for LMTP: 127.0.0.1:2424, or the path of a socket
    #[arg(long, value_name = "ADDRESS|PATH", conflicts_with = "smtp")]
    pub(crate) lmtp: Option<String>,
    /// Listen for SMTP: 127.0.0.1:2525, or the path of a socket
    #[arg(long, value_name = "ADDRESS|PATH")]
    pub(crate) smtp: Option<String>,
    /// End after so many messages
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Take the mail of this address alone; may be given several times
    #[arg(long = "for", value_name = "ADDRESS")]
    pub(crate) recipients: Vec<String>,
    /// The sender of the envelope, of a message on standard input
    #[arg(long, short, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
}

/// `send`.
#[derive(Args, Debug)]
pub(crate) struct Send {
    /// .msg or .eml files
    pub(crate) files: Vec<PathBuf>,
    /// A recipient
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Vec<String>,
    /// A recipient of a copy
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) cc: Vec<String>,
    /// A recipient that the others do not see
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bcc: Vec<String>,
    /// The sender
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// The subject
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// The body, or - for standard input
    #[arg(long, value_name = "TEXT|-")]
    pub(crate) body: Option<String>,
    /// An HTML body
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// A file to attach
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// A header of your own
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    #[command(flatten)]
    pub(crate) way: QueueWay,
}
