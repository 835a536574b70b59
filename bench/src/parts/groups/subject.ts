/** What the groups of this part consume. */
export const part = 'groups';
export const topic = { name: 'grouped', partitions: 300 };
export const memberCount = 100;
