/** The text of `element.css`, minified: `scripts/portal.ts` puts it in. */
declare const ELEMENT_CSS: string;
