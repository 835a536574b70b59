/** Real third-party clients against a real cluster. Nothing imports it. */
export { TidelogCluster, TidelogProcess } from './support/tidelog-process.ts';
