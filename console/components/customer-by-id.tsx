import { can } from "../session/session.ts";
import { useGet } from "../data/read.ts";
import { useSeen } from "./seen.ts";

/** A customer of whom only the id is known: its name or e-mail address once that is read, and a link. */
export function CustomerById({ id }: { id: string }) {
  const mayRead = can("customers:read", "customers:write");
  const [element, isSeen] = useSeen<HTMLAnchorElement>();
  const { data } = useGet(mayRead && isSeen ? "/v1/customers/{id}" : null, { path: { id } });
  if (!mayRead) return <code>{id}</code>;
  return (
    <a ref={element} href={`/console/customers/${id}`} title={id}>
      {data ? <bdi>{data.name || data.email}</bdi> : <code>{id}</code>}
    </a>
  );
}
