// Where requests may go: https on the internet. The names of hosts are resolved by Cloudflare, whose Workers reach no private
// network; addresses in a URL are checked here. https://developers.cloudflare.com/workers/runtime-apis/fetch/

/** The variables that decide about URLs: "local" allows plain http to the same machine, as `npm run dev` needs. */
type UrlSettings = { WEBHOOKS_INSECURE?: string };

/** IPv4 networks that are not on the internet: https://www.iana.org/assignments/iana-ipv4-special-registry/ */
const NOT_GLOBAL = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  // Multicast, reserved, and broadcast.
  "224.0.0.0/3",
].map((network) => {
  const [address = "", length] = network.split("/");
  return { address: numberOf(address), size: 2 ** (32 - Number(length)) };
});

/** Global addresses of IPv6 begin with the bits 001; these of them embed or tunnel other ones, or are examples. */
const GLOBAL_V6 = /^[23][\da-f]{3}:/;
const NOT_GLOBAL_V6 = /^(2001:(:|1?[\da-f]{1,2}:|db8:)|2002:|3fff:)/;

/**
 * Checks where webhooks may be sent.
 * @returns what is wrong with the URL; null if nothing is
 */
export function urlProblem(text: string, env: UrlSettings): string | null {
  // The parser writes every form of an address in one way: 0x7f.1 becomes 127.0.0.1.
  const url = URL.parse(text);
  if (url === null) return "This should be an absolute URL.";
  if (url.username !== "" || url.password !== "") return "This should have no credentials.";
  if (url.href.includes("#")) return "This should have no fragment.";
  const host = url.hostname.replace(/\.$/, "");
  if (isLocal(host) && env.WEBHOOKS_INSECURE === "local" && /^https?:$/.test(url.protocol)) return null;
  if (url.protocol !== "https:") return "This should be an https URL.";
  return isLocal(host) || !isGlobal(host) ? "This should be a host on the internet." : null;
}

const isLocal = (host: string) => /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(host);

function isGlobal(host: string): boolean {
  if (host.startsWith("[")) return GLOBAL_V6.test(host.slice(1)) && !NOT_GLOBAL_V6.test(host.slice(1));
  if (!/^\d+(\.\d+){3}$/.test(host)) return true;
  const number = numberOf(host);
  return NOT_GLOBAL.every(({ address, size }) => number < address || number >= address + size);
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
