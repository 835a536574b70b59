/**
 * What the parts of the group core share: configuration, the groups, the offsets, the metadata, the timers. Parts are
 * functions over it and a turn; nobody but the core holds one.
 */
import type { MetadataImage } from '@tidelog/metadata';
import type { SoftDeadlines } from '../../runtime/core/soft-deadlines.ts';
import type { Timeline } from '../../runtime/core/timeline.ts';
import type { Turn } from '../../runtime/core/turn.ts';
import type { ClassicGroup } from './classic/classic-group.ts';
import type { ConsumerGroup } from './consumer/consumer-group.ts';
import type { ConsumerGroupTimings, GroupConfig } from './group-config.ts';
import type { GroupRecord } from './group-records.ts';
import type { OffsetStore } from './offsets/offset-store.ts';

export type GroupTurn = Turn<GroupRecord>;

/** What happens when a timer is due. */
export type OnDue = (turn: GroupTurn) => void;

export type Group = ClassicGroup | ConsumerGroup;

/** The names of all topics; another object when any topic changed. */
export interface TopicNames {
  keys(): Iterable<string>;
}

/** Patterns of subscriptions. A pattern matches whole names. */
export interface TopicPatterns {
  /** Whether it is in RE2 syntax and not too large. */
  isValid(pattern: string): boolean;
  /** The topics that match, sorted; none for a pattern that is not valid. */
  match(pattern: string, topics: TopicNames): readonly string[];
}

export interface GroupHost {
  readonly config: GroupConfig;
  readonly timingsOf: (groupId: string) => ConsumerGroupTimings;
  readonly patterns: TopicPatterns;
  readonly timeline: Timeline;
  readonly timers: SoftDeadlines<OnDue>;
  readonly groups: Map<string, Group>;
  readonly offsets: OffsetStore;
  image(): MetadataImage;
  /** Applies a record to the state and appends it: how everything tracked changes. */
  write(record: GroupRecord, turn: GroupTurn): void;
}
