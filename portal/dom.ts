type Child = Node | string | false | null;

/** Makes an element; attributes that are null are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

/** Makes an element of SVG. */
export function svg(name: string, attributes: Record<string, string | number>, ...children: Child[]): SVGElement {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill<E extends Element>(made: E, attributes: Record<string, string | number | null>, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, String(value));
  made.append(...children.filter((child) => child !== false && child !== null));
  return made;
}
