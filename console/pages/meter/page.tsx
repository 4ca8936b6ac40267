import { Page } from "../../components/page.tsx";

export default function MeterPage() {
  return <Page title="Meter">{null}</Page>;
}
