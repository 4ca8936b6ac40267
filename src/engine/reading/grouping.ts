/** How quantities are grouped: by customer, or by a property as filters name it; which groups are shown, and in which order. */
export type Grouping = {
  by: "customer" | { property: string };
  limit: number;
  sorting: "-total" | "total" | "key";
};
