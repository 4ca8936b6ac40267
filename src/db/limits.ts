/** The maximum size of a page's items in bytes of JSON; a larger page is refused before it is read. */
export const MAX_PAGE_BYTES = 16 * 1024 * 1024;
/** The maximum size of a row in bytes: D1 allows 2,000,000 and refuses a larger one only after it was sent. */
export const MAX_ROW_BYTES = 1_900_000;
