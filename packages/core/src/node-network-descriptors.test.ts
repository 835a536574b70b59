import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';

const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

test('a process that is out of descriptors does not spin, and accepts again when some are free', async () => {
  const script = `
    import { NodeNetwork } from ${JSON.stringify(new URL('./node-network.ts', import.meta.url).href)};
    let open = 0;
    const listening = await new NodeNetwork().listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      open++;
      socket.handle({ onData: (chunk) => socket.write([chunk]), onEnd: () => socket.end(), onClose: () => open-- });
    });
    console.log(JSON.stringify({ port: listening.port }));
    let last = process.cpuUsage();
    setInterval(() => {
      const { user, system } = process.cpuUsage(last);
      last = process.cpuUsage();
      console.log(JSON.stringify({ open, busyMs: (user + system) / 1000 }));
    }, 200);`;
  const command = 'ulimit -n 60; exec "$0" --conditions=source --input-type=module -e "$1"';
  const child = spawn('bash', ['-c', command, process.execPath, script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const reports: { port?: number; open?: number; busyMs?: number }[] = [];
  child.stdout.on('data', (lines: Buffer) => {
    for (const line of lines.toString().trim().split('\n')) reports.push(JSON.parse(line) as (typeof reports)[number]);
  });
  await until(() => reports.length > 0);
  const port = reports[0]?.port ?? 0;
  const clients: Socket[] = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await until(() => (reports.at(-1)?.open ?? 0) > 10);
  const from = reports.length + 1;
  await until(() => reports.length >= from + 3);
  const full = reports.slice(from);
  expect(full.every(({ open = 0 }) => open < 60)).toBe(true);
  // One that spins is busy in every interval; on a slow machine compiling may fill one.
  expect(Math.min(...full.map(({ busyMs = 0 }) => busyMs))).toBeLessThan(100);
  for (const client of clients) client.destroy();
  await until(() => reports.at(-1)?.open === 0);
  let echoed = '';
  const late = connect(port, '127.0.0.1', () => late.write('served again')).on(
    'data',
    (data) => (echoed += String(data)),
  );
  await until(() => echoed === 'served again');
  late.destroy();
  child.kill();
});
