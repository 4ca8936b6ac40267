import { exact } from "../format/number.ts";

type Props = {
  page: number;
  limit: number;
  total: number;
  hrefOf: (page: number) => string;
};

/** Which rows of a list are shown, and links to the others: 51–100 of 1,000. */
export function Pager({ page, limit, total, hrefOf }: Props) {
  if (total <= limit && page === 1) return null;
  const [first, last] = [(page - 1) * limit + 1, Math.min(page * limit, total)];
  return (
    <nav class="row apart" aria-label="Pages of the list">
      <span class="quiet">
        {first > total ? "Nothing" : `${exact(first)}–${exact(last)}`} of {exact(total)}
      </span>
      <span class="row">
        {page > 1 && (
          <a class="button" href={hrefOf(page - 1)}>
            Previous page
          </a>
        )}
        {last < total && (
          <a class="button" href={hrefOf(page + 1)}>
            Next page
          </a>
        )}
      </span>
    </nav>
  );
}
