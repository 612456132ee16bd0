import { afterAll } from 'vitest';

/** Closes what a test file opened through the services. Vitest runs this file before each test file. */
const open: (() => Promise<void>)[] = [];

/** Has something closed when the test file is through, wherever in it that was opened. */
export function atEndOfFile(close: () => Promise<void>): void {
  open.push(close);
}

afterAll(async () => {
  const closing = open.splice(0).map((close) => close());
  const failed = (await Promise.allSettled(closing)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
});
