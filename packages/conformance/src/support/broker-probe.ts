/**
 * Loaded into a broker (node --import): prints a line for each turn of its loop that took much processor time, and at
 * SIGUSR2 what memory it holds once all else is collected. The time that passed and the resident memory would tell of
 * others' work on a busy machine and of what V8 finds cheap to leave.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyMs = 10;
/** What is told; what is allowed is far above. */
const longMs = 50;
let last = process.threadCpuUsage();

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

setInterval(() => {
  const { user, system } = process.threadCpuUsage(last);
  last = process.threadCpuUsage();
  const longTurnMs = Math.round((user + system) / 1000) - everyMs;
  if (longTurnMs > longMs) console.log(JSON.stringify({ level: 30, time: Date.now(), longTurnMs }));
}, everyMs).unref();

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  console.log(JSON.stringify({ level: 30, time: Date.now(), heldBytes: heapUsed + external }));
  last = process.threadCpuUsage();
});
