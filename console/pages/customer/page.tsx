import { Page } from "../../components/page.tsx";

export default function CustomerPage() {
  return <Page title="Customer">{null}</Page>;
}
