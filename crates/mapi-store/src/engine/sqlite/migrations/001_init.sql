-- Version 1. Column units and the packed blobs are drawn in docs/store-schema.md.

CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid BLOB NOT NULL,                -- 16 bytes, PR_RECORD_KEY of the store
    name TEXT NOT NULL,               -- PR_DISPLAY_NAME
    created INTEGER NOT NULL,         -- FILETIME
    change_no INTEGER NOT NULL,
    props BLOB NOT NULL               -- packed properties
) STRICT;

CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guard INTEGER NOT NULL,           -- random, repeated in the entry identifier
    parent INTEGER NOT NULL,          -- folder.id; 0 for the root
    kind INTEGER NOT NULL,            -- PR_FOLDER_TYPE: 0 root, 1 generic, 2 search
    name TEXT NOT NULL,               -- PR_DISPLAY_NAME
    name_key TEXT NOT NULL,           -- the name in lower case; names are unique without regard to case
    deleted INTEGER NOT NULL,         -- 1: soft-deleted
    created INTEGER NOT NULL,         -- FILETIME
    modified INTEGER NOT NULL,        -- FILETIME
    change_no INTEGER NOT NULL,
    props BLOB NOT NULL               -- packed properties
) STRICT;
CREATE UNIQUE INDEX folder_by_name ON folder (parent, name_key) WHERE deleted = 0;

-- Counters that every change of a folder's contents keeps in its own transaction; nothing counts rows.
CREATE TABLE folderstat (
    folder INTEGER PRIMARY KEY,
    total INTEGER NOT NULL,           -- messages, associated and soft-deleted ones left out
    unread INTEGER NOT NULL,          -- of these without MSGFLAG_READ
    assoc INTEGER NOT NULL,           -- associated messages
    size INTEGER NOT NULL,            -- bytes of both
    changed INTEGER NOT NULL          -- change.seq of the last change of the contents
) STRICT;

-- Which folder plays which part (Inbox, Outbox ...).
CREATE TABLE special (
    role INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guard INTEGER NOT NULL,           -- random, repeated in the entry identifier
    folder INTEGER NOT NULL,          -- folder.id; of an embedded message attach.id
    view INTEGER NOT NULL,            -- 0 normal, 1 associated, 2 and 3 the same soft-deleted, 4 embedded
    delivered INTEGER NOT NULL,       -- sort key: PR_MESSAGE_DELIVERY_TIME as FILETIME, smallest number for none
    flags INTEGER NOT NULL,           -- PR_MESSAGE_FLAGS without what is computed
    status INTEGER NOT NULL,          -- PR_MSG_STATUS
    size INTEGER NOT NULL,            -- PR_MESSAGE_SIZE in bytes
    created INTEGER NOT NULL,         -- FILETIME
    modified INTEGER NOT NULL,        -- FILETIME
    change_no INTEGER NOT NULL,
    props BLOB NOT NULL,              -- packed properties of at most 1 KiB each
    recipients BLOB NOT NULL,         -- packed rows
    rest BLOB NOT NULL                -- packed properties above 1 KiB; above 16 KiB a reference to a stream
) STRICT;
CREATE INDEX message_by_delivery ON message (folder, view, delivered, id);

CREATE TABLE attach (
    id INTEGER PRIMARY KEY,           -- message.id * 2^20 + PR_ATTACH_NUM
    embedded INTEGER NOT NULL,        -- message.id of the embedded message, or 0
    size INTEGER NOT NULL,            -- PR_ATTACH_SIZE in bytes
    props BLOB NOT NULL               -- packed properties; above 64 KiB a reference to a stream
) STRICT;

CREATE TABLE stream (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,           -- stream.id * 2^24 + number of the chunk from 0
    data BLOB NOT NULL                -- 65,536 bytes, the last one fewer
) STRICT;

CREATE TABLE named (
    id INTEGER PRIMARY KEY,           -- 0x8000 to 0xFFFE
    set_uid BLOB NOT NULL,            -- 16 bytes
    number INTEGER NOT NULL,          -- MNID_ID, or -1
    text TEXT NOT NULL,               -- MNID_STRING, or empty
    UNIQUE (set_uid, number, text)
) STRICT;

CREATE TABLE receive (
    class_key TEXT PRIMARY KEY,       -- the class in upper case; empty for the default
    class TEXT NOT NULL,
    folder INTEGER NOT NULL,
    modified INTEGER NOT NULL         -- FILETIME
) STRICT, WITHOUT ROWID;

CREATE TABLE outq (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of submission
    message INTEGER NOT NULL UNIQUE,
    lock INTEGER NOT NULL,            -- epoch of the spooler logon that locked it, or 0
    submit_flags INTEGER NOT NULL,    -- PR_SUBMIT_FLAGS without SUBMITFLAG_LOCKED
    spooler_status INTEGER NOT NULL   -- PR_SPOOLER_STATUS
) STRICT;

-- One row for each delivery ever made, so that a repeated delivery changes nothing.
CREATE TABLE delivery (
    search_key BLOB PRIMARY KEY,
    message INTEGER NOT NULL,
    guard INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, for those who watch; trimmed by number.
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL,           -- one fnev* bit
    kind INTEGER NOT NULL,            -- PR_OBJECT_TYPE: 1 store, 3 folder, 5 message
    object INTEGER NOT NULL,
    guard INTEGER NOT NULL,           -- of the object
    folder INTEGER NOT NULL,
    old_folder INTEGER NOT NULL       -- before a move, else 0
) STRICT;

-- The epoch that the next spooler logon takes.
CREATE TABLE epoch (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    spooler INTEGER NOT NULL
) STRICT;
