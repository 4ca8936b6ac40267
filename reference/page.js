/** What the last answers had in the place of the document's examples, which the forms hold at first. */
const known = new Map();

const tokens = document.querySelectorAll(".token");
const sessions = document.querySelectorAll(".session");
const menu = document.querySelector("#menu");

menu.addEventListener("click", () => menu.hidePopover());
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form);
  });
}
// One token for all forms, and one session. They are in these fields only, and gone with the page.
for (const fields of [tokens, sessions]) {
  for (const field of fields) {
    field.addEventListener("input", () => {
      for (const other of fields) other.value = field.value;
    });
  }
}
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", () => {
    const copied = navigator.clipboard.writeText(button.previousElementSibling.textContent);
    void copied.then(() => (button.textContent = "Copied"));
  });
}

// The menu shows where the reader is: at the section below the upper edge.
const links = new Map([...menu.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const edge = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      links.get(target.id).ariaCurrent = isIntersecting ? "true" : null;
    }
  },
  { rootMargin: "-100px 0px -85% 0px" },
);
for (const section of document.querySelectorAll(".operation")) edge.observe(section);

async function submit(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(...requestOf(form));
    const answer = await response
      .clone()
      .json()
      .catch(() => undefined);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    const body = answer === undefined ? await response.text() : JSON.stringify(answer, null, 2);
    show(form, `${response.status} ${response.statusText}`, body, headers.join("\n"));
    if (response.ok) learn(form, answer?.items?.[0] ?? answer);
  } catch (error) {
    show(form, "Not sent", error.message);
  }
  button.disabled = false;
}

/** The arguments of `fetch` for what a form holds; fields that are empty are not sent. */
function requestOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const request = {
    method: form.dataset.method,
    headers: { Authorization: `Bearer ${form.querySelector(".token, .session").value}` },
  };
  for (const { name, value, dataset } of form.querySelectorAll("[data-in]")) {
    if (value === "") continue;
    if (dataset.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    if (dataset.in === "header") request.headers[name] = value;
    if (dataset.in === "query") for (const line of value.trim().split("\n")) query.append(name, line);
    if (dataset.in === "map") {
      for (const [, key, text] of value.matchAll(/^(.*?)=(.*)$/gm)) query.append(`${name}[${key}]`, text);
    }
    if (dataset.in === "body") {
      request.body = value;
      request.headers["Content-Type"] = "application/json";
    }
  }
  return [query.size > 0 ? `${path}?${query}` : path, request];
}

function show(form, status, body, headers = "") {
  const output = form.querySelector("output");
  const details = element("details", element("summary", "Headers"), element("pre", headers));
  output.replaceChildren(element("strong", status), element("pre", body), headers === "" ? "" : details);
  output.scrollIntoView({ block: "nearest" });
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

/** Puts the ids of an item that was created or listed into all forms, in the place of those that they held. */
function learn(form, item) {
  if (String(item?.token).startsWith("em_cst_")) for (const field of sessions) field.value = item.token;
  for (const [name, example] of new URLSearchParams(form.dataset.examples)) {
    const old = known.get(example) ?? example;
    if (typeof item?.[name] !== "string") continue;
    known.set(example, item[name]);
    for (const field of document.querySelectorAll("[data-in]")) {
      if (field.value === old) field.value = item[name];
      else if (field.dataset.in === "body") {
        field.value = field.value.replaceAll(JSON.stringify(old), () => JSON.stringify(item[name]));
      }
    }
  }
}
