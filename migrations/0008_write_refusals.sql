CREATE TABLE `write_refusals` (
	`organization_id` text NOT NULL,
	`token_id` text NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `token_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `meters` ADD `events_from` integer;--> statement-breakpoint
ALTER TABLE `organizations` ADD `events_from` integer;