import { exact } from "../../format/number.ts";
import "./sparkline.css";

const [WIDTH, HEIGHT] = [120, 28];

/** A small chart without axes: bars of equal periods, whose highest value is in its name. */
export function Sparkline({ values, label }: { values: number[]; label: string }) {
  const top = Math.max(0, ...values);
  const low = Math.min(0, ...values);
  const step = WIDTH / Math.max(1, values.length);
  const y = (value: number) => ((top - value) / (top - low || 1)) * HEIGHT;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${label}; at most ${exact(top)}`}>
      <line x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
      {values.map((value, at) => {
        const [from, to] = [y(Math.max(0, value)), y(Math.min(0, value))];
        // What is not zero is seen.
        const height = value === 0 ? 0 : Math.max(1.5, to - from);
        return <rect key={at} x={at * step + step * 0.12} y={to - height} width={step * 0.76} height={height} />;
      })}
    </svg>
  );
}
