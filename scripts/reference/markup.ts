import { Marked } from "marked";

/** Links lead to headings by their text. */
const marked = new Marked({
  renderer: {
    heading({ tokens, text, depth }) {
      const anchor = `description/${text.toLowerCase().replaceAll(" ", "-")}`;
      return `<h${depth} id="${anchor}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    // Markdown may not bring HTML of its own.
    html: ({ text }) => escape(text),
  },
});

/** Markdown as HTML. */
export function html(markdown = ""): string {
  return marked.parse(markdown, { async: false });
}

/** One line of Markdown as HTML, without a paragraph around it. */
export function inline(markdown = ""): string {
  return marked.parseInline(markdown, { async: false });
}

/** Text as HTML that shows it, also in attributes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** Text in the font of programs. */
export function code(text: string): string {
  return `<code>${escape(text)}</code>`;
}

/** A program, or an answer. */
export function block(text: string): string {
  return `<pre>${code(text)}</pre>`;
}
