/**
 * One consumer of a group as a process of its own, so that a test can kill it: prints the value of each record on a
 * line.
 *
 *   node group-member.ts kafkajs|platformatic <bootstrap> <group> <topic>
 */
import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import kafkajs from 'kafkajs';

const [client, bootstrap = '', groupId = '', topic = ''] = process.argv.slice(2);
const brokers = bootstrap.split(',');

if (client === 'kafkajs') await runKafkajs();
else await runPlatformatic();

async function runKafkajs(): Promise<void> {
  const retry = { retries: 50, initialRetryTime: 100, maxRetryTime: 1000 };
  const kafka = new kafkajs.Kafka({ clientId: 'member', brokers, logLevel: kafkajs.logLevel.NOTHING, retry });
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500, rebalanceTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 500,
    eachMessage: ({ message }) => {
      process.stdout.write(`${message.value?.toString() ?? ''}\n`);
      return Promise.resolve();
    },
  });
}

/** Begins anew when the client gives up, as a program under supervision would. */
async function runPlatformatic(): Promise<void> {
  for (;;) {
    try {
      const consumer = new Consumer({
        clientId: 'member',
        bootstrapBrokers: brokers,
        groupId,
        groupProtocol: 'consumer',
        deserializers: stringDeserializers,
        autocommit: 500,
        retries: 10,
        retryDelay: 200,
      });
      const stream = await consumer.consume({
        topics: [topic],
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: 'earliest',
      });
      for await (const message of stream) process.stdout.write(`${message.value}\n`);
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
      await new Promise((resolve) => void setTimeout(resolve, 500));
    }
  }
}
