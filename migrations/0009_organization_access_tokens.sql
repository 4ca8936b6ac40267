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
