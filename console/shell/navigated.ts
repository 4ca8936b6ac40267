/** Where the session began: the heading takes the focus on any other page. */
let first: string | null = null;

/** Returns whether the address has changed since the first page was shown. */
export function hasNavigated(): boolean {
  first ??= location.pathname;
  const isOther = first !== location.pathname;
  if (isOther) first = "";
  return isOther;
}
