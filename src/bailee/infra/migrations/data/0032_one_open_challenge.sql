-- Of one instruction one challenge is open at a time, whoever raises it at the same moment.
DROP INDEX bailee.challenge_open;

CREATE UNIQUE INDEX challenge_open ON bailee.challenge (controller_id, instruction) WHERE state = 'open';
