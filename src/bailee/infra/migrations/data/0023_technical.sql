-- What has an end is found by it: technical data first of all (data.technical).
CREATE INDEX record_expires ON bailee.record (controller_id, expires_at) WHERE expires_at IS NOT NULL;
