/** Who is measured: Tidelog, and Apache Kafka beside it where its jars and a JDK are. */
import { tidelog, type Product } from './broker-process.ts';
import { findKafka } from './kafka-jars.ts';
import type { PartContext } from './part.ts';

/** Tidelog comes first. */
export function products({ skip }: PartContext, what: string): readonly Product[] {
  const kafka = findKafka();
  if (!('missing' in kafka)) return [tidelog, { name: 'kafka', jars: kafka }];
  skip(`${what} beside Apache Kafka: ${kafka.missing}`);
  return [tidelog];
}

/** Measures each product once, in turns; the values of each by its name. */
export class Turns<Sample> {
  readonly samples = new Map<Product['name'], Sample[]>();

  add(product: Product['name'], sample: Sample): void {
    const before = this.samples.get(product) ?? [];
    this.samples.set(product, [...before, sample]);
  }

  /** What Tidelog's samples say, with Kafka's as what they are held against. */
  figures(of: (sample: Sample) => number): {
    readonly values: readonly number[];
    readonly against: { readonly name: string; readonly values: readonly number[] } | undefined;
  } {
    const theirs = this.samples.get('kafka');
    const against = theirs === undefined ? undefined : { name: 'Apache Kafka', values: theirs.map(of) };
    return { values: (this.samples.get('tidelog') ?? []).map(of), against };
  }
}
