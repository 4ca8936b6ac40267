import { ask, type Balance } from "./api.ts";
import { element } from "./dom.ts";
import "./element.ts";

const field = document.querySelector("input")!;
const [status, shown] = [document.querySelector("[role=status]")!, document.querySelector("main > div")!];

field.addEventListener("input", () => void show(field.value.trim()));

async function show(token: string): Promise<void> {
  shown.replaceChildren();
  status.textContent = "";
  if (token === "") return;
  try {
    const { items } = await ask<{ items: Balance[] }>(token, "meters/", { sorting: "meter_name" });
    shown.replaceChildren(...items.flatMap(({ meter_id: meter }) => [usage(meter, token), lines(meter)]));
    if (items.length === 0) status.textContent = "This customer has no meter.";
  } catch (error) {
    status.textContent = (error as Error).message;
  }
}

const usage = (meter: string, token: string) =>
  element("section", { class: "card" }, element("edgemeter-usage" as "div", { meter, token }));

/** What a page needs for it. */
function lines(meter: string): HTMLElement {
  const text = `<script type="module" src="${location.origin}/usage.js"></script>
<edgemeter-usage meter="${meter}"></edgemeter-usage>
<script>document.querySelector("edgemeter-usage").getToken = () => fetch("/your/session").then((answer) => answer.text());</script>`;
  return element("pre", { tabindex: "0" }, text);
}
