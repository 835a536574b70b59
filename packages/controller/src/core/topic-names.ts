/**
 * Which names a topic may have, and which it may not have beside others: metric names turn '.' into '_', so two topics
 * that differ only in those would be one there.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { MetadataChanges, MetadataImage } from '@tidelog/metadata';
import { refusal, type Verdict } from './decision.ts';

const maxLength = 249;
const metadataTopic = '__cluster_metadata';

export function judgeTopicName(name: string): Verdict {
  const detail = whyInvalid(name);
  return detail === undefined ? undefined : refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, detail);
}

function whyInvalid(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed';
  if (name === '.' || name === '..') return `Topic name is invalid: '.' or '..' is not allowed`;
  if (name.length > maxLength) {
    return `Topic name is invalid: '${name.slice(0, 32)}...' is longer than the max allowed length ${maxLength}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' has characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return name === metadataTopic ? `Creation of internal topic ${metadataTopic} is prohibited.` : undefined;
}

/** Topic names by what they look like in metrics. Only names that have a '.' or a '_' can collide. */
export class TopicCollisions {
  readonly #names = new Map<string, Set<string>>();

  static of(image: MetadataImage): TopicCollisions {
    const collisions = new TopicCollisions();
    for (const topic of image.topics) collisions.add(topic.name);
    return collisions;
  }

  /** Another name that this one would collide with. */
  find(name: string): string | undefined {
    if (!canCollide(name)) return undefined;
    for (const other of this.#names.get(normalised(name)) ?? []) if (other !== name) return other;
    return undefined;
  }

  add(name: string): void {
    if (!canCollide(name)) return;
    const key = normalised(name);
    const names = this.#names.get(key);
    if (names === undefined) this.#names.set(key, new Set([name]));
    else names.add(name);
  }

  remove(name: string): void {
    if (!canCollide(name)) return;
    const key = normalised(name);
    const names = this.#names.get(key);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(key);
  }

  /** Follows the image from `changes.topics.base` on. */
  apply({ topics }: MetadataChanges): void {
    for (const topic of topics.deleted.values()) this.remove(topic.name);
    for (const topic of topics.changed.values()) if (topic.base === undefined) this.add(topic.name);
  }
}

function canCollide(name: string): boolean {
  return name.includes('.') || name.includes('_');
}

function normalised(name: string): string {
  return name.replaceAll('.', '_');
}
