import type { ComponentChildren } from "preact";
import "./table.css";

/** A column; its cells are made of a row. */
export type Column<T> = {
  label: string;
  cell: (row: T) => ComponentChildren;
  /** Numbers are to the right, texts of any length have room, and actions stay in view. */
  kind?: "number" | "text" | "actions";
  /** The API's name of the order by this column, where it has one. */
  sorting?: string;
};

type Props<T> = {
  /** What the table shows; people who don't see it hear this first. */
  caption: string;
  /** The first column names the row, and links to its page where it has one. */
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  /** The order now, such as `-created_at`, and the address of another one. */
  order?: { by: string; hrefOf: (by: string) => string };
};

/** Columns for which a phone has room. */
const NARROW = 3;

/** A table that scrolls within itself where it is too wide; on a phone each row of a wide one is a list. */
export function Table<T>({ caption, columns, rows, keyOf, order }: Props<T>) {
  const isWide = columns.length > NARROW || columns.some(({ kind }) => kind === "text");
  return (
    <div class={isWide ? "table wide" : "table"} role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="hidden-text">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.label} column={column} order={order} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ label, cell, kind }, at) => {
                const content = cell(row);
                return at === 0 ? (
                  <th key={label} scope="row" class={kind}>
                    {content}
                  </th>
                ) : (
                  <td key={label} class={kind} data-label={label}>
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head<T>({ column, order }: { column: Column<T>; order: Props<T>["order"] }) {
  const { label, kind, sorting } = column;
  if (sorting === undefined || order === undefined) {
    return (
      <th scope="col" class={kind}>
        {label}
      </th>
    );
  }
  const direction = order.by === sorting ? "ascending" : order.by === `-${sorting}` ? "descending" : undefined;
  return (
    <th scope="col" class={kind} aria-sort={direction}>
      <a href={order.hrefOf(direction === "ascending" ? `-${sorting}` : sorting)}>
        {label}
        <span aria-hidden="true">{direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}</span>
      </a>
    </th>
  );
}
