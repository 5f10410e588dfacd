-- Nothing is counted by controller: see 0046 of the data server.
ALTER TABLE bailee.controller_key ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.key_epoch ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.person_key ALTER COLUMN controller_id SET STATISTICS 0;
