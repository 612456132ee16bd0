import { describe, expect, test, vi } from 'vitest';
import { type Importer, importRecords, type Outcome } from './import.ts';
import { type Format, recordsOf } from './records.ts';
import { z } from 'zod';

async function* bytes(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let from = 0; from < all.length; from += size) yield all.subarray(from, from + size);
}

async function read(format: Format, text: string | Uint8Array, size?: number): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const record of recordsOf(bytes(text, size), format)) {
    records.push([record.line, 'code' in record ? record.code : record.fields]);
  }
  return records;
}

describe('a CSV file', () => {
  test('is read with quotes, line ends inside of them, CRLF, a byte order mark and empty lines', async () => {
    const text =
      '\uFEFFemail,name\r\na@b.c,"Ada, ""Countess"""\r\n\r\nd@e.f,"two\nlines"\r\ng@h.i,\r\nj@k.l,last';
    const all = [
      [2, { email: 'a@b.c', name: 'Ada, "Countess"' }],
      [4, { email: 'd@e.f', name: 'two\nlines' }],
      [6, { email: 'g@h.i' }],
      [7, { email: 'j@k.l', name: 'last' }],
    ];
    for (const size of [1, 7, 1_000]) expect(await read('csv', text, size)).toEqual(all);
  });

  test('loses no line behind one with a stray quote, too many cells or too few', async () => {
    const text = 'a,b\n1,"x\n2,y\n3,"z"w\n4,y,y\n5\n6,y\n7,"v\n8,"v\n9,y\n';
    expect(await read('csv', text)).toEqual([
      [2, 'csv_quote'],
      [3, { a: '2', b: 'y' }],
      [4, 'csv_quote'],
      [5, 'csv_cells'],
      [6, 'csv_cells'],
      [7, { a: '6', b: 'y' }],
      [8, 'csv_quote'],
      [9, 'csv_quote'],
      [10, { a: '9', b: 'y' }],
    ]);
  });

  test('tells of a line that is too long or no UTF-8, and goes on behind it', async () => {
    const text = Buffer.concat([
      Buffer.from('a,b\n1,'),
      Buffer.alloc(200_000, 'x'),
      Buffer.from('\n2,y\n3,'),
      Buffer.from([0xff]),
      Buffer.from('\n4,y'),
    ]);
    expect(await read('csv', text, 4_096)).toEqual([
      [2, 'line_too_long'],
      [3, { a: '2', b: 'y' }],
      [4, 'not_utf8'],
      [5, { a: '4', b: 'y' }],
    ]);
  });
});

test('JSON lines are objects, one a line; null is as good as nothing', async () => {
  const text = '{"a":1,"b":null}\n\n[1]\n{"a":\n"x"\nnull\n{"__proto__":{"admin":true}}\n{"a":"ü"}';
  expect(await read('jsonl', text, 3)).toEqual([
    [1, { a: 1 }],
    [3, 'json_malformed'],
    [4, 'json_malformed'],
    [5, 'json_malformed'],
    [6, 'json_malformed'],
    [7, { ['__proto__']: { admin: true } }],
    [8, { a: 'ü' }],
  ]);
});

/** Takes rows in memory; each commit is a list. */
function memory(put: (a: string) => Outcome) {
  const commits: string[][] = [];
  const importer: Importer<{ a: string }> = {
    row: z.strictObject({ a: z.string() }),
    async transaction(work) {
      const open: string[] = [];
      const done = await work(open as never);
      commits.push(open);
      return done;
    },
    async put(tx, { a }) {
      const outcome = put(a);
      if (outcome === 'added') (tx as unknown as string[]).push(a);
      return outcome;
    },
  };
  return { importer, commits };
}

const lines = (count: number) => Array.from({ length: count }, (_, n) => `{"a":"${n + 1}"}\n`).join('');

const unheard = () => {};

describe('an import', () => {
  test('keeps a batch at a time, however long the file is', async () => {
    let taken = 0;
    let most = 0;
    let put = 0;
    async function* counted() {
      for (let n = 0; n < 500; n += 1) {
        taken += 1;
        yield Buffer.from(`{"a":"${n}"}\n`);
      }
    }
    const { importer } = memory(() => {
      most = Math.max(most, taken - put);
      put += 1;
      return 'added';
    });
    const how = { trying: false, report: unheard };
    const done = await importRecords(recordsOf(counted(), 'jsonl'), importer, how);
    expect(done).toEqual({ added: 500, known: 0, problems: 0 });
    expect(most).toBeLessThanOrEqual(50);
  });

  test('gives every line but one to a commit when the database refuses that one', async () => {
    const { importer, commits } = memory((a) => {
      if (a === '7') throw Object.assign(new Error('no'), { code: '23505' });
      return 'added';
    });
    const told: unknown[] = [];
    const report = (problem: unknown) => void told.push(problem);
    const done = await importRecords(recordsOf(bytes(lines(60)), 'jsonl'), importer, {
      trying: false,
      report,
    });
    expect(done).toEqual({ added: 59, known: 0, problems: 1 });
    expect(told).toEqual([{ line: 7, code: 'refused' }]);
    expect(commits.flat()).toHaveLength(59);
  });

  test('ends where the database does, and says of no line that it was refused', async () => {
    const { importer } = memory(() => {
      throw new Error('the connection is gone');
    });
    const report = vi.fn();
    const importing = importRecords(recordsOf(bytes(lines(3)), 'jsonl'), importer, { trying: false, report });
    await expect(importing).rejects.toThrow('the connection is gone');
    expect(report).not.toHaveBeenCalled();
  });
});
