import type { Fields } from "./fields.ts";
import { block, code, escape } from "./markup.ts";
import type { ListedOperation, Parameter } from "./operations.ts";

/** An operation as a call of curl, in the form of the quick start. */
function curl({ method, path, parameters, body }: ListedOperation): string {
  const given = parameters.filter(({ required }) => required);
  const filled = given.reduce((url, { name, example }) => url.replace(`{${name}}`, String(example)), path);
  const query = given.filter((parameter) => parameter.in === "query");
  const flags = [query.length > 0 && "-G", !["GET", "POST"].includes(method) && `-X ${method}`].filter(Boolean);
  const lines = [
    ["curl", ...flags, `"$URL${filled}"`].join(" "),
    `-H "Authorization: Bearer $TOKEN"`,
    ...query.map(({ name, example }) => `-d ${name}=${String(example)}`),
  ];
  if (body !== undefined)
    lines.push(`-H 'Content-Type: application/json' -d '${exampleOf(body).replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
}

/** The calls of an operation, one of them open. */
export function samples(operation: ListedOperation): string {
  const calls = [{ label: "curl", source: curl(operation) }, ...operation.samples];
  const name = `sample ${operation.method} ${operation.path}`;
  return calls
    .map(
      ({ label, source }, index) =>
        `<details name="${name}"${index === 0 ? " open" : ""}><summary>${label}</summary><div class="copied">${block(source)}<button type="button" class="copy">Copy</button></div></details>`,
    )
    .join("");
}

/**
 * The form that sends a request. It names the examples that the answer replaces in all forms: a new customer's id comes
 * instead of the documented one.
 */
export function requestForm(operation: ListedOperation, operations: ListedOperation[], fields: Fields): string {
  const { method, path, parameters, body, scopes } = operation;
  const controls = (wanted: boolean) =>
    parameters.filter(({ required = false }) => required === wanted).map((parameter) => control(parameter, fields));
  const optional = controls(false);
  const more = `<details><summary>Optional parameters</summary>${optional.join("")}</details>`;
  const json =
    body &&
    `<label>Body<textarea data-in="body" rows="10" spellcheck="false">${escape(exampleOf(body))}</textarea></label>`;
  return `<form data-method="${method}" data-path="${path}" data-examples="${escape(String(examplesOf(path, operations)))}">
<h3>Try it</h3>
<label>${scopes.length > 0 ? "Access token" : "Session token"}<input class="${scopes.length > 0 ? "token" : "session"}" placeholder="${scopes.length > 0 ? "em_oat_…" : "em_cst_…"}" required autocomplete="off" spellcheck="false"></label>
${controls(true).join("")}${json ?? ""}${optional.length > 0 ? more : ""}
<button>Send</button>
<output></output>
</form>`;
}

/** The example ids of a collection's items in the document, by their names. */
function examplesOf(collection: string, operations: ListedOperation[]): URLSearchParams {
  const own = operations.filter(({ path }) => path.startsWith(collection)).flatMap(({ parameters }) => parameters);
  const ids = own.filter((parameter) => parameter.in === "path");
  return new URLSearchParams(Object.fromEntries(ids.map(({ name, example }) => [name, String(example)])));
}

function control({ name, in: place, schema, style, required, example }: Parameter, fields: Fields): string {
  const isMap = style === "deepObject";
  const isList = schema.anyOf?.some((form) => fields.resolve(form as typeof schema).type === "array");
  const attributes = `name="${name}" data-in="${isMap ? "map" : place}"${required === true ? " required" : ""}`;
  const label = `<label>${code(name)}`;
  const forms = [schema, ...(schema.anyOf ?? [])].map((form) => fields.resolve(form as typeof schema));
  const values = forms.flatMap((form) => (form.type === "boolean" ? [true, false] : (form.enum ?? [])));
  if (isMap || isList) {
    const hint = isMap ? "key=value, one on a line" : "one on a line";
    return `${label}<textarea ${attributes} rows="1" placeholder="${hint}" spellcheck="false"></textarea></label>`;
  }
  if (values.length > 0) {
    const choices = required === true ? values : ["", ...values];
    const options = choices.map((value) => `<option${value === example ? " selected" : ""}>${String(value)}</option>`);
    return `${label}<select ${attributes}>${options.join("")}</select></label>`;
  }
  const value = required === true ? ` value="${escape(String(example))}"` : "";
  return `${label}<input ${attributes}${value} autocomplete="off" spellcheck="false"></label>`;
}

const exampleOf = ({ examples }: NonNullable<ListedOperation["body"]>) => JSON.stringify(examples[0]!.value, null, 2);
