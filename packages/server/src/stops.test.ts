import { expect, test } from 'vitest';
import { Stops } from './stops.ts';

test('what was started is stopped in reverse order, once', async () => {
  const stops = new Stops();
  const stopped: string[] = [];
  stops.add(() => void stopped.push('store'));
  stops.add(async () => void stopped.push('listener'));
  await Promise.all([stops.run(), stops.run()]);
  expect(stopped).toEqual(['listener', 'store']);
});

test('a stop that fails keeps none of the others from running, and is reported at the end', async () => {
  const stops = new Stops();
  const stopped: string[] = [];
  stops.add(() => void stopped.push('store'));
  stops.add(() => Promise.reject(new Error('the listener cannot be closed')));
  stops.add(() => void stopped.push('broker'));
  await expect(stops.run()).rejects.toThrow('the listener cannot be closed');
  expect(stopped).toEqual(['broker', 'store']);
});

test('several failures are reported together', async () => {
  const stops = new Stops();
  for (const what of ['one', 'other']) stops.add(() => Promise.reject(new Error(what)));
  await expect(stops.run()).rejects.toMatchObject({ errors: [new Error('other'), new Error('one')] });
});
