type Props = { id: string; meters: { id: string; name: string }[] };

/** A link to a meter by its name; by the beginning of its id where that is not known, as of archived ones. */
export function MeterLink({ id, meters }: Props) {
  const name = meters.find((meter) => meter.id === id)?.name ?? `${id.slice(0, 8)}…`;
  return (
    <a href={`/console/meters/${id}`}>
      <bdi>{name}</bdi>
    </a>
  );
}
