CREATE TABLE `meters` (
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
	`version` integer DEFAULT 1 NOT NULL,
	`definition_version` integer DEFAULT 1 NOT NULL,
	`watermark` integer DEFAULT 0 NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `meters_by_name` ON `meters` (`organization_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `meters_by_created_at` ON `meters` (`organization_id`,`created_at`,`id`);