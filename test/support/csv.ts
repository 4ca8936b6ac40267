/** Reads CSV as RFC 4180 defines it: fields in quotes may have commas, line breaks and doubled quotes. */
export function parseCsv(text: string): string[][] {
  if (!text.endsWith("\r\n")) throw new Error("the last line does not end");
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const [, cell, end] = field.exec(text) ?? [];
    if (cell === undefined) throw new Error(`no field of CSV at ${at}: ${text.slice(at, at + 40)}`);
    rows.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

/** The rows of a table by the names of its columns. */
export function recordsOf(text: string): Record<string, string>[] {
  const [columns, ...rows] = parseCsv(text);
  return rows.map((row) => {
    if (row.length !== columns!.length) throw new Error(`${row.length} cells in ${columns!.length} columns`);
    return Object.fromEntries(row.map((cell, index) => [columns![index]!, cell]));
  });
}
