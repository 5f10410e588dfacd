-- The message that a request of a person came in, as it stands at its controller: where a human reads the message
-- otherwise, the requests that it was wrongly taken for are void, and each right it is really about is taken in once.
ALTER TABLE bailee.rights_request ADD COLUMN message_id uuid;

CREATE INDEX rights_request_message ON bailee.rights_request (controller_id, message_id) WHERE message_id IS NOT NULL;
