/** What the log files of a stopped broker hold of a topic, read without the broker. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chunks } from '@tidelog/core';
import { batchesOf, recordsOf } from '@tidelog/protocol';
import type { Observed } from './history.ts';

export function readReplica(dataDirectory: string, topic: string): Observed[] {
  const observed: Observed[] = [];
  for (const name of readdirSync(dataDirectory).toSorted()) {
    const partition = name.startsWith(`${topic}-`) ? Number(name.slice(topic.length + 1)) : Number.NaN;
    if (!Number.isInteger(partition)) continue;
    const directory = join(dataDirectory, name);
    for (const file of readdirSync(directory).toSorted()) {
      if (!file.endsWith('.log')) continue;
      for (const { header, bytes } of batchesOf(Chunks.of(readFileSync(join(directory, file))))) {
        if (header.isControl) continue;
        for (const record of recordsOf(bytes, header)) {
          observed.push({ partition, offset: record.offset, value: record.value?.toString() ?? '' });
        }
      }
    }
  }
  return observed;
}
