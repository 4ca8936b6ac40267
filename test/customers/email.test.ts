import { describe, it } from "vitest";
import { Email } from "../../src/customers/email.ts";

const LONG = "b.".repeat(124);

describe("An e-mail address", () => {
  it.for<[sent: string, kept?: string]>([
    ["ada@example.com"],
    [" Ada@EXAMPLE.Com\n", "Ada@example.com"],
    ["Ada.Lovelace+tag@mail.example.co.uk"],
    ["!#$%&*/=?^_`{|}~-'@example.com"],
    ["%00@example.com"],
    ["e\u0301va@example.com", "éva@example.com"],
    ["ада@ПОЧТА.рф", "ада@почта.рф"],
    ["a@उदाहरण.com"],
    ["a@xn--mnchen-3ya.de"],
    ["a@1.2a"],
    ["a@a--b.test"],
    [`${"a".repeat(64)}@example.com`],
    [`a@${"b".repeat(63)}.io`],
    [`a@${LONG}bcde`],
  ])("%j is accepted", ([sent, kept = sent], { expect }) => {
    expect(Email.safeParse(sent)).toEqual({ success: true, data: kept });
  });

  it.for([
    "",
    "ada",
    "@example.com",
    "ada@",
    "a@b@example.com",
    "ada@localhost",
    "ada@example.",
    "ada@.com",
    "a@example..com",
    "a@-example.com",
    "a@example-.com",
    "a@exa_mple.com",
    "a@example.123",
    "a@1.2.3.4",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    "a b@example.com",
    'a"b@example.com',
    "a\\b@example.com",
    "a(b)@example.com",
    "a<b@example.com",
    "a,b@example.com",
    "a;b@example.com",
    "a:b@example.com",
    "a[b@example.com",
    "a\0@example.com",
    "a\u200b@example.com",
    "a\u00a0b@example.com",
    "a\ud800@example.com",
    "a@exam\u00adple.com",
    "a@[127.0.0.1]",
    "a@😀.com",
    "a@\u0301a.com",
    `${"a".repeat(65)}@example.com`,
    `${"é".repeat(33)}@example.com`,
    `a@${"b".repeat(64)}.io`,
    `a@${"é".repeat(32)}.io`,
    `a@${LONG}bcdef`,
  ])("%j is refused", (sent, { expect }) => {
    const { error } = Email.safeParse(sent);
    expect(error?.issues).toMatchObject([{ code: "custom", params: { type: "value_error" } }]);
  });
});
