/** The tidelog command. Nothing imports it; see main.ts. */
export const cliVersion = '0.1.0';
