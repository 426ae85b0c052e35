-- Version 2. What a table has to know of a change to tell its rows.

-- Of a message: message.view of the table that it is seen in, before or after.
ALTER TABLE change ADD COLUMN view INTEGER NOT NULL DEFAULT 0;
-- 1: the counters of the folder changed with it, after a move those of both.
ALTER TABLE change ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
