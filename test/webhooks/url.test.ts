import fc from "fast-check";
import { describe, it } from "vitest";
import { urlProblem } from "../../src/webhooks/url.ts";
import { cases } from "../support/cases.ts";

const LOCAL = { WEBHOOKS_INSECURE: "local" };
const OWN_MACHINE = ["localhost", "localhost.", "a.localhost", "127.0.0.1", "127.255.0.9", "0x7f.1", "2130706433", "017700000001", "[::1]"]; // prettier-ignore
const NOT_ON_THE_INTERNET = [
  "0.0.0.0", "0", "10.0.0.1", "0xa.0.0.1", "100.64.0.1", "100.127.255.255", "169.254.169.254", "0xa9fea9fe", "172.16.0.1", "172.31.255.255",
  "192.0.0.8", "192.0.2.1", "192.168.0.1", "192.168.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1",
  "239.255.255.255", "240.0.0.1", "255.255.255.255", "１０.0.0.1",
  "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[fc00::1]", "[fd12::1]",
  "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001::1]", "[2001:0:1::]", "[2001:10::1]", "[2001:1ff::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[3fff::1]",
]; // prettier-ignore
const ON_THE_INTERNET = ["example.com", "localhost.example.com", "1.1.1.1", "100.128.0.1", "172.32.0.1", "223.255.255.255", "[2606:4700::1]", "[2001:200::1]"]; // prettier-ignore

describe("The URL of an endpoint", () => {
  it.for(NOT_ON_THE_INTERNET)("is not one of this address: %s", (host, { expect }) => {
    for (const env of [{}, LOCAL])
      for (const scheme of ["https", "http"])
        expect(urlProblem(`${scheme}://${host}:8443/a`, env)).toContain("This should be");
  });

  it.for(OWN_MACHINE)("is on the same machine only where WEBHOOKS_INSECURE says so: %s", (host, { expect }) => {
    for (const scheme of ["https", "http"]) {
      expect(urlProblem(`${scheme}://${host}/`, {})).toContain("This should be");
      expect(urlProblem(`${scheme}://${host}/`, { WEBHOOKS_INSECURE: "true" })).toContain("This should be");
      expect(urlProblem(`${scheme}://${host}:3000/`, LOCAL)).toBeNull();
    }
  });

  it.for(ON_THE_INTERNET)("is https on the internet: %s", (host, { expect }) => {
    for (const env of [{}, LOCAL]) {
      expect(urlProblem(`https://${host}:8443/a?b=c`, env)).toBeNull();
      expect(urlProblem(`http://${host}/`, env)).toBe("This should be an https URL.");
    }
  });

  it("has no credentials, no fragment and no other scheme", ({ expect }) => {
    for (const url of ["https://a@b.com/", "https://:a@b.com/", "https://b.com/#", "https://b.com/#a", "ftp://b.com/", "data:a", "/a", "b.com", ""])
      expect(urlProblem(url, LOCAL)).toContain("This should"); // prettier-ignore
  });

  it("is judged alike in every form of an IPv4 address", ({ expect }) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
        const bytes = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256);
        const dotted = urlProblem(`https://${bytes.join(".")}/`, {});
        const [first, ...rest] = bytes;
        const short = `${first}.${rest.reduce((sum, byte) => sum * 256 + byte, 0)}`;
        const hosts = [number, `0x${number.toString(16)}`, `0${number.toString(8)}`, short].map(String);
        for (const host of hosts) expect(urlProblem(`https://${host}/`, {})).toBe(dotted);
        expect(urlProblem(`https://[::ffff:${bytes.join(".")}]/`, {})).not.toBeNull();
      }),
      { numRuns: cases() },
    );
  });
});
