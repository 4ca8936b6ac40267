/** JSON that is text already, such as a stored column; it is written into a response unchanged. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A placeholder for text that is inserted later: JSON never contains this character unescaped. */
export const GAP = new JsonText("\0");

/** Writes a value as JSON, and splits the text at the placeholders. */
export function splitAtGaps(value: unknown): string[] {
  return writeJson(value).split(GAP.text);
}

/** Writes a value as JSON; each JsonText inside it is written unchanged. Undefined fields are left out. */
export function writeJson(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${writeJson(field)}`).join(",")}}`;
}
