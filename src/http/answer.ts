import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { writeJson } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";

/** Responds with a value as JSON; stored JSON inside it (JsonText) is served unchanged. */
export function answerJson(
  c: Context<AppEnv>,
  value: unknown,
  status: 200 | 201 | 202 = 200,
  headers?: Record<string, string>,
) {
  return answerText(c, writeJson(value), status, headers);
}

/** Responds with a text that is JSON already. */
export function answerText(
  c: Context<AppEnv>,
  json: string,
  status: 200 | 201 | 202,
  headers?: Record<string, string>,
) {
  return c.body(json, status, { "Content-Type": "application/json", ...headers });
}

/** The header with the time from which all events are stored, for requests that also ask for deleted ones. */
export function eventsFromHeader(time: number | null): Record<string, string> {
  return time === null ? {} : { "Events-From": formatTime(time) };
}
