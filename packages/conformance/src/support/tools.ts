/**
 * The third-party programs the tests drive, installed by the project itself where they are missing: kcat, Java and
 * Maven from Debian, Apache Kafka's Java tools from Maven Central. What cannot be had makes its tests skip, with the
 * reason printed; in CI it makes them fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const kafkaVersion = '4.3.1';
const cache = resolve(import.meta.dirname, '../../../../.cache');

/** The path of kcat, or why there is none. */
export function findKcat(): string | { readonly missing: string } {
  const missing = installed('kcat', ['-V'], 'kcat');
  return missing === undefined ? 'kcat' : { missing };
}

/** The class path of Apache Kafka's tools, or why there is none. */
export function findKafkaTools(): string | { readonly missing: string } {
  const noJava = installed('java', ['-version'], 'default-jre-headless');
  if (noJava !== undefined) return { missing: noJava };
  const directory = join(cache, `kafka-${kafkaVersion}`);
  const libs = join(directory, 'libs');
  if (!existsSync(libs)) {
    const noMaven = installed('mvn', ['-version'], 'maven');
    if (noMaven !== undefined) return { missing: noMaven };
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'pom.xml'), pom);
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${libs}`];
    for (let attempt = 1; attempt <= 3 && !existsSync(libs); attempt++) {
      run('mvn', ['-q', '-f', join(directory, 'pom.xml'), ...copy]);
    }
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

/** Why a program cannot be had; undefined when it works, if need be after installing its Debian package. */
function installed(program: string, args: readonly string[], debianPackage: string): string | undefined {
  if (works(program, args)) return undefined;
  if (process.getuid?.() !== 0) return `${program} is missing, and only root can: apt-get install ${debianPackage}`;
  const patiently = ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
  run('apt-get', ['update', ...patiently]);
  run('apt-get', ['install', '-y', '--no-install-recommends', ...patiently, debianPackage]);
  return works(program, args) ? undefined : `apt-get could not install ${debianPackage}`;
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function run(program: string, args: readonly string[]): void {
  spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
