import { Page } from "../../components/page.tsx";

export default function TokensPage() {
  return <Page title="Tokens">{null}</Page>;
}
