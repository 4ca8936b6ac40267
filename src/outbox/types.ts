/** The types of webhook events that an endpoint can ask for. */
export const WEBHOOK_EVENT_TYPES = [
  "customer.created",
  "customer.updated",
  "customer.deleted",
  "customer.state_changed",
  "alert.triggered",
] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** The type of a test, which is sent once. */
export const TEST = "webhook.test";
