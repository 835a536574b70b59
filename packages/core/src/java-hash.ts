/**
 * The hash of Java's String, which Kafka uses to find the partition that coordinates a group or a transactional id:
 * over UTF-16 code units, h = 31 * h + c in 32 bits.
 */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The coordinator's partition of a key. As in Kafka, the one number without an absolute value counts as 0. */
export function coordinatorPartition(key: string, partitionCount: number): number {
  const hash = javaStringHash(key);
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitionCount;
}
