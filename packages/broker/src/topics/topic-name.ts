/** Whether a topic may have this name: 1 to 249 of letters, digits, dot, underscore and dash, not "." or "..". */
export function isLegalTopicName(name: string): boolean {
  return name.length <= 249 && /^[a-zA-Z0-9._-]+$/.test(name) && name !== '.' && name !== '..';
}
