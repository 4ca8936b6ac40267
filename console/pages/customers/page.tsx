import { Page } from "../../components/page.tsx";

export default function CustomersPage() {
  return <Page title="Customers">{null}</Page>;
}
