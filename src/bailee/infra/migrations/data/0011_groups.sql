-- Groups that a controller's directory keeps (SCIM). What a group is called is sealed under the controller's own key;
-- in clear stand ids, versions, times, roles and keyed tags.

CREATE TABLE bailee.scim_group (
    controller_id uuid NOT NULL,
    group_id uuid NOT NULL,
    roles text[] NOT NULL DEFAULT '{}',
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    name_tag bytea NOT NULL,
    external_tag bytea,
    sealed bytea NOT NULL,
    CONSTRAINT scim_group_key PRIMARY KEY (controller_id, group_id)
);

CREATE INDEX scim_group_name ON bailee.scim_group (controller_id, name_tag);
CREATE INDEX scim_group_external ON bailee.scim_group (controller_id, external_tag);

CREATE TABLE bailee.scim_member (
    controller_id uuid NOT NULL,
    group_id uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT scim_member_key PRIMARY KEY (controller_id, group_id, person_id)
);

CREATE INDEX scim_member_person ON bailee.scim_member (controller_id, person_id);

-- Who is taking a user name right now: a keyed tag, gone when the change is done, so that two requests at the same
-- time cannot both have it.
CREATE TABLE bailee.scim_claim (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    claim_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT scim_claim_key PRIMARY KEY (controller_id, tag)
);

SELECT bailee.controller_table('scim_group');
SELECT bailee.controller_table('scim_member');
SELECT bailee.controller_table('scim_claim');

ALTER TABLE bailee.scim_group ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.scim_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.scim_claim ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.scim_group TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.scim_member TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.scim_claim TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.scim_group TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.scim_member TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.scim_claim TO bailee_app;
