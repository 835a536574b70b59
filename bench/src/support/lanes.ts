/** Does something `count` times, so many at once: each lane begins its next when its last has ended. */
export async function inLanes(
  { count, lanes }: { readonly count: number; readonly lanes: number },
  work: (index: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (next < count) await work(next++, lane);
    }),
  );
}
