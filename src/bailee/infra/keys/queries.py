"""The key store's SQL, by name. Every statement carries the controller."""

CURRENT_EPOCH = "SELECT current_epoch FROM bailee.key_epoch WHERE controller_id = $1"
TURNED_AT = "SELECT turned_at FROM bailee.key_epoch WHERE controller_id = $1"
LOCK_EPOCH = "SELECT current_epoch FROM bailee.key_epoch WHERE controller_id = $1 FOR SHARE"
# Whoever wraps a key holds the epoch as it is until the row is written; whoever turns it waits for them.
LOCK_TO_TURN = "SELECT current_epoch FROM bailee.key_epoch WHERE controller_id = $1 FOR UPDATE"
START_EPOCH = "UPDATE bailee.key_epoch SET current_epoch = $2, turned_at = $3 WHERE controller_id = $1"
EPOCHS_IN_USE = """
SELECT epoch FROM bailee.person_key WHERE controller_id = $1
UNION SELECT epoch FROM bailee.controller_key WHERE controller_id = $1
"""
FIRST_EPOCH = """
INSERT INTO bailee.key_epoch (controller_id, current_epoch, turned_at) VALUES ($1, 1, $2)
ON CONFLICT (controller_id) DO NOTHING
"""

INSERT_PERSON_KEY = """
INSERT INTO bailee.person_key (controller_id, person_id, key_id, epoch, wrapped, made_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
PERSON_KEYS = """
SELECT person_id, key_id, epoch, wrapped FROM bailee.person_key
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[])
"""
PERSON_KEYS_OF = "SELECT * FROM bailee.person_keys($1, $2, $3)"
DELETE_PERSON_KEY = "DELETE FROM bailee.person_key WHERE controller_id = $1 AND person_id = $2"
PERSON_KEY_STANDS = "SELECT key_id FROM bailee.person_key WHERE controller_id = $1 AND person_id = $2"
OLD_PERSON_KEYS = """
SELECT person_id FROM bailee.person_key
WHERE controller_id = $1 AND made_at < $2 AND person_id > $3 ORDER BY person_id LIMIT $4
"""
PERSON_KEYS_OF_EPOCH = """
SELECT person_id, key_id, wrapped FROM bailee.person_key
WHERE controller_id = $1 AND epoch = $2 ORDER BY person_id LIMIT $3 FOR UPDATE
"""
MOVE_PERSON_KEY = """
UPDATE bailee.person_key SET epoch = $3, wrapped = $4 WHERE controller_id = $1 AND person_id = $2
"""

INSERT_CONTROLLER_KEY = """
INSERT INTO bailee.controller_key (controller_id, name, key_id, epoch, wrapped, made_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (controller_id, name) DO NOTHING
"""
CONTROLLER_KEY = """
SELECT key_id, epoch, wrapped FROM bailee.controller_key WHERE controller_id = $1 AND name = $2
"""
CONTROLLER_KEYS_OF_EPOCH = """
SELECT name, key_id, wrapped FROM bailee.controller_key
WHERE controller_id = $1 AND epoch = $2 ORDER BY name FOR UPDATE
"""
MOVE_CONTROLLER_KEY = """
UPDATE bailee.controller_key SET epoch = $3, wrapped = $4 WHERE controller_id = $1 AND name = $2
"""
KEYS_LEFT_IN_EPOCH = """
SELECT (SELECT count(*) FROM bailee.person_key WHERE controller_id = $1 AND epoch = $2)
     + (SELECT count(*) FROM bailee.controller_key WHERE controller_id = $1 AND epoch = $2)
"""
COUNT_PERSON_KEYS = "SELECT count(*) FROM bailee.person_key WHERE controller_id = $1"
DELETE_PERSON_KEYS = "DELETE FROM bailee.person_key WHERE controller_id = $1"
OLD_CONTROLLER_KEYS = """
SELECT name FROM bailee.controller_key
WHERE controller_id = $1 AND left(name, length($2)) = $2 AND made_at < $3 AND name > $4 ORDER BY name LIMIT $5
"""
DELETE_CONTROLLER_KEY = "DELETE FROM bailee.controller_key WHERE controller_id = $1 AND name = $2"
DELETE_CONTROLLER_KEYS = "DELETE FROM bailee.controller_key WHERE controller_id = $1"
DELETE_EPOCH = "DELETE FROM bailee.key_epoch WHERE controller_id = $1"
KEYS_STAND = """
SELECT (SELECT count(*) FROM bailee.person_key WHERE controller_id = $1)
     + (SELECT count(*) FROM bailee.controller_key WHERE controller_id = $1)
"""
