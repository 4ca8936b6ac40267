import { ask, type Balance, type Quantities, SessionEnded } from "./api.ts";
import { chart, type Series, table } from "./chart.ts";
import { element } from "./dom.ts";
import { amount, TIME_ZONE, unitOf } from "./format.ts";
import { rangeOf } from "./range.ts";

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(ELEMENT_CSS);

/** How often another token is asked for until one is taken. */
const MAX_RENEWALS = 2;
/** Milliseconds in which a listener of the event sets a token, before the element says that there is none. */
const PATIENCE = 3000;

/**
 * `<edgemeter-usage>`: what a customer used of a meter, as a chart. Attributes: `meter` (the meter's id), `token` (of a session),
 * `interval` (`day`), `range` (`P30D`: a duration that ends now; or `start/end`). A token that has expired is renewed by the
 * property `getToken`, or by a listener of the event `edgemeter-token`, which sets the attribute.
 */
export class EdgemeterUsage extends HTMLElement {
  static readonly observedAttributes = ["meter", "token", "interval", "range"];

  /** Returns the token of a new session, from the server of the page; it may be set before the class is known. */
  declare getToken: (() => Promise<string>) | undefined;

  readonly #root = this.attachShadow({ mode: "open" });
  readonly #resized = new ResizeObserver(([entry]) => this.#draw(Math.floor(entry!.contentRect.width)));
  #loading: AbortController | undefined;
  /** How many tokens were refused, one after the other. */
  #refused = 0;
  #series: Series | undefined;
  #width = 0;

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [SHEET];
    this.#resized.observe(this);
    this.#load();
  }

  disconnectedCallback(): void {
    this.#resized.disconnect();
    this.#loading?.abort();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#load();
  }

  /** Gives up what is loading, and loads. */
  #load(): void {
    this.#loading?.abort();
    const { signal } = (this.#loading = new AbortController());
    if (this.#series === undefined) this.#say("Loading…");
    this.ariaBusy = "true";
    void this.#showAll(signal);
  }

  async #showAll(signal: AbortSignal): Promise<void> {
    // Until the attributes are set that are being set now.
    await Promise.resolve();
    if (signal.aborted) return;
    try {
      this.#show(await this.#read(signal));
    } catch (error) {
      if (!signal.aborted) this.#say((error as Error).message, true);
    }
  }

  async #read(signal: AbortSignal): Promise<Series> {
    const [meter, token] = [this.getAttribute("meter"), this.getAttribute("token")];
    const interval = this.getAttribute("interval") ?? "day";
    if (!meter) throw new Error("The attribute meter is missing.");
    const query = { ...rangeOf(this.getAttribute("range") ?? "P30D", interval), interval, timezone: TIME_ZONE };
    try {
      if (!token) throw new SessionEnded(null);
      const [{ items }, quantities] = await Promise.all([
        ask<{ items: Balance[] }>(token, "meters/", { meter_id: meter }, signal),
        ask<Quantities>(token, `meters/${encodeURIComponent(meter)}/quantities`, query, signal),
      ]);
      const [balance] = items;
      if (balance === undefined) throw new Error("There is no such meter.");
      this.#refused = 0;
      return { ...quantities, interval, unit: unitOf(balance), name: balance.meter.name };
    } catch (error) {
      if (error instanceof SessionEnded && this.#refused++ < MAX_RENEWALS) await this.#renew();
      throw error;
    }
  }

  /** Asks for another token, which begins to load as soon as it is set. */
  async #renew(): Promise<void> {
    if (this.getToken !== undefined) this.setAttribute("token", await this.getToken());
    else this.dispatchEvent(new CustomEvent("edgemeter-token", { bubbles: true, composed: true }));
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  }

  #show(series: Series): void {
    this.ariaBusy = null;
    this.#series = series;
    const { name, unit, total } = series;
    const isEmpty = series.quantities.every(({ quantity }) => quantity === 0);
    this.#root.replaceChildren(
      element(
        "header",
        { part: "header" },
        element("span", { class: "name", part: "name" }, element("bdi", {}, name)),
        element("span", { class: "total", part: "total" }, amount(total, unit)),
      ),
      isEmpty
        ? element("div", { class: "status", part: "status" }, "No usage in this time.")
        : element("div", { class: "figure" }),
      table(series),
    );
    if (this.#width > 0) this.#draw(this.#width);
  }

  /** Draws the chart as wide as there is room. */
  #draw(width: number): void {
    this.#width = width;
    const figure = this.#root.querySelector(".figure");
    if (figure !== null && this.#series !== undefined) figure.replaceWith(chart(this.#series, width));
  }

  /** Shows a message instead of the chart; after a failure it can be tried again. */
  #say(text: string, isFailure = false): void {
    this.#series = undefined;
    if (isFailure) this.ariaBusy = null;
    const again = element("button", { part: "button", type: "button" }, "Try again");
    again.addEventListener("click", () => {
      this.#refused = 0;
      this.#load();
    });
    const role = isFailure ? "alert" : "status";
    this.#root.replaceChildren(
      element("div", { class: "status", part: "status", role }, element("span", {}, text), isFailure && again),
    );
  }
}

if (customElements.get("edgemeter-usage") === undefined) customElements.define("edgemeter-usage", EdgemeterUsage);
