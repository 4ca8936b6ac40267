import { Page } from "../../components/page.tsx";

export default function WebhooksPage() {
  return <Page title="Webhooks">{null}</Page>;
}
