import type { oas31 } from "zod-openapi";
import { code, escape, inline } from "./markup.ts";
import type { Parameter } from "./operations.ts";

type Schema = oas31.SchemaObject;

const LIMITS = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties"] as const;

/** Describes the API's schemas as lists of fields, and remembers which schemas it links to. */
export class Fields {
  readonly #schemas: Record<string, Schema>;
  readonly #linked = new Set<string>();

  constructor(document: oas31.OpenAPIObject) {
    this.#schemas = document.components!.schemas as Record<string, Schema>;
  }

  /** The schema itself, where it is only named. */
  resolve(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.#schemas[nameOf(schema.$ref)]!;
  }

  /** The fields of a body. */
  ofBody(schema: Schema): string {
    const { properties, required = [] } = this.resolve(schema);
    if (properties === undefined) return `<p>${this.#type(schema)}</p>`;
    return list(
      Object.entries(properties).map(([name, each]) => this.#field(name, each as Schema, required.includes(name))),
    );
  }

  /** The parameters of an operation. */
  ofParameters(parameters: Parameter[]): string {
    return list(
      parameters.map(({ name, in: place, schema, description, required = false }) =>
        this.#field(name, { ...schema, description: description ?? "" }, required, ` in ${place}`),
      ),
    );
  }

  /** Every schema that is linked to, directly or from another one. */
  sections(): string {
    let sections = "";
    for (const name of this.#linked) {
      const schema = this.#schemas[name]!;
      sections += `<section id="schema/${name}"><h2>${name}</h2><p>${inline(schema.description)}</p>`;
      sections += `${schema.properties ? this.ofBody(schema) : `<p>${this.#forms(schema)}</p>`}</section>\n`;
    }
    return sections;
  }

  #field(name: string, schema: Schema, required: boolean, place = ""): string {
    const words = new Set([schema, this.resolve(schema)].map(({ description = "" }) => description));
    const initial = schema.default === undefined ? "" : ` · default ${escape(JSON.stringify(schema.default))}`;
    const type = `<span>${this.#type(schema)}${place}${initial}</span>`;
    const mark = required ? " <strong>required</strong>" : "";
    return `<dt>${code(name)} ${type}${mark}</dt><dd>${inline([...words].join(" "))}</dd>`;
  }

  /** A link to a schema that has fields; any other in words. */
  #type(schema: Schema): string {
    if (schema.$ref === undefined) return this.#forms(schema);
    const name = nameOf(schema.$ref);
    const { properties, anyOf, ...rest } = this.#schemas[name]!;
    if (properties === undefined && !anyOf?.some((form) => "$ref" in form)) return this.#forms({ anyOf, ...rest });
    this.#linked.add(name);
    return `<a href="#schema/${name}">${name}</a>`;
  }

  #forms(schema: Schema): string {
    const values = schema.const === undefined ? schema.enum : [schema.const];
    if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(" or ");
    const forms = schema.anyOf ?? schema.oneOf;
    if (forms !== undefined) return [...new Set(forms.map((form) => this.#type(form as Schema)))].join(" or ");
    const isArray = schema.type === "array";
    const type = isArray
      ? `array of ${this.#type(schema.items as Schema)}`
      : [schema.type ?? "any"].flat().join(" or ");
    const limits = LIMITS.filter((limit) => schema[limit] !== undefined).map((limit) => `${limit} ${schema[limit]}`);
    const facts = schema.format === undefined ? limits : [schema.format, ...limits];
    return facts.length === 0 ? type : `${type} (${facts.join(", ")})`;
  }
}

const list = (fields: string[]) => `<dl>${fields.join("")}</dl>`;
const nameOf = (reference: string) => reference.split("/").at(-1)!;
