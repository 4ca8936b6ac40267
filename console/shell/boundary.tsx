import { Component, type ComponentChildren } from "preact";
import { Failure } from "../components/failure.tsx";

type Props = { children: ComponentChildren };

/** Shows what a page could not be shown for: a mistake of ours, or a file of an earlier deployment that is gone. */
export class Boundary extends Component<Props, { error: unknown }> {
  override state = { error: null as unknown };

  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render({ children }: Props) {
    const { error } = this.state;
    if (error === null) return children;
    return (
      <div class="stack">
        <h1>This page can't be shown</h1>
        <Failure error={error} retry={() => location.reload()} />
        <p class="quiet">Trying again reloads the console, which asks for the token unless this tab keeps it.</p>
      </div>
    );
  }
}
