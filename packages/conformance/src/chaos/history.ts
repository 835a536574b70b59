/**
 * What a run's history is checked for, in the words of the Jepsen Kafka checker. Every record's value is its number,
 * sent once, in order, by an idempotent producer; a partition is a totally ordered log. A second producer sends what
 * brokers must refuse.
 *
 *   lost-write            acknowledged, and not there
 *   undelivered           the producer gave up, although everything was repaired long before its time was up
 *   duplicate             one value at two offsets
 *   inconsistent-offsets  one offset with two values, or a replica without a record
 *   nonmonotonic          offsets or values that go back, to one reader
 *   poll-skip             a reader was not given what lies between two records that it was given
 *   unseen                read during the run, and gone at the end
 *   phantom               never sent, or in a replica's files and served to nobody
 *   G1a                   refused, and read all the same
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

export const anomalies = [
  'lost-write',
  'undelivered',
  'duplicate',
  'inconsistent-offsets',
  'nonmonotonic',
  'poll-skip',
  'unseen',
  'phantom',
  'G1a',
] as const;

export type Anomaly = (typeof anomalies)[number];

/** Marks what is sent to be refused. */
export const refusedPrefix = 'refused-';

export interface Finding {
  readonly anomaly: Anomaly;
  readonly detail: string;
}

const placeOf = ({ partition, offset }: Acknowledged): string => `${partition}@${offset}`;

export function check(history: History): Finding[] {
  return [
    ...lostAndRepeated(history),
    ...nonmonotonic(history),
    ...skipped(history),
    ...inconsistent(history),
    ...unseen(history),
    ...refusedAndRead(history),
  ];
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
    if (!(Number(record.value) < sent) && !wasRefused(record)) {
      found.push({ anomaly: 'phantom', detail: `${record.value} was never sent` });
    }
  }
  if (!allDelivered) {
    const detail = `${acknowledged.length} of ${sent} sent values were acknowledged before the producer ended`;
    found.push({ anomaly: 'undelivered', detail });
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

/** The reader begins at the first offset and is never assigned anew: up to where it was, it was given everything. */
function skipped({ during, final }: History): Finding[] {
  const found: Finding[] = [];
  for (const [partition, there] of Map.groupBy(final, (record) => record.partition)) {
    const read = during.filter((record) => record.partition === partition).map(({ offset }) => offset);
    const given = new Set(read);
    const last = read.reduce((highest, offset) => Math.max(highest, offset), -1);
    const missed = there.filter(({ offset }) => offset < last && !given.has(offset));
    const [first] = missed;
    if (first === undefined) continue;
    const detail = `the reader during the run was at ${partition}@${last} without ${missed.length} records before it`;
    found.push({ anomaly: 'poll-skip', detail: `${detail}, the first at ${placeOf(first)}` });
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
    const phantoms = records.filter((record) => !truth.has(placeOf(record)));
    const [unread] = phantoms;
    if (unread !== undefined) {
      const what = `${phantoms.length} records that nobody is served`;
      found.push({ anomaly: 'phantom', detail: `replica ${node} holds ${what}, the first at ${placeOf(unread)}` });
    }
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

const wasRefused = ({ value }: Observed): boolean => value.startsWith(refusedPrefix);

/** The producer of these was told that they were not written. */
function refusedAndRead({ during, final, replicas }: History): Finding[] {
  const everywhere = [during, final, ...replicas.values()].flat().filter(wasRefused);
  const places = new Map(everywhere.map((record) => [placeOf(record), record.value]));
  return [...places].map(([place, value]) => {
    return { anomaly: 'G1a', detail: `${value.slice(0, 20)} was refused and is at ${place}` };
  });
}
