/** A metric of Tidelog by its name, summed over its labels. */
export async function scrape(httpPort: number, name: string): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    // HTTP loads after the broker is ready.
    const response = await fetch(`http://127.0.0.1:${httpPort}/metrics`).catch(() => undefined);
    if (response?.ok === true) return sumOf(await response.text(), name);
    if (performance.now() > deadline) throw new Error(`no metrics on port ${httpPort}`);
    await new Promise((done) => void setTimeout(done, 50));
  }
}

function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (lines.length === 0) throw new Error(`there is no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
