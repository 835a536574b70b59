/**
 * What a run's history is checked for, in the words of the Jepsen Kafka checker. Every record's value is its number,
 * sent once, in order, by an idempotent producer; a partition is a totally ordered log.
 */
export interface Observed {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

export interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
}

export interface History {
  /** Whether the producer was told that everything it sent was delivered; then every number below `sent` is due. */
  readonly allDelivered: boolean;
  readonly sent: number;
  readonly acknowledged: readonly Acknowledged[];
  /** Read while the faults went on, in the order of reading. */
  readonly during: readonly Observed[];
  /** Everything, read by a client at the end. */
  readonly final: readonly Observed[];
  /** Everything in the log files, by replica. */
  readonly replicas: ReadonlyMap<number, readonly Observed[]>;
}

export type Anomaly = 'lost-write' | 'duplicate' | 'inconsistent-offsets' | 'nonmonotonic' | 'unseen' | 'phantom';

export interface Finding {
  readonly anomaly: Anomaly;
  readonly detail: string;
}

const placeOf = ({ partition, offset }: Acknowledged): string => `${partition}@${offset}`;

export function check(history: History): Finding[] {
  return [...lostAndRepeated(history), ...nonmonotonic(history), ...inconsistent(history), ...unseen(history)];
}

function lostAndRepeated({ acknowledged, final, sent, allDelivered }: History): Finding[] {
  const found: Finding[] = [];
  const places = new Map(final.map((record) => [placeOf(record), record.value]));
  for (const place of acknowledged) {
    if (!places.has(placeOf(place))) found.push({ anomaly: 'lost-write', detail: `acknowledged ${placeOf(place)}` });
  }
  const firstPlace = new Map<string, string>();
  for (const record of final) {
    const other = firstPlace.get(record.value);
    if (other === undefined) firstPlace.set(record.value, placeOf(record));
    else found.push({ anomaly: 'duplicate', detail: `${record.value} is at ${other} and at ${placeOf(record)}` });
    if (!(Number(record.value) < sent)) found.push({ anomaly: 'phantom', detail: `${record.value} was never sent` });
  }
  const due = allDelivered ? sent : 0;
  for (let n = 0; n < due; n++) {
    if (!firstPlace.has(String(n))) found.push({ anomaly: 'lost-write', detail: `the delivered value ${n}` });
  }
  return found;
}

/** One producer sends numbers that rise; within a partition they rise too, and so do the offsets a reader is given. */
function nonmonotonic({ during, final }: History): Finding[] {
  const found: Finding[] = [];
  for (const [name, records] of [
    ['during', during],
    ['final', final],
  ] as const) {
    const last = new Map<number, Observed>();
    for (const record of records) {
      const before = last.get(record.partition);
      if (before !== undefined && record.offset <= before.offset) {
        const detail = `${name}: ${placeOf(record)} was read after ${placeOf(before)}`;
        found.push({ anomaly: 'nonmonotonic', detail });
      } else if (before !== undefined && Number(record.value) <= Number(before.value)) {
        const detail = `${name}: ${record.value} at ${placeOf(record)} follows ${before.value}`;
        found.push({ anomaly: 'nonmonotonic', detail });
      }
      last.set(record.partition, record);
    }
  }
  return found;
}

/** One offset, two values: between readers at different times, or between replicas. */
function inconsistent({ during, final, replicas }: History): Finding[] {
  const found: Finding[] = [];
  const truth = new Map(final.map((record) => [placeOf(record), record.value]));
  const compare = (who: string, records: readonly Observed[]): void => {
    for (const record of records) {
      const value = truth.get(placeOf(record));
      if (value === undefined || value === record.value) continue;
      const detail = `${placeOf(record)} is ${value}, but ${record.value} to ${who}`;
      found.push({ anomaly: 'inconsistent-offsets', detail });
    }
  };
  compare('the reader during the run', during);
  for (const [node, records] of replicas) {
    compare(`replica ${node}`, records);
    const there = new Set(records.map(placeOf));
    const missing = final.filter((record) => !there.has(placeOf(record)));
    const [first] = missing;
    if (first === undefined) continue;
    const detail = `replica ${node} lacks ${missing.length} records, the first at ${placeOf(first)}`;
    found.push({ anomaly: 'inconsistent-offsets', detail });
  }
  return found;
}

/** Somebody was served a record that nobody finds at the end. */
function unseen({ during, final }: History): Finding[] {
  const there = new Set(final.map(placeOf));
  return during
    .filter((record) => !there.has(placeOf(record)))
    .map((record) => ({ anomaly: 'unseen', detail: `${placeOf(record)} was read during the run and is gone` }));
}
