/**
 * Texts of requests that are written again, to the log and to other clients. Most of those places hold 32,767 bytes,
 * and a text that came in as bytes that are not UTF-8 is longer as what they decode to: such texts are refused before
 * anything is decided about them.
 */
const maxTextBytes = 0x7fff;
/** A member's id is made of its client's or instance's id, a dash and a UUID. */
const memberIdSuffixBytes = 37;

/** Whether a text can be written wherever ids go. */
export function fitsWire(text: string | null, roomFor = 0): boolean {
  const limit = maxTextBytes - roomFor;
  return text === null || text.length * 3 <= limit || Buffer.byteLength(text) <= limit;
}

/** Whether a member's id can be made of the text. */
export function fitsMemberId(text: string | null): boolean {
  return fitsWire(text, memberIdSuffixBytes);
}
