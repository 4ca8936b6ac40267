ALTER TABLE `customers` ADD `erase_up_to` integer;--> statement-breakpoint
ALTER TABLE `customers` ADD `erased_bucket` integer;--> statement-breakpoint
ALTER TABLE `customers` ADD `erase_remaining` integer;--> statement-breakpoint
CREATE INDEX `customers_being_erased` ON `customers` (`organization_id`,`external_id`) WHERE "customers"."erase_up_to" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `idempotency_keys` ADD `customer_id` text;--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_customer` ON `idempotency_keys` (`organization_id`,`customer_id`) WHERE "idempotency_keys"."customer_id" IS NOT NULL;