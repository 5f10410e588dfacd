-- A code that answers a letter holds for the address that it was mailed to, and for no other: its keyed digest.
ALTER TABLE bailee.mailbox_act ADD COLUMN code_to text NOT NULL DEFAULT '';
