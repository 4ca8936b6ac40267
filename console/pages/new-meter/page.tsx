import { Page } from "../../components/page.tsx";

export default function NewMeterPage() {
  return <Page title="New meter">{null}</Page>;
}
