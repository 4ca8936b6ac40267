import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Local } from "../sdk/local.ts";

const MEGABYTE = 1024 * 1024;

/** A request for ingestion of which the client sends less than it announced, and then goes away. */
export async function abortUpload(local: Local, index: number): Promise<void> {
  const socket = await open(local);
  socket.write(head(local, "POST /v1/events/ingest", `Content-Length: ${MEGABYTE}`));
  socket.write("x".repeat((index * 7919) % 200_000));
  await sleep(50);
  if (index % 2 === 0) socket.end();
  else socket.destroy();
}

/** A body in chunks that is longer than the Worker accepts; returns the status. */
export async function sendTooMuch(local: Local): Promise<number | undefined> {
  return sendChunks(local, "POST /v1/events/ingest", 9);
}

/** A large body for a path where only files are served; returns the status. */
export async function postToFile(local: Local): Promise<number | undefined> {
  return sendChunks(local, "POST /openapi.json", 3);
}

/** A head that does not end, on a socket that stays open. */
export async function sendHalfHead(local: Local): Promise<void> {
  const socket = await open(local);
  socket.write(head(local, "POST /v1/events/ingest", "X-Unfinished: ").slice(0, -4));
}

/** Opens connections until the function that it returns is called, which tells of each whether it could be opened. */
export function watchConnections(local: Local): () => Promise<boolean[]> {
  const attempts = [canOpen(local)];
  const timer = setInterval(() => attempts.push(canOpen(local)), 20);
  return () => {
    clearInterval(timer);
    return Promise.all(attempts);
  };
}

async function canOpen(local: Local): Promise<boolean> {
  try {
    (await open(local)).destroy();
    return true;
  } catch {
    return false;
  }
}

async function open(local: Local): Promise<Socket> {
  const { hostname, port } = new URL(local.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  // The server may close or reset it at any time.
  return socket.on("error", () => {});
}

/** Returns the status, or undefined where the server closes the connection before the client has read an answer. */
async function sendChunks(local: Local, line: string, megabytes: number): Promise<number | undefined> {
  const socket = await open(local);
  const answer = new Promise<string>((resolve) => {
    socket.once("data", (data: Buffer) => resolve(data.toString())).once("close", () => resolve(""));
  });
  socket.write(head(local, line, "Transfer-Encoding: chunked"));
  for (let sent = 0; sent < megabytes; sent++) {
    socket.write(`${MEGABYTE.toString(16)}\r\n${" ".repeat(MEGABYTE)}\r\n`);
  }
  socket.write("0\r\n\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(await answer)?.[1];
  socket.destroy();
  return status === undefined ? undefined : Number(status);
}

function head(local: Local, line: string, field: string): string {
  const fields = [`Authorization: Bearer ${local.token}`, "Content-Type: application/json", field];
  return [`${line} HTTP/1.1`, `Host: ${new URL(local.url).host}`, ...fields, "", ""].join("\r\n");
}
