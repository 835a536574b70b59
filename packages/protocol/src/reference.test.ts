/** The declarations against Kafka's own definitions: every message, version by version, field by field. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { allMessages, versionsOf } from './testing/sample-value.ts';
import { compareWithReference, declaredLines, type ReferenceMessage } from './testing/reference-messages.ts';

const directory = referenceDirectory();
if (directory === undefined) {
  console.log('reference comparison skipped: set TIDELOG_KAFKA_MESSAGES to the definitions');
  if (process.env['CI'] === 'true') throw new Error('TIDELOG_KAFKA_MESSAGES names no directory of message definitions');
}

test.skipIf(directory === undefined)('every message of Kafka is declared as Kafka defines it', () => {
  const reference = readReference(directory as string);
  const messages = allMessages();
  const differences = messages.flatMap((message) => compareWithReference(message, reference.get(message.name)));
  const declared = new Set(messages.map(({ name }) => name));
  const undeclared = [...reference.keys()].filter((name) => !declared.has(name));
  const versions = messages.flatMap((message) => versionsOf(message).map((version) => declaredLines(message, version)));
  const figures = { messages: messages.length, versions: versions.length, fields: versions.flat().length };
  console.log(JSON.stringify({ reference: figures, differences: differences.length, undeclared: undeclared.length }));
  expect(differences).toEqual([]);
  expect(undeclared).toEqual([]);
});

test.skipIf(directory === undefined)('a declaration that strays is noticed', () => {
  const reference = readReference(directory as string);
  const [request, response] = allMessages() as [never, never];
  expect(compareWithReference(request, reference.get('ProduceResponse'))).not.toEqual([]);
  expect(compareWithReference(response, reference.get('ProduceResponse'))).toEqual([]);
});

test.skipIf(directory === undefined)("record types of coordinator keys and values, and API keys, are Kafka's", () => {
  const reference = readReference(directory as string);
  const wrong = allMessages().filter(({ name, recordType }) => {
    const key = reference.get(name)?.apiKey;
    return recordType !== undefined ? recordType !== key : key !== undefined && !/(Request|Response)$/.test(name);
  });
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

/** The directory with Kafka's definitions, undefined where there is none. */
function referenceDirectory(): string | undefined {
  const besideTheRepository = resolve(import.meta.dirname, '../../../../shared/reference/kafka-messages');
  const directory = process.env['TIDELOG_KAFKA_MESSAGES'] ?? besideTheRepository;
  return existsSync(directory) ? directory : undefined;
}

/** Every definition but those of metadata records, which Tidelog keeps as protobuf, and of APIs that are gone. */
function readReference(from: string): Map<string, ReferenceMessage> {
  const paths = globSync(`${from}/*/*.json`).filter((path) => !path.includes('/metadata/'));
  const messages = paths.map((path) => {
    const message = JSON.parse(readFileSync(path, 'utf8')) as ReferenceMessage;
    if (message.name !== basename(path, '.json')) throw new Error(`${path} defines ${message.name}`);
    return message;
  });
  return new Map(messages.filter(({ validVersions }) => validVersions !== 'none').map((m) => [m.name, m]));
}
