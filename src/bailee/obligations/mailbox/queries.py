"""The SQL of acts from a mailbox, by name. Every statement carries the controller."""

ASK = """
INSERT INTO bailee.mailbox_act
    (controller_id, act_id, notice_id, act, secret_digest, content, state, choice, asked_at, until_at, done_by, coded,
     code_tries, codes, sealed, sealed_under)
VALUES ($1, $2, $3, $4, $5, $6, 'open', '', $7, $8, '', $9, 0, 0, $10, $11)
"""
FIND = """
SELECT act_id, notice_id, act, secret_digest, content, state, choice, asked_at, until_at, done_at, done_by, coded,
    code_digest, code_until, code_tries, code_to, codes, sealed,
    sealed_under
FROM bailee.mailbox_act WHERE controller_id = $1 AND act_id = $2
"""
LOCK = """
SELECT act_id, notice_id, act, secret_digest, content, state, choice, asked_at, until_at, done_at, done_by, coded,
    code_digest, code_until, code_tries, code_to, codes, sealed,
    sealed_under
FROM bailee.mailbox_act WHERE controller_id = $1 AND act_id = $2 FOR UPDATE
"""
OF_NOTICE = """
SELECT act_id, notice_id, act, secret_digest, content, state, choice, asked_at, until_at, done_at, done_by, coded,
    code_digest, code_until, code_tries, code_to, codes, sealed,
    sealed_under
FROM bailee.mailbox_act WHERE controller_id = $1 AND notice_id = $2
"""
CODE = """
UPDATE bailee.mailbox_act SET code_digest = $3, code_until = $4, code_to = $5, code_tries = 0, codes = codes + 1
WHERE controller_id = $1 AND act_id = $2
"""
TRIED = "UPDATE bailee.mailbox_act SET code_tries = code_tries + 1 WHERE controller_id = $1 AND act_id = $2"
DONE = """
UPDATE bailee.mailbox_act SET state = 'done', choice = $3, done_at = $4, done_by = $5, code_digest = NULL
WHERE controller_id = $1 AND act_id = $2 AND state = 'open' RETURNING act_id
"""
NOTICE = """
SELECT kind, side, sealed_under, sealed FROM bailee.notice WHERE controller_id = $1 AND notice_id = $2
"""
LETTER = "SELECT letter FROM bailee.notice WHERE controller_id = $1 AND notice_id = $2"
RECIPIENT = """
SELECT recipient FROM bailee.notice_delivery
WHERE controller_id = $1 AND notice_id = $2 AND left(recipient, 16) = $3 AND state = 'sent'
"""
REPLY = """
INSERT INTO bailee.mailbox_reply
    (controller_id, reply_id, notice_id, state, received_at, decided_by, digest, sealed)
VALUES ($1, $2, $3, 'waiting', $4, '', $5, $6)
ON CONFLICT (controller_id, notice_id, digest) DO NOTHING RETURNING reply_id
"""
REPLIES = """
SELECT reply_id, notice_id, state, received_at, decided_at, decided_by, sealed
FROM bailee.mailbox_reply WHERE controller_id = $1 AND notice_id = $2 ORDER BY reply_id
"""
LOCK_REPLY = """
SELECT reply_id, notice_id, state, received_at, decided_at, decided_by, sealed
FROM bailee.mailbox_reply WHERE controller_id = $1 AND reply_id = $2 FOR UPDATE
"""
DECIDE = """
UPDATE bailee.mailbox_reply SET state = $3, decided_at = $4, decided_by = $5
WHERE controller_id = $1 AND reply_id = $2 AND state = 'waiting'
"""
DELETE_ALL = "DELETE FROM bailee.mailbox_act WHERE controller_id = $1"
DELETE_ALL_REPLIES = "DELETE FROM bailee.mailbox_reply WHERE controller_id = $1"
