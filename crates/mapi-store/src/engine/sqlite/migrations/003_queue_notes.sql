-- Version 3. What the next spooler has to know of a queued message.

-- Locks that ended neither by an unlock nor by the end of the message.
ALTER TABLE outq ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
-- Rests with somebody waiting.
ALTER TABLE outq ADD COLUMN passes INTEGER NOT NULL DEFAULT 0;
-- Failures in a row.
ALTER TABLE outq ADD COLUMN faults INTEGER NOT NULL DEFAULT 0;
-- FILETIME of the next attempt; 0: as soon as possible.
ALTER TABLE outq ADD COLUMN next INTEGER NOT NULL DEFAULT 0;
-- Why the message is set aside; empty where it is not.
ALTER TABLE outq ADD COLUMN aside TEXT NOT NULL DEFAULT '';
