/**
 * Loaded into a broker (node --import): prints a line for each turn of its loop that took much processor time. The time
 * that passed would tell of others' work on a busy machine; a turn that holds everybody up is work of the broker's own.
 */
const everyMs = 10;
/** What is told; what is allowed is far above. */
const longMs = 50;
let last = process.threadCpuUsage();

setInterval(() => {
  const { user, system } = process.threadCpuUsage(last);
  last = process.threadCpuUsage();
  const longTurnMs = Math.round((user + system) / 1000) - everyMs;
  if (longTurnMs > longMs) console.log(JSON.stringify({ level: 30, time: Date.now(), longTurnMs }));
}, everyMs).unref();
