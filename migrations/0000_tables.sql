CREATE TABLE `alert_thresholds` (
	`meter_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`basis` text NOT NULL,
	`level` real NOT NULL,
	`alert_id` text NOT NULL,
	PRIMARY KEY(`meter_id`, `customer_id`, `basis`, `level`, `alert_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alert_triggers` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`alert_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`thresholds` text NOT NULL,
	`value` real NOT NULL,
	`since` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `alert_triggers_by_alert` ON `alert_triggers` (`alert_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `alert_triggers_by_customer` ON `alert_triggers` (`customer_id`);--> statement-breakpoint
CREATE INDEX `alert_triggers_by_created_at` ON `alert_triggers` (`created_at`);--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`meter_id` text NOT NULL,
	`customer_id` text,
	`basis` text NOT NULL,
	`thresholds` text NOT NULL,
	`enabled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`version` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `alerts_by_created_at` ON `alerts` (`organization_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `alerts_enabled` ON `alerts` (`organization_id`) WHERE "alerts"."enabled" = 1;--> statement-breakpoint
CREATE TABLE `compared_balances` (
	`meter_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`seq` integer NOT NULL,
	`consumed_units` real NOT NULL,
	`credited_units` real NOT NULL,
	PRIMARY KEY(`meter_id`, `customer_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
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
	`version` integer NOT NULL,
	`generation` integer,
	`deleted_seq` integer,
	`erased_bucket` integer,
	`erased_seq` integer,
	`erase_remaining` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_by_email` ON `customers` (`organization_id`,`email_folded`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `customers_by_external_id` ON `customers` (`organization_id`,`external_id`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
CREATE INDEX `customers_by_created_at` ON `customers` (`organization_id`,`created_at`,`id`) WHERE "customers"."deleted_at" IS NULL;--> statement-breakpoint
CREATE INDEX `customers_deleted_by_external_id` ON `customers` (`organization_id`,`external_id`) WHERE "customers"."deleted_at" IS NOT NULL AND "customers"."external_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `event_counts` (
	`organization_id` text NOT NULL,
	`bucket` integer NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `bucket`, `name`, `source`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events` (
	`organization_id` text NOT NULL,
	`seq` integer NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`timestamp` integer NOT NULL,
	`customer_id` text,
	`external_customer_id` text,
	`generation` integer,
	`external_id` text,
	`parent_id` text,
	`metadata` text NOT NULL,
	`ingested_at` integer NOT NULL,
	`voided_at` integer,
	`void_reason` text,
	PRIMARY KEY(`organization_id`, `seq`),
	CONSTRAINT "events_have_a_customer" CHECK("events"."customer_id" IS NOT NULL OR "events"."external_customer_id" IS NOT NULL)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `events_by_timestamp` ON `events` (`organization_id`,`timestamp`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_external_id` ON `events` (`organization_id`,`external_id`) WHERE "events"."external_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `exported_objects` (
	`organization_id` text NOT NULL,
	`first_seq` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`day` integer NOT NULL,
	`from_timestamp` integer NOT NULL,
	`to_timestamp` integer NOT NULL,
	`exported_at` integer,
	PRIMARY KEY(`organization_id`, `first_seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `generations` (
	`organization_id` text NOT NULL,
	`external_id` text NOT NULL,
	`generation` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `external_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `holds` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`external_customer_id` text,
	`meter_id` text NOT NULL,
	`units` real NOT NULL,
	`metadata` text NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`expires_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`event_id` text,
	`settlement` text,
	`settlement_timestamp` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `holds_open` ON `holds` (`customer_id`,`meter_id`,`expires_at`,`units`) WHERE "holds"."status" = 'open';--> statement-breakpoint
CREATE INDEX `holds_by_created_at` ON `holds` (`organization_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `holds_by_customer` ON `holds` (`customer_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `holds_by_end` ON `holds` (`ends_at`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`organization_id` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL,
	`customer_id` text,
	PRIMARY KEY(`organization_id`, `key`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_customer` ON `idempotency_keys` (`organization_id`,`customer_id`) WHERE "idempotency_keys"."customer_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_created_at` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `meter_balances` (
	`meter_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`credited_units` real NOT NULL,
	`reset_seq` integer NOT NULL,
	`reset_at` integer,
	`modified_at` integer NOT NULL,
	PRIMARY KEY(`meter_id`, `customer_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_dimension_uniques` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`dimension` integer NOT NULL,
	`bucket` integer NOT NULL,
	`dimension_value` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`meter_id`, `customer`, `dimension`, `bucket`, `dimension_value`, `value`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_dimensions` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`dimension` integer NOT NULL,
	`bucket` integer NOT NULL,
	`dimension_value` text NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	`min` real,
	`max` real,
	PRIMARY KEY(`meter_id`, `customer`, `dimension`, `bucket`, `dimension_value`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_rollups` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`bucket` integer NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	`min` real,
	`max` real,
	`last_event_at` integer,
	PRIMARY KEY(`meter_id`, `customer`, `bucket`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_total_uniques` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`since` integer NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`meter_id`, `customer`, `since`, `value`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meter_totals` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`since` integer NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	`min` real,
	`max` real,
	`last_event_at` integer,
	PRIMARY KEY(`meter_id`, `customer`, `since`)
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
CREATE INDEX `meter_uniques_by_value` ON `meter_uniques` (`meter_id`,`customer`,`value`,`bucket`);--> statement-breakpoint
CREATE TABLE `meter_value_counts` (
	`meter_id` text NOT NULL,
	`customer` text NOT NULL,
	`bucket` integer NOT NULL,
	`previous` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`meter_id`, `customer`, `bucket`, `previous`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `meter_value_counts_empty` ON `meter_value_counts` (`meter_id`) WHERE "meter_value_counts"."count" = 0;--> statement-breakpoint
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
	`version` integer NOT NULL,
	`definition_version` integer NOT NULL,
	`watermark` integer NOT NULL,
	`events_from` integer,
	`dimensions` text
) STRICT;
--> statement-breakpoint
CREATE INDEX `meters_by_name` ON `meters` (`organization_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `meters_by_created_at` ON `meters` (`organization_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `organization_access_tokens` (
	`organization_id` text NOT NULL,
	`id` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`comment` text,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`expires_at` integer,
	`lifetime` integer,
	`last_used_at` integer,
	`revoked_at` integer,
	`version` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `organization_access_tokens_live` ON `organization_access_tokens` (`organization_id`,`revoked_at`,`expires_at`);--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`activity_watermark` integer NOT NULL,
	`events_from` integer,
	`deleted_before` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `session_keys` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`replaced_id` text
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `voids` (
	`organization_id` text NOT NULL,
	`seq` integer NOT NULL,
	`voided_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `webhook_attempts` (
	`organization_id` text NOT NULL,
	`event_id` text NOT NULL,
	`id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`succeeded` integer NOT NULL,
	`http_code` integer,
	`response` text,
	PRIMARY KEY(`event_id`, `id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `webhook_attempts_by_created_at` ON `webhook_attempts` (`organization_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`event_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer,
	`succeeded` integer,
	`skipped` integer NOT NULL,
	`last_http_code` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_by_event` ON `webhook_deliveries` (`organization_id`,`event_id`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`endpoint_id`,`next_attempt_at`) WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`organization_id` text NOT NULL,
	`id` text NOT NULL,
	`url` text NOT NULL,
	`name` text,
	`secret` text NOT NULL,
	`events` text NOT NULL,
	`enabled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer,
	`is_healthy` integer NOT NULL,
	`failures` integer NOT NULL,
	`lease` text,
	`leased_until` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`organization_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`customer_id` text,
	`extra` text,
	`payload` text,
	`created_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`archived_at` integer,
	PRIMARY KEY(`organization_id`, `id`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `webhook_events_by_customer` ON `webhook_events` (`customer_id`);--> statement-breakpoint
CREATE INDEX `webhook_events_to_archive` ON `webhook_events` (`modified_at`) WHERE "webhook_events"."archived_at" IS NULL;--> statement-breakpoint
CREATE INDEX `webhook_events_to_delete` ON `webhook_events` (`modified_at`) WHERE "webhook_events"."archived_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `write_refusals` (
	`organization_id` text NOT NULL,
	`token_id` text NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	`progress` text,
	PRIMARY KEY(`organization_id`, `token_id`)
) STRICT, WITHOUT ROWID;
