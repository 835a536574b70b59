/**
 * The third-party programs the tests drive, installed by the project itself where they are missing: kcat from Debian,
 * Apache Kafka's Java tools from Maven Central. What cannot be had makes its tests skip, with the reason printed; in CI
 * it makes them fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const kafkaVersion = '4.3.1';
const cache = resolve(import.meta.dirname, '../../../../.cache');

/** The path of kcat, or why there is none. */
export function findKcat(): string | { readonly missing: string } {
  if (works('kcat', ['-V'])) return 'kcat';
  if (process.getuid?.() !== 0) return { missing: 'kcat is not installed and only root can: apt-get install kcat' };
  run('apt-get', ['update', '-qq']);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'kcat']);
  return works('kcat', ['-V']) ? 'kcat' : { missing: 'apt-get could not install kcat' };
}

/** The class path of Apache Kafka's tools, or why there is none. */
export function findKafkaTools(): string | { readonly missing: string } {
  if (!works('java', ['-version'])) return { missing: 'no JDK: install openjdk-17-jre-headless' };
  const directory = join(cache, `kafka-${kafkaVersion}`);
  const libs = join(directory, 'libs');
  if (!existsSync(libs)) {
    if (!works('mvn', ['-version'])) return { missing: 'no Maven to fetch the jars of Apache Kafka with' };
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'pom.xml'), pom);
    run('mvn', ['-q', '-f', join(directory, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`]);
  }
  return existsSync(libs) && readdirSync(libs).length > 0
    ? join(libs, '*')
    : { missing: 'Maven could not fetch the jars of Apache Kafka' };
}

const dependency = (artifact: string): string =>
  `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId>` +
  `<version>${kafkaVersion}</version></dependency>`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.tidelog</groupId><artifactId>kafka-tools</artifactId><version>1</version>
<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies></project>
`;

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function run(program: string, args: readonly string[]): void {
  spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
