CREATE TABLE `__new_events` (
	`organization_id` text NOT NULL,
	`seq` integer NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`timestamp` integer NOT NULL,
	`customer_id` text,
	`external_customer_id` text,
	`external_id` text,
	`parent_id` text,
	`metadata` text NOT NULL,
	`ingested_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `seq`),
	CONSTRAINT "events_have_a_customer" CHECK("customer_id" IS NOT NULL OR "external_customer_id" IS NOT NULL)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_events`("organization_id", "seq", "id", "name", "source", "timestamp", "customer_id", "external_customer_id", "external_id", "parent_id", "metadata", "ingested_at") SELECT "organization_id", "seq", "id", "name", "source", "timestamp", NULL, "external_customer_id", "external_id", "parent_id", "metadata", "ingested_at" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_id` ON `events` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `events_by_timestamp` ON `events` (`organization_id`,`timestamp`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_external_id` ON `events` (`organization_id`,`external_id`) WHERE "events"."external_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `__new_meters` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`name_folded` text NOT NULL,
	`unit` text NOT NULL,
	`custom_label` text,
	`custom_multiplier` integer,
	`filter` text NOT NULL,
	`aggregation` text NOT NULL,
	`metadata` text NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`archived_at` integer,
	`version` integer NOT NULL,
	`definition_version` integer NOT NULL,
	`watermark` integer NOT NULL
) STRICT;
--> statement-breakpoint
INSERT INTO `__new_meters`("id", "organization_id", "name", "name_folded", "unit", "custom_label", "custom_multiplier", "filter", "aggregation", "metadata", "created_at", "modified_at", "archived_at", "version", "definition_version", "watermark") SELECT "id", "organization_id", "name", "name_folded", "unit", "custom_label", "custom_multiplier", "filter", "aggregation", "metadata", "created_at", "modified_at", "archived_at", "version", "definition_version", "watermark" FROM `meters`;--> statement-breakpoint
DROP TABLE `meters`;--> statement-breakpoint
ALTER TABLE `__new_meters` RENAME TO `meters`;--> statement-breakpoint
CREATE INDEX `meters_by_name` ON `meters` (`organization_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `meters_by_created_at` ON `meters` (`organization_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `idempotency_keys` DROP COLUMN `status`;
