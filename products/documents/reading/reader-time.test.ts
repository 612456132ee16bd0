import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import type { After } from '#platform/files';
import { createReader, type Reader, type ReadRequest } from './reader.ts';

/** Time that passes when a test says so. */
function drivenTime() {
  const due = new Map<() => void, number>();
  const after: After = (milliseconds, then) => {
    due.set(then, milliseconds);
    return () => void due.delete(then);
  };
  return {
    after,
    /** How long those have who are waited for. */
    waits: () => [...due.values()],
    /** Ends the longest timer. */
    over(): void {
      const [first] = due.keys();
      first?.();
    },
  };
}

/** A length by which the process that reads this file is found among all of the system. */
let length = 700_000_000;

/** A file that never ends. */
function endless(): Omit<ReadRequest, 'signal'> {
  length += 1;
  return {
    declared: 'text',
    bytes: length,
    open: () => Promise.resolve(new Readable({ read() {} })),
    take() {},
  };
}

const read = (reader: Reader, reading: Omit<ReadRequest, 'signal'>) =>
  reader.read({ ...reading, signal: new AbortController().signal });

/** The processes that read a file of this length. */
function readersOf({ bytes }: Pick<ReadRequest, 'bytes'>): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`"bytes":${bytes},`);
    } catch {
      // It is over, or may not be looked at.
      return false;
    }
  });
}

const textFile = (text: string) => ({
  declared: 'text' as const,
  bytes: text.length,
  open: () => Promise.resolve(Readable.from([Buffer.from(text)])),
});

async function textsOf(reader: Reader, text: string): Promise<string[]> {
  const texts: string[] = [];
  const end = await read(reader, {
    ...textFile(text),
    take: (line) => void (line.kind === 'page' && texts.push(line.text)),
  });
  expect(end).toEqual({ kind: 'read', pages: 1 });
  return texts;
}

describe.runIf(process.platform === 'linux')('a document whose time is over', () => {
  test('is killed at that moment with a reason, and others are read meanwhile', async () => {
    const time = drivenTime();
    const reader = createReader({
      after: time.after,
      caps: { beginMilliseconds: 20_000, readMilliseconds: 120_000 },
    });
    const file = endless();
    const reading = read(reader, file);
    await vi.waitUntil(() => readersOf(file).length === 1, { timeout: 120_000 });
    expect(time.waits()).toEqual([140_000]);
    expect(await textsOf(reader, 'one')).toEqual(['one']);
    expect(readersOf(file)).toHaveLength(1);
    time.over();
    expect(await reading).toEqual({
      kind: 'failed',
      code: 'document_took_too_long',
      detail: 'It took more than 140 s.',
    });
    expect(readersOf(file)).toEqual([]);
    expect(time.waits()).toEqual([]);
    // Its place is free again.
    expect(await Promise.all(['two', 'three'].map((text) => textsOf(reader, text)))).toEqual([
      ['two'],
      ['three'],
    ]);
  });

  test('ends itself, should nobody be left to end it', async () => {
    const { after } = drivenTime();
    const reader = createReader({ after, caps: { beginMilliseconds: 1, readMilliseconds: 0 } });
    const file = endless();
    await expect(read(reader, file)).rejects.toThrow('the reader process ended with null');
    expect(readersOf(file)).toEqual([]);
  });
});
