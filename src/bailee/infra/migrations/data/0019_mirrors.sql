-- Obligations told to other tools by webhook: of which obligation, what is said of it (identifiers and clocks), and
-- under which key the other tool keeps it.
ALTER TABLE bailee.webhook_delivery ADD COLUMN obligation_id uuid;
ALTER TABLE bailee.webhook_delivery ADD COLUMN said text;
ALTER TABLE bailee.webhook_delivery ADD COLUMN remote text;

CREATE INDEX webhook_delivery_of_obligation
    ON bailee.webhook_delivery (controller_id, webhook_id, obligation_id, sequence) WHERE obligation_id IS NOT NULL;
