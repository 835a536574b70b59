/** A run as lines for machines: one figure each, `chaos <name>=<value>`. */
import type { ChaosResult } from './chaos-run.ts';
import { anomalies } from './history.ts';

export function figuresOf({
  links,
  faults,
  sent,
  acknowledged,
  read,
  refused,
  recoveryMs,
  findings,
}: ChaosResult): string[] {
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const kinds = [...faults].map(([name, count]) => `${name}=${count}`).join(' ');
  const sorted = recoveryMs.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return [
    `chaos links=${links}`,
    `chaos faults=${total} ${kinds}`,
    `chaos records_sent=${sent}`,
    `chaos records_acknowledged=${acknowledged}`,
    `chaos records_read=${read}`,
    `chaos records_refused=${refused}`,
    `chaos recovery_ms_p50=${at(0.5)} recovery_ms_max=${at(1)}`,
    ...anomalies.map((kind) => `chaos ${kind}=${findings.filter(({ anomaly }) => anomaly === kind).length}`),
  ];
}
