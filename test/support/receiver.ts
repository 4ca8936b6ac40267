import { vi } from "vitest";
import { call, grant, ORGANIZATION } from "./api.ts";

/** A request that an endpoint got. */
export type Received = { url: string; headers: Headers; body: string; type: string; id: string; data: any };

/** How an endpoint answers: a status, an answer, or what is thrown. */
export type Answering = (received: Received) => number | Response | Promise<Response> | Error;

/**
 * Takes the place of the internet: what the Worker sends arrives here.
 * @returns what arrived, in order
 */
export function receive(answering: Answering = () => 204): Received[] {
  const received: Received[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    const [headers, body] = [new Headers(init!.headers), init!.body as string];
    const { type, data } = JSON.parse(body);
    const request = { url: url as string, headers, body, type, id: headers.get("webhook-id")!, data };
    received.push(request);
    const answer = await answering(request);
    if (answer instanceof Error) throw answer;
    return typeof answer === "number" ? new Response(answer < 300 ? null : "no", { status: answer }) : answer;
  });
  return received;
}

const ALL = ["customer.created", "customer.updated", "customer.deleted", "customer.state_changed"];

/** A token, and functions that make endpoints and read what became of deliveries. */
export async function setUpWebhooks(organization_id = ORGANIZATION) {
  const token = await grant({ organization_id });
  const send = async (method: string, path: string, body?: object) => call(method, path, { token, body });
  const endpoint = async (more: object = {}) => {
    const body = { url: "https://hooks.example.com/a", format: "raw", events: ALL, ...more };
    return (await send("POST", "/v1/webhooks/endpoints", body)).json;
  };
  const customer = async (email: string, more: object = {}) =>
    (await send("POST", "/v1/customers/", { email, ...more })).json;
  const deliveries = async (query = "") => (await send("GET", `/v1/webhooks/deliveries?limit=100${query}`)).json.items;
  return { token, send, endpoint, customer, deliveries };
}
