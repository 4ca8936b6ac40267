import { ask, type Balance, type Quantities, SessionEnded } from "./api.ts";
import { element } from "./dom.ts";
import "./element.ts";
import { amount, number, time, TIME_ZONE, unitOf } from "./format.ts";

const main = document.querySelector("main")!;
/** Meters that are read at once. */
const PAGE = 50;

/** The token in the address: behind the #, where no server sees it. */
const tokenOf = () => new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

// Polar's adapters add it to the page's address; otherwise the browser's setting counts.
const theme = new URLSearchParams(location.search).get("theme");
if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme;

/** Charts begin to load when they come into view. */
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const chart = element("edgemeter-usage" as "div", {
      meter: target.id.replace("chart-", ""),
      token: tokenOf(),
      range: "P30D",
    });
    target.replaceChildren(chart);
  }
});

async function show(): Promise<void> {
  const token = tokenOf();
  try {
    if (token === "") throw new SessionEnded(null);
    const [{ return_url }, { name, email }] = await Promise.all([
      ask<{ return_url: string | null }>(token, "customer-session/introspect"),
      ask<{ name: string | null; email: string }>(token, "customers/me"),
    ]);
    const cards = element("div");
    main.replaceChildren(
      element("p", {}, backTo(return_url)),
      element("h1", {}, "Usage"),
      element("p", { class: "quiet who" }, element("bdi", {}, name ?? email)),
      cards,
    );
    await addCards(cards, token, 1);
  } catch (error) {
    fail(error as Error);
  }
}

/** Adds a page of meters, and a button that adds the next one. */
async function addCards(cards: HTMLElement, token: string, page: number): Promise<void> {
  const query = { sorting: "meter_name", limit: String(PAGE), page: String(page) };
  const { items, pagination } = await ask<{ items: Balance[]; pagination: { max_page: number } }>(
    token,
    "meters/",
    query,
  );
  if (items.length === 0) cards.append(element("p", { class: "card quiet" }, "There is nothing to show yet."));
  for (const item of items) cards.append(card(item, token));
  if (page >= pagination.max_page) return;
  const more = element("button", { class: "more", type: "button" }, "Show more");
  more.addEventListener("click", () => {
    more.remove();
    addCards(cards, token, page + 1).catch(fail);
  });
  cards.append(more);
}

function card(item: Balance, token: string): HTMLElement {
  const title = element("h2", { id: `name-${item.id}` }, element("bdi", {}, item.meter.name));
  const chart = element("div", { id: `chart-${item.meter_id}` });
  seen.observe(chart);
  return element(
    "section",
    { class: "card", "aria-labelledby": title.id },
    title,
    ...(item.credited_units > 0 ? balance(item) : []),
    element("p", { class: "numbers" }, used(item, token)),
    chart,
  );
}

/** What is left of what was credited, and a bar of it. */
function balance({ id, balance: left, credited_units, held_units, unit, custom_label }: Balance): HTMLElement[] {
  const name = unitOf({ unit, custom_label });
  const isOver = left < 0;
  const text = isOver ? `${amount(-left, name)} over` : `${amount(left, name)} left`;
  const bar = element("div");
  bar.style.width = `${Math.max(0, Math.min(100, (left / credited_units) * 100))}%`;
  const meter = {
    class: "bar",
    role: "meter",
    "aria-labelledby": `name-${id}`,
    "aria-valuemin": "0",
    "aria-valuemax": String(credited_units),
    "aria-valuenow": String(Math.max(0, Math.min(credited_units, left))),
    "aria-valuetext": `${text}, of ${number(credited_units)}`,
  };
  return [
    element(
      "p",
      { class: "numbers" },
      element("span", { class: isOver ? "large over" : "large" }, text),
      element(
        "span",
        { class: "quiet" },
        `of ${number(credited_units)}${held_units > 0 ? `, ${number(held_units)} held` : ""}`,
      ),
    ),
    element("div", meter, bar),
  ];
}

/** What was used since the balance was reset; where it never was, in this month. */
function used({ consumed_units, unit, custom_label, reset_at, meter_id }: Balance, token: string): HTMLElement {
  const name = unitOf({ unit, custom_label });
  const text = element("span", { class: "quiet" });
  if (reset_at !== null) {
    text.append(`Used since ${time(reset_at, "total")}: ${amount(consumed_units, name)}`);
    return text;
  }
  const now = new Date();
  const start = new Date(now.getFullYear(), now.getMonth());
  const query = {
    start_timestamp: start.toISOString(),
    end_timestamp: now.toISOString(),
    interval: "month",
    timezone: TIME_ZONE,
  };
  text.append("Used this month: …");
  ask<Quantities>(token, `meters/${meter_id}/quantities`, query).then(
    ({ total }) => (text.textContent = `Used in ${time(now, "long month")}: ${amount(total, name)}`),
    fail,
  );
  return text;
}

/** A link to where the customer came from; nothing else than a page of the web is one. */
function backTo(url: string | null): HTMLElement | null {
  const to = url === null ? null : URL.parse(url);
  if (to === null || !/^https?:$/.test(to.protocol)) return null;
  return element("a", { href: to.href, rel: "noreferrer" }, `← Back to ${to.host}`);
}

function fail(error: Error): void {
  const isEnded = error instanceof SessionEnded;
  const again = element("button", { class: "more", type: "button" }, "Try again");
  again.addEventListener("click", () => void show());
  main.replaceChildren(
    element("p", {}, isEnded ? backTo(error.returnUrl) : null),
    element("h1", {}, isEnded ? "This session has ended" : "This can't be shown right now"),
    element("p", { class: "quiet", role: "alert" }, isEnded ? "Go back and open your usage again." : error.message),
    ...(isEnded ? [] : [again]),
  );
}

addEventListener("hashchange", () => void show());
// A chart whose session has ended: so have all others.
main.addEventListener("edgemeter-token", () => void show());
void show();
