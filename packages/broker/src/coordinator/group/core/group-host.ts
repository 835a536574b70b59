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

/** Topics that match a subscription pattern; undefined for a pattern that does not compile. */
export type MatchTopics = (pattern: string, names: Iterable<string>) => readonly string[] | undefined;

export interface GroupHost {
  readonly config: GroupConfig;
  readonly timingsOf: (groupId: string) => ConsumerGroupTimings;
  readonly matchTopics: MatchTopics;
  readonly timeline: Timeline;
  readonly timers: SoftDeadlines<OnDue>;
  readonly groups: Map<string, Group>;
  readonly offsets: OffsetStore;
  image(): MetadataImage;
  /** Applies a record to the state and appends it: how everything tracked changes. */
  write(record: GroupRecord, turn: GroupTurn): void;
}
