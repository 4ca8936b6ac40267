CREATE TABLE `customer_activity` (
	`organization_id` text NOT NULL,
	`customer` text NOT NULL,
	`first_event_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `customer`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `customers` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`external_id` text,
	`external_id_folded` text,
	`email` text NOT NULL,
	`email_folded` text NOT NULL,
	`name` text,
	`name_folded` text,
	`metadata` text NOT NULL,
	`idempotency_key` text,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_by_email` ON `customers` (`organization_id`,`email_folded`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `customers_by_external_id` ON `customers` (`organization_id`,`external_id`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
CREATE INDEX `customers_by_created_at` ON `customers` (`organization_id`,`created_at`,`id`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
ALTER TABLE `organizations` ADD `activity_watermark` integer DEFAULT 0 NOT NULL;