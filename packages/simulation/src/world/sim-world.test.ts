/** The simulated disk and network keep the contracts that the Node ones keep. */
import { SeededRandom, type ListeningSocket, type Network } from '@tidelog/core';
import { testDiskContract } from '../../../core/src/disk-contract.ts';
import { testNetworkContract, type NetworkUnderTest } from '../../../core/src/network-contract.ts';
import { createOwner, Scheduler } from '../scheduler.ts';
import { MountedDisk, Volume } from './sim-disk.ts';
import { Fabric } from './sim-network.ts';

testDiskContract('simulated disk', () => {
  const scheduler = new Scheduler();
  const volume = new Volume('/root', new SeededRandom(1), {
    defer: (delayMs, completion) => {
      let done = false;
      scheduler.after(delayMs, undefined, 'disk', () => {
        done = true;
        completion();
      });
      void scheduler.run({ until: () => done });
    },
    stall: () => undefined,
    wall: () => 0,
  });
  const disk = new MountedDisk([volume]);
  disk.remove('/root/.formatted');
  return { disk, root: '/root' };
});

testNetworkContract('simulated network', () => makeNetwork({ tears: false }));
testNetworkContract('simulated network that tears segments', () => makeNetwork({ tears: true }));

function makeNetwork({ tears }: { readonly tears: boolean }): NetworkUnderTest {
  const scheduler = new Scheduler();
  const fabric = new Fabric(scheduler, new SeededRandom(7));
  fabric.link('a', 'a').settings.tears = tears;
  const inner = fabric.networkOf('a', createOwner(1));
  const driven = async <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined);
    await scheduler.run({ deadline: scheduler.now + 1 });
    return await promise;
  };
  const network: Network = {
    connect: (options) => inner.connect(options),
    listen: async (options, onConnection): Promise<ListeningSocket> => {
      const listening = await driven(inner.listen(options, onConnection));
      return { port: listening.port, close: () => driven(listening.close()) };
    },
  };
  return { network, host: 'a', advance: () => scheduler.run({ deadline: scheduler.now + 3 }) };
}
