"""The SQL of directories (SCIM), by name. Every statement carries the controller."""

# A user without anything personal: ids, states, times, versions. Parameters of USERS_PAGE, USERS_WALK and COUNT_USERS:
# $2 active, $3 created from, $4 created before, $5 changed from, $6 changed before, $7 member of; null asks nothing.
_user = """
SELECT p.person_id, p.groups, p.restricted, p.version, p.created_at, a.state, a.version AS account_version,
    greatest(p.updated_at, a.changed_at, (
        SELECT max(r.updated_at) FROM bailee.record r
        WHERE r.controller_id = p.controller_id AND r.person_id = p.person_id AND r.type IN ('profile', 'scim')
    )) AS changed_at,
    ARRAY(
        SELECT m.group_id FROM bailee.scim_member m
        WHERE m.controller_id = p.controller_id AND m.person_id = p.person_id ORDER BY m.group_id
    ) AS member_of
FROM bailee.person p
LEFT JOIN bailee.account a ON a.controller_id = p.controller_id AND a.person_id = p.person_id
"""
_within = """
WHERE p.controller_id = $1 AND p.state = 'living' AND NOT p.restricted
    AND ($2::boolean IS NULL OR (a.state IN ('invited', 'active')) = $2)
    AND ($3::timestamptz IS NULL OR p.created_at >= $3) AND ($4::timestamptz IS NULL OR p.created_at < $4)
    AND ($5::timestamptz IS NULL OR greatest(p.updated_at, a.changed_at, (
        SELECT max(r.updated_at) FROM bailee.record r
        WHERE r.controller_id = p.controller_id AND r.person_id = p.person_id AND r.type IN ('profile', 'scim')
    )) >= $5)
    AND ($6::timestamptz IS NULL OR greatest(p.updated_at, a.changed_at, (
        SELECT max(r.updated_at) FROM bailee.record r
        WHERE r.controller_id = p.controller_id AND r.person_id = p.person_id AND r.type IN ('profile', 'scim')
    )) < $6)
    AND ($7::uuid IS NULL OR EXISTS (
        SELECT 1 FROM bailee.scim_member m
        WHERE m.controller_id = p.controller_id AND m.group_id = $7 AND m.person_id = p.person_id
    ))
"""
USERS = f"{_user} WHERE p.controller_id = $1 AND p.person_id = ANY ($2::uuid[]) AND p.state = 'living'"
USERS_PAGE = f"{_user} {_within} ORDER BY p.person_id OFFSET $8 LIMIT $9"
USERS_WALK = f"{_user} {_within} AND p.person_id > $8 ORDER BY p.person_id LIMIT $9"
_all = """
SELECT count(*) FROM bailee.person p
LEFT JOIN bailee.account a ON a.controller_id = p.controller_id AND a.person_id = p.person_id
"""
COUNT_USERS = _all + _within
RECORDS = """
SELECT person_id, record_id, type, version, class_id FROM bailee.record
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND type IN ('profile', 'scim')
ORDER BY person_id, record_id
"""
NAMED_ALIKE = """
SELECT b.person_id FROM bailee.blind_index b
JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
WHERE b.controller_id = $1 AND b.tag = $2 AND b.person_id <> $3 AND p.state = 'living' LIMIT 1
"""
CLAIM = """
INSERT INTO bailee.scim_claim (controller_id, tag, claim_id, claimed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id, tag) DO NOTHING RETURNING claim_id
"""
FORGET_CLAIMS = "DELETE FROM bailee.scim_claim WHERE controller_id = $1 AND claimed_at < $2"
UNCLAIM = "DELETE FROM bailee.scim_claim WHERE controller_id = $1 AND claim_id = $2"

LIVING = """
SELECT person_id FROM bailee.person WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND state = 'living'
ORDER BY person_id FOR SHARE
"""
INSERT_GROUP = """
INSERT INTO bailee.scim_group
    (controller_id, group_id, version, created_at, changed_at, name_tag, external_tag, sealed)
VALUES ($1, $2, 1, $3, $3, $4, $5, $6)
"""
GROUP = """
SELECT group_id, roles, version, created_at, changed_at, sealed FROM bailee.scim_group
WHERE controller_id = $1 AND group_id = $2
"""
LOCK_GROUP = """
SELECT group_id, roles, version, created_at, changed_at, sealed FROM bailee.scim_group
WHERE controller_id = $1 AND group_id = $2 FOR NO KEY UPDATE
"""
GROUPS = """
SELECT group_id, roles, version, created_at, changed_at, sealed FROM bailee.scim_group
WHERE controller_id = $1 AND ($2::bytea IS NULL OR name_tag = $2) AND ($3::bytea IS NULL OR external_tag = $3)
ORDER BY group_id
"""
GROUPS_BY_ID = """
SELECT group_id, roles, version, created_at, changed_at, sealed FROM bailee.scim_group
WHERE controller_id = $1 AND group_id = ANY ($2::uuid[])
"""
CHANGE_GROUP = """
UPDATE bailee.scim_group
SET version = version + 1, changed_at = $3, name_tag = $4, external_tag = $5, sealed = $6
WHERE controller_id = $1 AND group_id = $2 RETURNING version
"""
MAP_ROLES = """
UPDATE bailee.scim_group SET roles = $3, version = version + 1, changed_at = $4
WHERE controller_id = $1 AND group_id = $2
"""
DELETE_GROUP = "DELETE FROM bailee.scim_group WHERE controller_id = $1 AND group_id = $2"
MEMBERS = """
SELECT m.group_id, m.person_id FROM bailee.scim_member m
JOIN bailee.person p ON p.controller_id = m.controller_id AND p.person_id = m.person_id
WHERE m.controller_id = $1 AND m.group_id = ANY ($2::uuid[]) AND p.state = 'living' ORDER BY m.person_id
"""
COUNT_MEMBERS = """
SELECT m.group_id, count(*) AS members FROM bailee.scim_member m
JOIN bailee.person p ON p.controller_id = m.controller_id AND p.person_id = m.person_id
WHERE m.controller_id = $1 AND p.state = 'living' GROUP BY m.group_id
"""
INSERT_MEMBER = """
INSERT INTO bailee.scim_member (controller_id, group_id, person_id) VALUES ($1, $2, $3)
ON CONFLICT (controller_id, group_id, person_id) DO NOTHING
"""
DELETE_MEMBER = "DELETE FROM bailee.scim_member WHERE controller_id = $1 AND group_id = $2 AND person_id = $3"
DELETE_MEMBERS = "DELETE FROM bailee.scim_member WHERE controller_id = $1 AND group_id = $2"
DELETE_MEMBERSHIPS = "DELETE FROM bailee.scim_member WHERE controller_id = $1 AND person_id = $2"
ROLES_OF_GROUPS = """
SELECT m.person_id, g.roles FROM bailee.scim_member m
JOIN bailee.scim_group g ON g.controller_id = m.controller_id AND g.group_id = m.group_id
WHERE m.controller_id = $1 AND m.person_id = ANY ($2::uuid[]) AND cardinality(g.roles) > 0
"""

# At the end of the contract.
DELETE_MEMBERSHIPS = "DELETE FROM bailee.scim_member WHERE controller_id = $1 AND person_id = $2"
DELETE_ALL_GROUPS = "DELETE FROM bailee.scim_group WHERE controller_id = $1"
DELETE_ALL_MEMBERS = "DELETE FROM bailee.scim_member WHERE controller_id = $1"
DELETE_ALL_CLAIMS = "DELETE FROM bailee.scim_claim WHERE controller_id = $1"
