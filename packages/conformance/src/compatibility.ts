/**
 * Writes docs/compatibility.md: which APIs in which versions Tidelog serves, beside those of Apache Kafka 4.3. The
 * truth is the handler tables, read where clients read them: from the ApiVersions answers of a node's listeners.
 *
 *   node --conditions=source packages/conformance/src/compatibility.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNodeWorld, must, silentLogger } from '@tidelog/core';
import { Connection } from '@tidelog/net';
import { apis, ApiVersions, DescribeQuorum, type Api } from '@tidelog/protocol';
import { createCluster } from '@tidelog/testing';

export const compatibilityFile: string = join(import.meta.dirname, '../../../docs/compatibility.md');

type Served = ReadonlyMap<number, string>;

export async function compatibilityPage(): Promise<string> {
  await using cluster = await createCluster({ brokers: 1 });
  const { host, port } = must(cluster.brokers[0]);
  const broker = await servedAt(host, port);
  const controllerPort = await controllerPortOf(host, port);
  const controller = await servedAt(host, controllerPort);
  const wire = apis.filter(({ key }) => broker.has(key) || controller.has(key));
  const missing = apis.filter(({ key }) => !broker.has(key) && !controller.has(key));
  return [
    head,
    table(wire, broker, controller),
    `## Not served yet\n\n${missing.map(({ name }) => `\`${name}\``).join(', ')}.`,
    foot,
  ].join('\n\n');
}

async function servedAt(host: string, port: number): Promise<Served> {
  const connection = connect(host, port);
  const { apiKeys } = await connection.send(ApiVersions, {
    clientSoftwareName: 'tidelog',
    clientSoftwareVersion: '1',
  });
  connection.close();
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, range(minVersion, maxVersion)]));
}

async function controllerPortOf(host: string, port: number): Promise<number> {
  const connection = connect(host, port);
  const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] };
  const { nodes } = await connection.send(DescribeQuorum, request);
  connection.close();
  return must(nodes[0]?.listeners[0]).port;
}

function connect(host: string, port: number): Connection {
  return new Connection({ world: createNodeWorld(), host, port, clientId: 'compatibility', logger: silentLogger });
}

function table(served: readonly Api[], broker: Served, controller: Served): string {
  const rows = served.map(({ key, name, versions, latestStable }) => {
    const kafka = range(versions.min, latestStable);
    const mark = (text: string | undefined): string => text ?? '';
    return `| ${key} | ${name} | ${kafka} | ${mark(broker.get(key))} | ${mark(controller.get(key))} |`;
  });
  return ['| key | API | Kafka 4.3 | brokers | controllers |', '|--:|---|---|---|---|', ...rows].join('\n');
}

function range(min: number, max: number): string {
  return min === max ? String(min) : `${min}-${max}`;
}

const head = `# Compatibility

Tidelog speaks the protocol of Apache Kafka 4.3. A client asks each listener what it serves (ApiVersions), and uses the
highest version that both know; what is not served is not advertised.

This page is generated from those answers (\`packages/conformance/src/compatibility.ts\`) and a test holds it to
them. The versions under "Kafka 4.3" are its stable ones. Produce is advertised from 0, as Kafka does for old
librdkafka, and served from 3.`;

const foot = `## Beyond the protocol

| what | is |
|---|---|
| files on disk | Kafka's, for its tools to read and the other way round; values of metadata records are protobuf |
| record format | batches of magic 2 only, with none, gzip, snappy, lz4 and zstd |
| configuration | Kafka's keys and defaults; see [running.md](running.md) |
| clients tried by the test suite | kcat (librdkafka), kafkajs, Apache Kafka's Java tools |
`;

if (import.meta.filename === process.argv[1]) {
  writeFileSync(compatibilityFile, await compatibilityPage());
  process.exit(0);
}
