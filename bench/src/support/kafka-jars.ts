/**
 * Apache Kafka on this machine: the jars the conformance tests fetched, and the flags its own start script gives the
 * Java machine. Without a JDK or the jars the parts that need Kafka say that they were skipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const kafkaVersion = '4.3.1';

export interface KafkaJars {
  readonly classPath: string;
}

export function findKafka(): KafkaJars | { readonly missing: string } {
  const libs = resolve(import.meta.dirname, `../../../.cache/kafka-${kafkaVersion}/libs`);
  if (!existsSync(libs) || readdirSync(libs).length === 0) {
    return { missing: `no jars of Apache Kafka in ${libs}: "npm run test" fetches them where there is Maven` };
  }
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return { missing: 'no JDK' };
  return { classPath: join(libs, '*') };
}

/** What bin/kafka-run-class.sh and kafka-server-start.sh pass. */
export function javaArguments({ classPath }: KafkaJars, heap = '1G'): string[] {
  const logging = join(tmpdir(), 'tidelog-bench-log4j2.properties');
  writeFileSync(logging, 'rootLogger.level=warn\n');
  return [
    `-Xmx${heap}`,
    `-Xms${heap}`,
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:+ExplicitGCInvokesConcurrent',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    classPath,
  ];
}
