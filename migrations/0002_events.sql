CREATE TABLE `events` (
	`organization_id` text NOT NULL,
	`seq` integer NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`timestamp` integer NOT NULL,
	`external_customer_id` text NOT NULL,
	`external_id` text,
	`parent_id` text,
	`metadata` text NOT NULL,
	`ingested_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_id` ON `events` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `events_by_timestamp` ON `events` (`organization_id`,`timestamp`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_external_id` ON `events` (`organization_id`,`external_id`) WHERE "events"."external_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `meter_rollups` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`bucket` integer NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	`min` real,
	`max` real,
	PRIMARY KEY(`meter_id`, `customer`, `bucket`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_uniques` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`bucket` integer NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`meter_id`, `customer`, `bucket`, `value`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL
) STRICT, WITHOUT ROWID;
