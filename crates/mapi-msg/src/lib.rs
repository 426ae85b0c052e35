//! Reading and writing .msg files: IMessage on structured storage.
#![forbid(unsafe_code)]
