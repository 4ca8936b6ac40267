CREATE TABLE `meter_balances` (
	`meter_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`credited_units` real NOT NULL,
	`reset_seq` integer NOT NULL,
	`modified_at` integer NOT NULL,
	PRIMARY KEY(`meter_id`, `customer_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `meter_rollups` ADD `last_event_at` integer;--> statement-breakpoint
ALTER TABLE `meters` ADD `totals_watermark` integer DEFAULT 0 NOT NULL;