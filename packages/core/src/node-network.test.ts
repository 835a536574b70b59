import { expect, test } from 'vitest';
import { testNetworkContract } from './network-contract.ts';
import { gather, NodeNetwork } from './node-network.ts';
import { SeededRandom } from './random.ts';

testNetworkContract('node network', () => ({
  network: new NodeNetwork(),
  host: '127.0.0.1',
  advance: () => new Promise((resolve) => setTimeout(resolve, 5)),
}));

test('gathering keeps the bytes, copies no large piece and leaves few pieces', () => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 300; round++) {
    const pieces = Array.from({ length: random.below(60) }, () => random.bytes(random.below(4) === 0 ? 5000 : 900));
    const gathered = gather(pieces);
    expect(Buffer.concat(gathered).equals(Buffer.concat(pieces))).toBe(true);
    for (const large of pieces.filter((piece) => piece.length === 5000)) expect(gathered.includes(large)).toBe(true);
    const large = pieces.filter((piece) => piece.length === 5000).length;
    expect(gathered.length).toBeLessThanOrEqual(2 * large + 2);
  }
});
